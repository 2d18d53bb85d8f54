// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One table for each map of the file, inner ones first. Texts are whole sentences: they are the
// manual. Defaults are written as a file would have them and go through the same parser.
#include "config/schema.h"

#include "config/schema_part.h"

#define SECOND ((uint64_t)1000)
#define HOUR   (3600 * SECOND)
#define KIB    ((uint64_t)1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)

// As enum action; an empty word has its number and is not to be had.
static const char *const value_actions[] = {"allow",  "flag", "pseudonym", "mask",
                                            "redact", "drop", "block",     NULL};
static const char *const actions[] = {"allow", "flag", "", "mask", "redact", "drop", "block", NULL};
static const char *const dialects[] = {"openai", NULL};
static const char *const tag_styles[] = {"typed", "plain", NULL};
static const char *const audit_levels[] = {"strict", NULL};
static const char *const captures[] = {"off", "prompts", "all", NULL};
static const char *const log_levels[] = {"debug", "info", "warning", "error", "critical", NULL};
static const char *const log_formats[] = {"text", "json", NULL};

// --- listen

static const struct schema_key tls_keys[] = {
    {.name = "certificate",
     .type = SCHEMA_FILE,
     AT(struct config_tls, certificate),
     .required = true,
     .example = "{ file: /etc/aiu/server.pem }",
     .doc = "The certificate that callers see, PEM, with its chain. A reload (SIGHUP) reads it and "
            "its key anew, for new connections."},
    {.name = "key",
     .type = SCHEMA_FILE,
     AT(struct config_tls, key),
     .required = true,
     .example = "{ file: /etc/aiu/server.key }",
     .doc = "Its private key, PEM. Nobody but the owner may read the file."},
    {.name = "client_ca",
     .type = SCHEMA_FILE,
     AT(struct config_tls, client_ca),
     .example = "{ file: /etc/aiu/clients.pem }",
     .doc = "With it, callers must show a certificate that one of these authorities signed."},
};
static const struct schema_map tls_map = MAP_OF("tls", struct config_tls, tls_keys);

static const struct schema_key data_keys[] = {
    {.name = "address",
     .type = SCHEMA_ADDRESS,
     AT(struct config_data_listener, address),
     .preset = "127.0.0.1:8470",
     .doc = "Where applications reach the gateway: HOST:PORT, [IPV6]:PORT or unix:PATH."},
    {.name = "tls",
     .type = SCHEMA_MAP,
     .offset = offsetof(struct config_data_listener, tls),
     .count_offset = offsetof(struct config_tls, on),
     .noted = true,
     .map = &tls_map,
     .doc = "Serve https. Without it, serve http: right for loopback and inside a pod."},
};
static const struct schema_map data_map = MAP_OF("data", struct config_data_listener, data_keys);

static const struct schema_key admin_keys[] = {
    {.name = "address",
     .type = SCHEMA_ADDRESS,
     AT(struct config_admin_listener, address),
     .preset = "unix:admin.sock",
     .doc = "Where commands and monitoring reach the gateway. A relative unix: path lies in "
            "state_dir. A TCP address needs a token."},
    {.name = "token",
     .type = SCHEMA_SECRET,
     AT(struct config_admin_listener, token),
     .example = "{ file: /etc/aiu/admin.token }",
     .doc = "What a caller of the admin address presents as a bearer token."},
};
static const struct schema_map admin_map =
    MAP_OF("admin", struct config_admin_listener, admin_keys);

static const struct schema_key listen_keys[] = {
    {.name = "data",
     .type = SCHEMA_MAP,
     .offset = offsetof(struct config, data),
     .map = &data_map,
     .doc = "The address for applications."},
    {.name = "admin",
     .type = SCHEMA_MAP,
     .offset = offsetof(struct config, admin),
     .map = &admin_map,
     .doc = "The address for operators."},
};
static const struct schema_map listen_map = MAP_OF("listen", struct config, listen_keys);

// --- providers and models

static const struct schema_key provider_timeout_keys[] = {
    {.name = "connect",
     .type = SCHEMA_DURATION,
     AT(struct config_provider_timeouts, connect_ms),
     .preset = "5s",
     .least = 1,
     .most = HOUR,
     .doc = "Until the connection stands."},
    {.name = "tls",
     .type = SCHEMA_DURATION,
     AT(struct config_provider_timeouts, tls_ms),
     .preset = "5s",
     .least = 1,
     .most = HOUR,
     .doc = "Until the TLS handshake is done."},
    {.name = "first_byte",
     .type = SCHEMA_DURATION,
     AT(struct config_provider_timeouts, first_byte_ms),
     .preset = "60s",
     .least = 1,
     .most = HOUR,
     .doc = "From the sent request to the first byte of the answer."},
    {.name = "idle",
     .type = SCHEMA_DURATION,
     AT(struct config_provider_timeouts, idle_ms),
     .preset = "60s",
     .least = 1,
     .most = HOUR,
     .doc = "Between two pieces of an answer."},
    {.name = "total",
     .type = SCHEMA_DURATION,
     AT(struct config_provider_timeouts, total_ms),
     .preset = "15m",
     .least = 1,
     .most = 24 * HOUR,
     .doc = "The whole call. AI_REQUEST_TIMEOUT_S and AI_TIMEOUT set it for every provider."},
};
static const struct schema_map provider_timeouts_map =
    MAP_OF("timeouts", struct config_provider_timeouts, provider_timeout_keys);

static const struct schema_key provider_keys[] = {
    {.name = "name",
     .type = SCHEMA_ID,
     AT(struct config_provider, name),
     .required = true,
     .example = "openai",
     .doc = "The name that models refer to."},
    {.name = "dialect",
     .type = SCHEMA_CHOICE,
     AT(struct config_provider, dialect),
     .preset = "openai",
     .choices = dialects,
     .doc = "Its wire format. Most other providers and local servers speak openai too."},
    {.name = "base_url",
     .type = SCHEMA_URL,
     AT(struct config_provider, base_url),
     .required = true,
     .example = "https://api.openai.com/v1",
     .doc = "What the paths of the API are appended to. http:// only for this machine, or with "
            "allow_plaintext."},
    {.name = "api_key",
     .type = SCHEMA_SECRET,
     AT(struct config_provider, api_key),
     .shown = true,
     .example = "{ env: OPENAI_API_KEY }",
     .doc = "Where the provider's key comes from. It is sent to the origin of base_url only. "
            "Without it, calls carry no key."},
    {.name = "allow_plaintext",
     .type = SCHEMA_BOOL,
     AT(struct config_provider, allow_plaintext),
     .preset = "false",
     .doc = "Allow http:// to another machine: prompts and the key can be read on the way. "
            "Warned about and audited."},
    {.name = "account_headers",
     .type = SCHEMA_BOOL,
     AT(struct config_provider, account_headers),
     .preset = "false",
     .doc = "Pass OpenAI-Organization and OpenAI-Project of the caller on: they choose who pays."},
    {.name = "ca_file",
     .type = SCHEMA_PATH,
     AT(struct config_provider, ca_file),
     .example = "/etc/aiu/provider-ca.pem",
     .doc = "Trust these authorities for this provider instead of the system's."},
    {.name = "timeouts",
     .type = SCHEMA_MAP,
     .offset = offsetof(struct config_provider, timeouts),
     .map = &provider_timeouts_map,
     .doc = "How long to wait for the provider."},
};
static const struct schema_map provider_map =
    MAP_OF("provider", struct config_provider, provider_keys);

static const struct schema_key model_keys[] = {
    {.name = "name",
     .type = SCHEMA_NAME,
     AT(struct config_model, name),
     .required = true,
     .example = "\"*\"",
     .doc = "The name that callers use; \"*\" passes any name that no other entry has."},
    {.name = "provider",
     .type = SCHEMA_ID,
     AT(struct config_model, provider_name),
     .required = true,
     .example = "openai",
     .doc = "Who serves it: the name of an entry of providers."},
    {.name = "model",
     .type = SCHEMA_NAME,
     AT(struct config_model, model),
     .example = "gpt-4o-mini-2024-07-18",
     .doc = "The name to tell the provider, where it is another one."},
};
static const struct schema_map model_map = MAP_OF("model", struct config_model, model_keys);

// --- keys

static const struct schema_key key_limit_keys[] = {
    {.name = "requests_per_minute",
     .type = SCHEMA_NUMBER,
     AT(struct config_key_limits, requests_per_minute),
     .preset = "0",
     .most = 1000000,
     .doc = "Requests in any 60 seconds; 0 for no limit. The guide's value is 60."},
};
static const struct schema_map key_limits_map =
    MAP_OF("limits", struct config_key_limits, key_limit_keys);

static const struct schema_key key_keys[] = {
    {.name = "id",
     .type = SCHEMA_ID,
     AT(struct config_key, id),
     .required = true,
     .example = "app1",
     .doc = "The name of the key in the audit log, logs and metrics."},
    {.name = "key",
     .type = SCHEMA_SECRET,
     AT(struct config_key, key),
     .shown = true,
     .example = "{ env: APP1_KEY }",
     .doc = "Where the key that the application presents comes from. Give this or hash."},
    {.name = "hash",
     .type = SCHEMA_HASH,
     AT(struct config_key, hash),
     .example = "\"h1:…\"",
     .doc = "The key's hash, as `aiu keys new` prints it. Give this or key."},
    {.name = "tenant",
     .type = SCHEMA_ID,
     AT(struct config_key, tenant),
     .preset = "default",
     .doc = "Whose key it is. What is kept of one tenant never reaches another."},
    {.name = "policy",
     .type = SCHEMA_ID,
     AT(struct config_key, policy_name),
     .preset = "default",
     .doc = "What its requests and answers are held to: an entry of policies, or a built-in "
            "profile: guide, default or strict."},
    {.name = "models",
     .type = SCHEMA_NAMES,
     LIST_AT(struct config_key, models, model_count),
     .example = "[gpt-4o-mini]",
     .doc = "The only models that it may use. Without it: all."},
    {.name = "limits",
     .type = SCHEMA_MAP,
     .offset = offsetof(struct config_key, limits),
     .map = &key_limits_map,
     .doc = "How much it may use."},
};
static const struct schema_map key_map = MAP_OF("key", struct config_key, key_keys);

// --- policies

#define ACTION_AT(direction, kind) AT(struct policy, actions[direction][kind])

static const struct schema_key request_keys[] = {
    {.name = "secrets",
     .type = SCHEMA_CHOICE,
     ACTION_AT(DIRECTION_REQUEST, KIND_SECRET),
     .preset = "redact",
     .choices = value_actions,
     .doc = "Keys, tokens and passwords in a prompt."},
    {.name = "pii",
     .type = SCHEMA_CHOICE,
     ACTION_AT(DIRECTION_REQUEST, KIND_PII),
     .preset = "redact",
     .choices = value_actions,
     .doc = "Personal data in a prompt."},
    {.name = "injection",
     .type = SCHEMA_CHOICE,
     ACTION_AT(DIRECTION_REQUEST, KIND_INJECTION),
     .preset = "flag",
     .choices = actions,
     .doc = "Text that tries to give the model other instructions. With block, rules that are "
            "certain block and rules that only weigh evidence flag."},
    {.name = "hidden_text",
     .type = SCHEMA_CHOICE,
     ACTION_AT(DIRECTION_REQUEST, KIND_HIDDEN),
     .preset = "block",
     .choices = actions,
     .doc = "Text that people do not see and models read. With block, control characters are "
            "refused too."},
    {.name = "max_characters",
     .type = SCHEMA_NUMBER,
     AT(struct policy, max_characters),
     .preset = "200000",
     .least = 1,
     .most = 100000000,
     .doc = "Most characters (code points) of one text of a request."},
};
static const struct schema_map request_map = MAP_OF("request", struct policy, request_keys);

static const struct schema_key response_keys[] = {
    {.name = "secrets",
     .type = SCHEMA_CHOICE,
     ACTION_AT(DIRECTION_RESPONSE, KIND_SECRET),
     .preset = "redact",
     .choices = actions,
     .doc = "Keys, tokens and passwords in an answer."},
    {.name = "pii",
     .type = SCHEMA_CHOICE,
     ACTION_AT(DIRECTION_RESPONSE, KIND_PII),
     .preset = "redact",
     .choices = actions,
     .doc = "Personal data in an answer."},
    {.name = "hidden_text",
     .type = SCHEMA_CHOICE,
     ACTION_AT(DIRECTION_RESPONSE, KIND_HIDDEN),
     .preset = "flag",
     .choices = actions,
     .doc = "Text that people do not see, and escapes that change the terminal that shows them."},
    {.name = "links",
     .type = SCHEMA_CHOICE,
     ACTION_AT(DIRECTION_RESPONSE, KIND_OUTPUT),
     .preset = "flag",
     .choices = actions,
     .doc = "Links and images that carry data away when they are shown."},
    {.name = "allowed_hosts",
     .type = SCHEMA_NAMES,
     LIST_AT(struct policy, allowed_hosts.names, allowed_hosts.count),
     .example = "[\"*.example.com\"]",
     .doc = "Hosts that links may carry data to. \"*.example.com\" is every host below it."},
};
static const struct schema_map response_map = MAP_OF("response", struct policy, response_keys);

static const struct schema_key exception_keys[] = {
    {.name = "rule",
     .type = SCHEMA_RULE,
     AT(struct policy_exception, rule),
     .required = true,
     .example = "pii.email",
     .doc = "The rule that is not to apply, or all of a kind: \"pii.*\"."},
    {.name = "path",
     .type = SCHEMA_TEXT,
     AT(struct policy_exception, path),
     .required = true,
     .example = "\"messages[*].content\"",
     .doc = "Where: the JSON path as errors and the audit log have it. [*] is any index, \"*\" "
            "alone any path."},
    {.name = "reason",
     .type = SCHEMA_TEXT,
     AT(struct policy_exception, reason),
     .required = true,
     .example = "support address in the footer",
     .doc = "Why, for those who review it."},
    {.name = "expiry",
     .type = SCHEMA_DATE,
     AT(struct policy_exception, expires_unix_s),
     .required = true,
     .example = "2027-01-31",
     .doc = "The last day (UTC) on which it applies."},
};
static const struct schema_map exception_map =
    MAP_OF("exception", struct policy_exception, exception_keys);

static const struct schema_key canary_keys[] = {
    {.name = "name",
     .type = SCHEMA_ID,
     AT(struct config_canary, name),
     .required = true,
     .example = "support-prompt",
     .doc = "The name of the canary, for people."},
    {.name = "value",
     .type = SCHEMA_SECRET,
     AT(struct config_canary, value),
     .required = true,
     .example = "{ env: SUPPORT_CANARY }",
     .doc = "Where its text comes from: 8 to 200 characters of printable ASCII, five of them "
            "different."},
};
static const struct schema_map canary_map = MAP_OF("canary", struct config_canary, canary_keys);

static const struct schema_key policy_keys[] = {
    {.name = "name",
     .type = SCHEMA_ID,
     AT(struct policy, name),
     .required = true,
     .example = "default",
     .doc = "The name that keys refer to. The name of a built-in profile replaces it."},
    {.name = "request",
     .type = SCHEMA_MAP,
     .map = &request_map,
     .doc = "What to do about findings in requests: allow, flag, pseudonym (a keyed token of the "
            "same format goes out and is restored in the answer), mask (the last four characters "
            "stay), redact (a tag), drop (nothing stays) or block."},
    {.name = "response",
     .type = SCHEMA_MAP,
     .map = &response_map,
     .doc = "What to do about findings in answers: allow, flag, mask, redact, drop or block."},
    {.name = "tags",
     .type = SCHEMA_CHOICE,
     AT(struct policy, plain_tag),
     .preset = "typed",
     .choices = tag_styles,
     .doc = "What stands in the place of redacted text: typed is [REDACTED:email], plain is "
            "[REDACTED]."},
    {.name = "phone_regions",
     .type = SCHEMA_NAMES,
     LIST_AT(struct policy, phone_region_names, phone_region_count),
     .example = "[DE, US]",
     .doc = "Regions (ISO 3166-1) whose telephone numbers are found as people write them at home, "
            "such as 030 901820, without a word beside them. At most 40 different number plans."},
    {.name = "canaries",
     .type = SCHEMA_LIST,
     LIST_AT(struct policy, canaries, canary_count),
     .map = &canary_map,
     .doc = "Strings that must never leave in an answer or in the arguments of a tool call, such "
            "as a mark in a system prompt: the answer ends there, whatever the rest of the policy "
            "says. ASCII letters count in either case. At most 32."},
    {.name = "exceptions",
     .type = SCHEMA_LIST,
     LIST_AT(struct policy, exceptions, exception_count),
     .map = &exception_map,
     .doc = "Where a rule is not to apply, why and how long."},
};
static const struct schema_map policy_map = MAP_OF("policy", struct policy, policy_keys);

// --- the rest

static const struct schema_key witness_keys[] = {
    {.name = "name",
     .type = SCHEMA_ID,
     AT(struct config_witness, name),
     .required = true,
     .example = "site-b",
     .doc = "The name of the witness in logs."},
    {.name = "url",
     .type = SCHEMA_URL,
     AT(struct config_witness, url),
     .required = true,
     .example = "https://witness.example.com",
     .doc = "Its submission prefix (c2sp.org/tlog-witness). http:// only for this machine, or "
            "with allow_plaintext."},
    {.name = "vkey",
     .type = SCHEMA_TEXT,
     AT(struct config_witness, vkey),
     .required = true,
     .example = "w.example.com+969980cf+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X",
     .doc = "Its public key, as `aiu-witness --print-key` prints it."},
    {.name = "ca_file",
     .type = SCHEMA_PATH,
     AT(struct config_witness, ca_file),
     .example = "/etc/aiu/witness-ca.pem",
     .doc = "Trust these authorities for this witness instead of the system's."},
    {.name = "allow_plaintext",
     .type = SCHEMA_BOOL,
     AT(struct config_witness, allow_plaintext),
     .preset = "false",
     .doc = "Allow http:// to another machine. A cosignature proves itself; who listens learns "
            "the size of the log."},
};
static const struct schema_map witness_map = MAP_OF("witness", struct config_witness, witness_keys);

static const struct schema_key audit_keys[] = {
    {.name = "level",
     .type = SCHEMA_CHOICE,
     AT(struct config, audit_level),
     .preset = "strict",
     .choices = audit_levels,
     .doc = "strict: a request's record is on disk before the provider is called, and its "
            "result's before the answer ends."},
    {.name = "witnesses",
     .type = SCHEMA_LIST,
     LIST_AT(struct config, witnesses, witness_count),
     .map = &witness_map,
     .doc = "Others who remember the log's checkpoints and cosign what continues them, so that "
            "nobody can show another history later (docs/audit.md)."},
    {.name = "anchor_interval",
     .type = SCHEMA_DURATION,
     AT(struct config, anchor_ms),
     .preset = "10s",
     .least = SECOND,
     .most = 24 * HOUR,
     .doc = "How often the newest checkpoint is taken to the witnesses and to those of exports."},
    {.name = "origin",
     .type = SCHEMA_TEXT,
     AT(struct config, audit_origin),
     .preset = "localhost/main",
     .doc = "The name of the log in its checkpoints and of its key: HOST/NAME without a scheme, "
            "other than that of any other log. The month is put behind it. A new name takes effect "
            "with the next month."},
    {.name = "retention",
     .type = SCHEMA_DURATION,
     AT(struct config, audit_retention_ms),
     .preset = "0",
     .doc = "Delete months of the log that ended longer ago than this; 0 keeps all. Less than 184d "
            "is refused."},
    {.name = "capture",
     .type = SCHEMA_CHOICE,
     AT(struct config, capture),
     .preset = "off",
     .choices = captures,
     .doc =
         "Keep what was sent to providers (prompts), or answers too (all), sealed under a key for "
         "each user, which `aiu audit erase-subject` destroys (docs/audit.md). The log itself "
         "never holds content."},
    {.name = "capture_queue",
     .type = SCHEMA_SIZE,
     AT(struct config, capture_queue),
     .preset = "64MiB",
     .least = 64 << 10,
     .most = 1 << 30,
     .doc = "Sealed content that may wait for the disk. What does not fit is not captured, which "
            "its record says; no request waits. Takes effect at the next start."},
    {.name = "exports",
     .type = SCHEMA_LIST,
     LIST_AT(struct config, exports, export_count),
     .map = &schema_export,
     .doc = "Who gets the entries of the log, behind its commit point. One that is away holds up "
            "nobody and gets them later."},
};
static const struct schema_map audit_map = MAP_OF("audit", struct config, audit_keys);

static const struct schema_key limit_keys[] = {
    {.name = "max_body",
     .type = SCHEMA_SIZE,
     AT(struct config_limits, max_body),
     .preset = "10MiB",
     .least = KIB,
     .most = GIB,
     .doc = "Bytes of a request's body; larger ones get 413."},
    {.name = "max_response",
     .type = SCHEMA_SIZE,
     AT(struct config_limits, max_response),
     .preset = "32MiB",
     .least = KIB,
     .most = GIB,
     .doc = "Bytes of an answer. A streamed answer that passes it is ended with an error."},
    {.name = "max_headers",
     .type = SCHEMA_SIZE,
     AT(struct config_limits, max_headers),
     .preset = "32KiB",
     .least = KIB,
     .most = MIB,
     .doc = "Bytes of a message's header fields."},
    {.name = "memory",
     .type = SCHEMA_SIZE,
     AT(struct config_limits, memory),
     .preset = "256MiB",
     .least = MIB,
     .most = 1024 * GIB,
     .doc = "Bytes that all requests may hold together; a request that finds no room gets 503."},
    {.name = "connections",
     .type = SCHEMA_NUMBER,
     AT(struct config_limits, connections),
     .preset = "20000",
     .least = 1,
     .most = 1000000,
     .doc = "Open connections of callers."},
};
static const struct schema_map limits_map = MAP_OF("limits", struct config_limits, limit_keys);

static const struct schema_key client_timeout_keys[] = {
    {.name = "header",
     .type = SCHEMA_DURATION,
     AT(struct config_client_timeouts, header_ms),
     .preset = "10s",
     .least = 1,
     .most = HOUR,
     .doc = "From a request's first byte to the end of its header fields."},
    {.name = "body_idle",
     .type = SCHEMA_DURATION,
     AT(struct config_client_timeouts, body_idle_ms),
     .preset = "30s",
     .least = 1,
     .most = HOUR,
     .doc = "Between two pieces of a request's body."},
    {.name = "write",
     .type = SCHEMA_DURATION,
     AT(struct config_client_timeouts, write_ms),
     .preset = "30s",
     .least = 1,
     .most = HOUR,
     .doc = "For a caller that takes nothing of its answer."},
    {.name = "keep_alive",
     .type = SCHEMA_DURATION,
     AT(struct config_client_timeouts, keep_alive_ms),
     .preset = "75s",
     .least = 1,
     .most = 24 * HOUR,
     .doc = "An idle connection is kept this long."},
    {.name = "drain",
     .type = SCHEMA_DURATION,
     AT(struct config_client_timeouts, drain_ms),
     .preset = "30s",
     .least = 0,
     .most = HOUR,
     .doc = "After SIGTERM, what is under way may take this long."},
};
static const struct schema_map client_timeouts_map =
    MAP_OF("timeouts", struct config_client_timeouts, client_timeout_keys);

static const struct schema_key log_keys[] = {
    {.name = "level",
     .type = SCHEMA_CHOICE,
     AT(struct config_log, level),
     .preset = "info",
     .choices = log_levels,
     .doc = "The least that is written. AI_LOG_LEVEL goes before it."},
    {.name = "format",
     .type = SCHEMA_CHOICE,
     AT(struct config_log, format),
     .preset = "text",
     .choices = log_formats,
     .doc = "One line an event, for people or as JSON."},
    {.name = "file",
     .type = SCHEMA_PATH,
     AT(struct config_log, file),
     .example = "/var/log/aiu/gateway.log",
     .doc = "Where to; without it, stderr. SIGUSR1 opens it anew."},
};
static const struct schema_map log_map = MAP_OF("log", struct config_log, log_keys);

static const struct schema_key root_keys[] = {
    {.name = "version",
     .type = SCHEMA_NUMBER,
     AT(struct config, version),
     .required = true,
     .least = 1,
     .most = 1,
     .example = "1",
     .doc = "The version of this format."},
    {.name = "listen",
     .type = SCHEMA_MAP,
     .map = &listen_map,
     .doc = "The addresses of the gateway."},
    {.name = "state_dir",
     .type = SCHEMA_PATH,
     AT(struct config, state_dir),
     .preset = "~/.local/state/aiu",
     .doc = "The folder for the audit log, the master key and the admin socket. Under systemd the "
            "default is $STATE_DIRECTORY."},
    {.name = "providers",
     .type = SCHEMA_LIST,
     LIST_AT(struct config, providers, provider_count),
     .map = &provider_map,
     .doc = "Who answers. Without it, the provider that AI_API_KEY or OPENAI_API_KEY speaks of."},
    {.name = "models",
     .type = SCHEMA_LIST,
     LIST_AT(struct config, models, model_count),
     .map = &model_map,
     .doc = "Which models there are, and who serves them. Without it and with one provider, all "
            "names go there."},
    {.name = "default_model",
     .type = SCHEMA_NAME,
     AT(struct config, default_model),
     .example = "gpt-4o-mini",
     .doc = "The model that `aiu ask` uses when none is named. AI_MODEL goes before it."},
    {.name = "keys",
     .type = SCHEMA_LIST,
     LIST_AT(struct config, keys, key_count),
     .map = &key_map,
     .doc = "Who may call: the gateway's own keys, one for each application."},
    {.name = "policies",
     .type = SCHEMA_LIST,
     LIST_AT(struct config, policies, policy_count),
     .map = &policy_map,
     .doc = "What requests and answers are held to, beside the built-in profiles."},
    {.name = "audit", .type = SCHEMA_MAP, .map = &audit_map, .doc = "The audit log."},
    {.name = "alerts",
     .type = SCHEMA_MAP,
     .offset = offsetof(struct config, alerts),
     .map = &schema_alerts,
     .doc = "What raises an alert, and who is told."},
    {.name = "limits",
     .type = SCHEMA_MAP,
     .offset = offsetof(struct config, limits),
     .map = &limits_map,
     .doc = "Limits of the whole gateway."},
    {.name = "timeouts",
     .type = SCHEMA_MAP,
     .offset = offsetof(struct config, timeouts),
     .map = &client_timeouts_map,
     .doc = "How long to wait for callers."},
    {.name = "workers",
     .type = SCHEMA_AUTO,
     AT(struct config, workers),
     .preset = "auto",
     .least = 1,
     .most = 256,
     .doc = "Threads that serve; auto is one a processor."},
    {.name = "log",
     .type = SCHEMA_MAP,
     .offset = offsetof(struct config, log),
     .map = &log_map,
     .doc = "The gateway's log. It never holds prompts, answers or keys."},
    {.name = "maintenance",
     .type = SCHEMA_BOOL,
     AT(struct config, maintenance),
     .preset = "false",
     .doc = "Refuse all AI requests with 503. AI_MAINTENANCE_MODE goes before it."},
};
const struct schema_map schema_root = MAP_OF("configuration", struct config, root_keys);

// --- look-ups

const struct schema_key *schema_find(const struct schema_map *map, struct span name)
{
    for (size_t i = 0; i < map->count; i++) {
        if (span_equal(span_str(map->keys[i].name), name)) {
            return &map->keys[i];
        }
    }
    return NULL;
}

struct span schema_name_at(const void *ctx, size_t i)
{
    const struct schema_map *map = ctx;

    return i < map->count ? span_str(map->keys[i].name) : (struct span){0};
}

const char *schema_type_text(enum schema_type type)
{
    switch (type) {
    case SCHEMA_MAP:
        return "map";
    case SCHEMA_LIST:
        return "list of maps";
    case SCHEMA_NAMES:
        return "list of names";
    case SCHEMA_ID:
        return "name (letters, digits, . _ -; at most 64)";
    case SCHEMA_NAME:
        return "name of a model (printable, without blanks; at most 200)";
    case SCHEMA_TEXT:
        return "text of one line";
    case SCHEMA_PATH:
        return "path; ~/ is the home folder";
    case SCHEMA_URL:
        return "URL (https://…, http://…, unix:/…)";
    case SCHEMA_ADDRESS:
        return "address (HOST:PORT, [IPV6]:PORT or unix:PATH)";
    case SCHEMA_SECRET:
        return "where a secret comes from: { env: NAME }, { file: PATH }, { command: [PROGRAM, "
               "ARGUMENT…] } or { credential: NAME }";
    case SCHEMA_FILE:
        return "{ file: PATH }";
    case SCHEMA_HASH:
        return "hash of a key, \"h1:\" and 43 characters";
    case SCHEMA_BOOL:
        return "true or false";
    case SCHEMA_NUMBER:
        return "whole number";
    case SCHEMA_AUTO:
        return "auto or a whole number";
    case SCHEMA_SIZE:
        return "size (4096, 64KiB, 10MiB, 2GiB)";
    case SCHEMA_DURATION:
        return "duration (250ms, 5s, 15m, 24h)";
    case SCHEMA_DATE:
        return "date (2027-01-31)";
    case SCHEMA_CHOICE:
        return "one of a few words";
    case SCHEMA_RULE:
        return "id of a rule (`aiu rules list`), or KIND.*";
    }
    return "unknown";
}
