// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The configuration: one YAML file, checked against one table (config/schema.h), as an immutable
// snapshot. Precedence: environment over file over default (guide S23, S30-S32).
//
// Ownership: struct config owns every string and array in it (one arena), and is counted: whoever
//   keeps it calls config_ref, whoever is done config_unref. Nobody changes it after it is built.
// Threads:   any may read; the count is atomic.
// Errors:    AIU_CONFIG_INVALID and the other E1 codes, with a report of up to 20 problems, each
//   with line, column and path. Messages hold names of keys, never values that could be secrets.
// I/O:       only config_load touches files. config_parse and config_embedded are pure: the
//   environment is handed in.
#pragma once

#include "base/buf.h"
#include "base/log.h"
#include "base/span.h"
#include "base/status.h"
#include "config/watch_config.h"
#include "policy/policy.h"
#include "secret/load.h"

struct config_tls {
    bool on;
    struct config_source certificate, key; // from files
    struct config_source client_ca;        // not given: clients need no certificate
};

struct config_data_listener {
    struct config_address address;
    struct config_tls tls;
};

struct config_admin_listener {
    struct config_address address;
    struct config_source token; // required with a TCP address
};

struct config_provider_timeouts {
    uint64_t connect_ms, tls_ms, first_byte_ms, idle_ms, total_ms;
};

struct config_provider {
    struct span name, dialect;
    struct span base_url;         // as written, checked with codec/url.h
    struct config_source api_key; // not given: the provider needs none
    bool allow_plaintext;         // http:// to another machine
    bool account_headers;         // pass OpenAI-Organization and OpenAI-Project on
    struct span ca_file;          // empty: the system's certificates
    struct config_provider_timeouts timeouts;
};

// A string that an answer must not hold.
struct config_canary {
    struct span name; // for people
    struct config_source value;
};

// Those of a policy; there are `canary_count`.
static inline const struct config_canary *config_canaries(const struct policy *p)
{
    return p->canaries;
}

struct config_model {
    struct span name; // what callers say; "*" passes any name
    struct span provider_name;
    struct span model; // what the provider is told; empty: the caller's name
    const struct config_provider *provider;
};

struct config_key_limits {
    uint32_t requests_per_minute; // 0: none
};

struct config_key {
    struct span id, tenant;
    struct span policy_name;
    const struct policy *policy; // never NULL
    struct config_source key;    // not given where `hash` is
    struct span hash;            // "h1:…" as `aiu keys new` prints it
    const struct span *models;   // allow-list of names; count 0: all
    size_t model_count;
    struct config_key_limits limits;
};

enum config_audit_level { CONFIG_AUDIT_STRICT };
enum config_capture { CONFIG_CAPTURE_OFF, CONFIG_CAPTURE_PROMPTS, CONFIG_CAPTURE_ALL };

// Somebody else who remembers the log's checkpoints and cosigns them.
struct config_witness {
    struct span name, url;
    struct span vkey; // its public key (c2sp.org/signed-note); read where it is used
    struct span ca_file;
    bool allow_plaintext;
};

struct config_limits {
    uint64_t max_body, max_response, max_headers; // bytes
    uint64_t memory;                              // bytes that all exchanges may hold together
    uint32_t connections;
};

struct config_client_timeouts {
    uint64_t header_ms, body_idle_ms, write_ms, keep_alive_ms, drain_ms;
};

struct config_log {
    enum log_level level;
    enum log_format format;
    struct span file; // empty: stderr
};

struct config {
    struct span path; // of the file; empty for the embedded configuration
    uint32_t version;
    struct span state_dir; // absolute where HOME or an absolute path was given
    struct config_data_listener data;
    struct config_admin_listener admin;
    const struct config_provider *providers;
    size_t provider_count;
    const struct config_model *models;
    size_t model_count;
    const struct config_key *keys;
    size_t key_count;
    const struct policy *policies; // the configured ones, without the built-in profiles
    size_t policy_count;
    enum config_audit_level audit_level;
    const struct config_witness *witnesses;
    size_t witness_count;
    uint64_t anchor_ms;          // how often a checkpoint is taken to them
    struct span audit_origin;    // the name of the log in its checkpoints, without the month
    uint64_t audit_retention_ms; // months that ended longer ago are deleted; 0: none
    enum config_capture capture; // of content, sealed
    uint64_t capture_queue;      // bytes that may wait for the disk
    const struct config_export *exports;
    size_t export_count;
    struct config_alerts alerts;
    struct config_limits limits;
    struct config_client_timeouts timeouts;
    uint32_t workers; // 0: as many as the machine has processors
    struct config_log log;
    bool maintenance;
    struct span default_model; // of `aiu ask`; empty: none
    uint8_t hash[32]; // SHA-256 of the file's bytes; of the embedded defaults' text without
};

// Up to 20 problems, errors and warnings; more are only counted.
enum { CONFIG_PROBLEMS = 20 };

struct config_problem {
    bool warning;
    enum aiu_status status; // what it amounts to; AIU_OK for warnings
    uint32_t line, column;  // from 1; 0 where it stands in no file (environment)
    char path[128];         // "providers[0].timeouts.connect", or the variable's name
    char message[200];      // one sentence of ours
    char suggestion[64];    // the name that was perhaps meant; empty without
};

struct config_report {
    size_t count;
    size_t more; // problems that found no room
    size_t errors;
    struct config_problem problems[CONFIG_PROBLEMS];
};

// "FILE:12:5: error: providers[0].dialetc: unknown key; did you mean "dialect"?" a line; for a
// variable, "environment: " in the place of the file.
MUST_CHECK enum aiu_status config_report_text(const struct config_report *r, struct span file,
                                              struct buf *dst);

struct config_options {
    // The environment as `environ` has it: "NAME=value", NULL at the end. NULL: an empty one.
    const char *const *env;
    // Whether key files and certificates must exist and be private. config_load only.
    bool check_files;
    // config_embedded: where the mock provider listens; empty means that it is not to be used.
    struct span mock_base_url;
    // config_embedded: hash of the one key that may call; empty gives a configuration without keys.
    struct span local_key_hash;
};

// Read, check and build the file at `path` (at most 1 MiB). `report` is filled whatever is
// returned. Free with config_unref.
MUST_CHECK enum aiu_status config_load(const char *path, const struct config_options *o,
                                       struct config_report *report, struct config **ret_config);

// The same from bytes. `name` becomes config.path.
MUST_CHECK enum aiu_status config_parse(struct span text, struct span name,
                                        const struct config_options *o,
                                        struct config_report *report, struct config **ret_config);

// Without a file: the provider that AI_API_KEY, AI_API_KEY_FILE or OPENAI_API_KEY speaks of; with
// none of them the mock (config_uses_mock), which speaks the dialect "openai" and needs no key.
MUST_CHECK enum aiu_status config_embedded(const struct config_options *o,
                                           struct config_report *report,
                                           struct config **ret_config);

// Whether config_embedded fell back to the mock provider.
bool config_uses_mock(const struct config *c);

struct config *config_ref(struct config *c);
void config_unref(struct config *c);   // NULL is fine
void config_unrefp(struct config **c); // for CLEANUP

// The policy of this name: configured ones before built-in ones. NULL where there is none.
const struct policy *config_policy(const struct config *c, struct span name);
// By exact name, then "*". NULL where no entry fits.
const struct config_model *config_model(const struct config *c, struct span name);
const struct config_provider *config_provider(const struct config *c, struct span name);
const struct config_key *config_key(const struct config *c, struct span id);

// The file that a command uses without --config: $AIU_CONFIG, else
// $XDG_CONFIG_HOME/aiu/config.yaml or ~/.config/aiu/config.yaml, else /etc/aiu/config.yaml,
// the first that exists. AIU_NOT_FOUND where none does: use config_embedded.
MUST_CHECK enum aiu_status config_find_file(const char *const *env, struct buf *dst);
