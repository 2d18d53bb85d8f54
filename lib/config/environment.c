// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A table of names with a setter each. A value is turned into the text that a file would have and
// goes through the same parser, so that both know the same limits. Strict: a value that is not
// understood is an error, never a default.
#include "config/environment.h"

#include "base/num.h"
#include "config/value.h"

enum { STATE_PATH_MOST = 4000, WORD_MOST = 16 };

struct span environment_get(const char *const *env, const char *name)
{
    struct span wanted = span_str(name);

    for (size_t i = 0; env != NULL && env[i] != NULL; i++) {
        struct span key, value;
        if (span_cut(span_str(env[i]), '=', &key, &value) && span_equal(key, wanted)) {
            return value;
        }
    }
    return (struct span){0};
}

enum aiu_status environment_expand_home(const char *const *env, struct span path, struct buf *dst)
{
    struct span home = environment_get(env, "HOME");
    bool tilde = span_equal(path, SPAN_OF("~")) || span_starts_with(path, SPAN_OF("~/"));

    if (!tilde) {
        return buf_append(dst, path);
    }
    if (home.n == 0) {
        return AIU_NOT_FOUND;
    }
    TRY(buf_append(dst, home));
    return buf_append(dst, span_drop_first(path, 1));
}

// --- values as a file would have them

static struct span lower(struct span value, char word[WORD_MOST])
{
    if (value.n > WORD_MOST) {
        return value;
    }
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        word[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return span_of(word, value.n);
}

static bool is_one_of(struct span value, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (span_equal(value, span_str(words[i]))) {
            return true;
        }
    }
    return false;
}

// S32: true, 1, yes, on and their opposites, in any case; nothing else.
static struct span bool_text(struct span value)
{
    static const char *const yes[] = {"true", "1", "yes", "on", NULL};
    static const char *const no[] = {"false", "0", "no", "off", NULL};
    char word[WORD_MOST];
    struct span low = lower(value, word);

    if (is_one_of(low, yes)) {
        return SPAN_OF("true");
    }
    return is_one_of(low, no) ? SPAN_OF("false") : SPAN_OF("");
}

// Python's names too.
static struct span level_text(struct span value)
{
    static const char *const levels[] = {"debug", "info", "warning", "error", "critical"};
    char word[WORD_MOST];
    struct span low = lower(value, word);

    if (span_equal(low, SPAN_OF("warn"))) {
        return SPAN_OF("warning");
    }
    if (span_equal(low, SPAN_OF("fatal"))) {
        return SPAN_OF("critical");
    }
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        if (span_equal(low, span_str(levels[i]))) {
            return span_str(levels[i]);
        }
    }
    return SPAN_OF("");
}

// Seconds as "30" or "2.5" to milliseconds; up to three decimals count.
static bool seconds_to_ms(struct span value, bool fraction_allowed, uint64_t *ret_ms)
{
    enum { MOST_S = 24 * 3600 };
    struct span whole, decimals;
    uint64_t s = 0;
    uint64_t ms = 0;
    bool has_point = span_cut(value, '.', &whole, &decimals);

    if ((has_point && !fraction_allowed) || num_parse_u64(whole, MOST_S, &s) != AIU_OK) {
        return false;
    }
    if (has_point && num_parse_u64(span_first(decimals, 3), 999, &ms) != AIU_OK) {
        return false;
    }
    for (size_t i = decimals.n; has_point && i < 3; i++) {
        ms *= 10;
    }
    *ret_ms = s * 1000 + ms;
    return *ret_ms > 0;
}

// --- setters

static struct config_place place_of_variable(const char *name)
{
    return (struct config_place){.path = span_str(name)};
}

static void refuse(struct builder *b, const char *name, const char *message)
{
    report_error(b->report, AIU_CONFIG_INVALID, place_of_variable(name), "%s", message);
}

static enum aiu_status note(struct builder *b, struct span path, const char *variable)
{
    size_t mark = builder_enter(b, path);
    enum aiu_status st = builder_note(b, 0, 0, span_str(variable));

    builder_leave(b, mark);
    return st;
}

typedef enum aiu_status (*setter)(struct builder *b, const char *name, struct span value);

static enum aiu_status set_maintenance(struct builder *b, const char *name, struct span value)
{
    struct span text = bool_text(value);

    if (text.n == 0) {
        refuse(b, name, "must be true, 1, yes, on, false, 0, no or off");
        return AIU_OK;
    }
    b->snapshot->config.maintenance = span_equal(text, SPAN_OF("true"));
    return note(b, SPAN_OF("maintenance"), name);
}

static enum aiu_status set_cache(struct builder *b, const char *name, struct span value)
{
    struct span text = bool_text(value);

    if (text.n == 0) {
        refuse(b, name, "must be true, 1, yes, on, false, 0, no or off");
    } else if (span_equal(text, SPAN_OF("true"))) {
        report_warning(b->report, place_of_variable(name),
                       "there is no cache in this version; nothing is cached");
    }
    return AIU_OK;
}

static enum aiu_status set_log_level(struct builder *b, const char *name, struct span value)
{
    const struct schema_map *log = schema_find(&schema_root, SPAN_OF("log"))->map;
    const struct schema_key *key = schema_find(log, SPAN_OF("level"));
    const struct node node = {.kind = NODE_SCALAR, .plain = true, .text = level_text(value)};

    if (node.text.n == 0) {
        refuse(b, name, "must be debug, info, warning, error or critical");
        return AIU_OK;
    }
    TRY(value_set(b, key, &node, &b->snapshot->config.log.level));
    return note(b, SPAN_OF("log.level"), name);
}

static enum aiu_status set_model(struct builder *b, const char *name, struct span value)
{
    const struct schema_map *models = schema_find(&schema_root, SPAN_OF("models"))->map;
    const struct schema_key *key = schema_find(models, SPAN_OF("name"));
    const struct node node = {.kind = NODE_SCALAR, .plain = true, .text = value};
    size_t mark = builder_enter(b, span_str(name));
    enum aiu_status st = value_set(b, key, &node, &b->snapshot->config.default_model);

    builder_leave(b, mark);
    TRY(st);
    return note(b, SPAN_OF("default_model"), name);
}

static enum aiu_status set_every_timeout(struct builder *b, const char *name, uint64_t ms)
{
    struct config *c = &b->snapshot->config;

    for (size_t i = 0; i < c->provider_count; i++) {
        // The array is ours until config_parse returns.
        struct config_provider *p = (struct config_provider *)&c->providers[i];
        size_t mark = builder_enter(b, SPAN_OF("providers"));
        (void)builder_enter_index(b, i);
        (void)builder_enter(b, SPAN_OF("timeouts.total"));
        enum aiu_status st = builder_note(b, 0, 0, span_str(name));
        builder_leave(b, mark);
        TRY(st);
        p->timeouts.total_ms = ms;
    }
    return AIU_OK;
}

static enum aiu_status set_timeout(struct builder *b, const char *name, struct span value)
{
    uint64_t ms = 0;

    if (!seconds_to_ms(value, false, &ms)) {
        refuse(b, name, "must be whole seconds, from 1 to 86400");
        return AIU_OK;
    }
    return set_every_timeout(b, name, ms);
}

static enum aiu_status set_timeout_s(struct builder *b, const char *name, struct span value)
{
    uint64_t ms = 0;

    if (!seconds_to_ms(value, true, &ms)) {
        refuse(b, name, "must be seconds such as 30 or 2.5, up to 86400");
        return AIU_OK;
    }
    return set_every_timeout(b, name, ms);
}

// --- the table

struct row {
    struct environment_variable variable;
    setter set; // NULL: read elsewhere (config/vendor.c), or not at all
};

#define UNUSED(name)                                                                               \
    {                                                                                              \
        {(name), false, "Of the guide's Python package; the gateway does not use it."}, NULL       \
    }

// Setters run in this order: AI_REQUEST_TIMEOUT_S goes before AI_TIMEOUT by coming later.
static const struct row rows[] = {
    {{"AI_PROVIDER", true, "Without a file: which provider; auto (the default) looks at the keys."},
     NULL},
    {{"AI_API_KEY", true, "Without a file: the provider's key; alone it means openai."}, NULL},
    {{"AI_API_KEY_FILE", true, "Without a file: a file that holds the provider's key."}, NULL},
    {{"AI_BASE_URL", true, "Without a file: the provider's base URL."}, NULL},
    {{"AI_MODEL", true, "default_model."}, set_model},
    {{"AI_MAINTENANCE_MODE", true, "Refuse all AI requests: maintenance."}, set_maintenance},
    {{"AI_LOG_LEVEL", true, "log.level."}, set_log_level},
    {{"AI_TIMEOUT", true, "providers[].timeouts.total in whole seconds."}, set_timeout},
    {{"AI_REQUEST_TIMEOUT_S", true, "The same with decimals; it goes before AI_TIMEOUT."},
     set_timeout_s},
    {{"AI_CACHE_ENABLED", true, "Checked, and warned about: there is no cache in this version."},
     set_cache},
    UNUSED("AI_AUTO_SELECT_ORDER"),
    UNUSED("AI_TEMPERATURE"),
    UNUSED("AI_MAX_TOKENS"),
    UNUSED("AI_EXTRA_HEADERS"),
    UNUSED("AI_CACHE_BACKEND"),
    UNUSED("AI_CACHE_TTL_S"),
    UNUSED("AI_CACHE_MAX_TEMPERATURE"),
    UNUSED("AI_CACHE_SQLITE_PATH"),
    UNUSED("AI_CACHE_SQLITE_TABLE"),
    UNUSED("AI_CACHE_SQLITE_WAL"),
    UNUSED("AI_CACHE_SQLITE_BUSY_TIMEOUT_MS"),
    UNUSED("AI_CACHE_SQLITE_MAX_ENTRIES"),
    UNUSED("AI_CACHE_SQLITE_PRUNE_BATCH"),
    UNUSED("AI_CACHE_NAMESPACE"),
    UNUSED("AI_USAGE_SCOPE"),
    UNUSED("AI_USAGE_CLIENT_ID"),
    UNUSED("AI_KNOWLEDGE_ENABLED"),
    UNUSED("AI_KNOWLEDGE_DB_PATH"),
    UNUSED("AI_KNOWLEDGE_ROOTS"),
    UNUSED("AI_KNOWLEDGE_CHUNK_SIZE"),
    UNUSED("AI_KNOWLEDGE_CHUNK_OVERLAP"),
    UNUSED("AI_KNOWLEDGE_MIN_CHUNK_SIZE"),
    UNUSED("AI_KNOWLEDGE_MAX_FILE_SIZE"),
    UNUSED("AI_KNOWLEDGE_USE_SQLITE_EXTENSION"),
    UNUSED("AI_EMBEDDING_MODEL"),
    UNUSED("AI_UPDATE_CHECK_DAYS"),
    UNUSED("AI_USE_AI"),
    UNUSED("AI_MEMORY_THRESHOLD"),
};

const struct environment_variable *environment_variable_at(size_t i)
{
    return i < ARRAY_SIZE(rows) ? &rows[i].variable : NULL;
}

static struct span variable_name_at(const void *ctx, size_t i)
{
    (void)ctx;
    return i < ARRAY_SIZE(rows) ? span_str(rows[i].variable.name) : (struct span){0};
}

// --- unknown names

static bool is_known(struct span name)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (span_equal(span_str(rows[i].variable.name), name)) {
            return true;
        }
    }
    // AI_<MODEL>_RPM and its kin, of the package's old settings
    return span_ends_with(name, SPAN_OF("_RPM")) || span_ends_with(name, SPAN_OF("_TPM")) ||
           span_ends_with(name, SPAN_OF("_TPD"));
}

static bool is_plain_name(struct span name)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return name.n <= 64;
}

static void warn_unknown(struct builder *b)
{
    for (size_t i = 0; b->env != NULL && b->env[i] != NULL; i++) {
        struct span name, value;
        if (!span_cut(span_str(b->env[i]), '=', &name, &value) ||
            !span_starts_with(name, SPAN_OF("AI_")) || !is_plain_name(name) || is_known(name)) {
            continue;
        }
        report_warning(b->report, (struct config_place){.path = name}, "unknown variable");
        report_suggest(b->report, name, variable_name_at, NULL);
    }
}

enum aiu_status environment_apply(struct builder *b)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct span value = environment_get(b->env, rows[i].variable.name);
        if (rows[i].set != NULL && value.n > 0) {
            TRY(rows[i].set(b, rows[i].variable.name, value));
        }
    }
    warn_unknown(b);
    return AIU_OK;
}

// --- the state folder

static enum aiu_status keep_state_dir(struct builder *b, struct span path, const char *variable)
{
    TRY(arena_copy(&b->snapshot->arena, path, &b->snapshot->config.state_dir));
    return note(b, SPAN_OF("state_dir"), variable);
}

enum aiu_status environment_state_dir(struct builder *b)
{
    struct span systemd = environment_get(b->env, "STATE_DIRECTORY");
    struct span xdg = environment_get(b->env, "XDG_STATE_HOME");
    struct span first, rest;

    if (snapshot_origin(b->snapshot, SPAN_OF("state_dir")) != NULL) {
        return AIU_OK;
    }
    if (systemd.n > 0 && systemd.p[0] == '/') {
        (void)span_cut(systemd, ':', &first, &rest); // systemd lists several with ":" between
        return keep_state_dir(b, first, "STATE_DIRECTORY");
    }
    if (xdg.n > 0 && xdg.p[0] == '/') {
        CLEANUP(buf_wipe) struct buf path = BUF_OF(STATE_PATH_MOST);
        TRY(buf_append(&path, xdg));
        TRY(buf_append(&path, SPAN_OF("/aiu")));
        return keep_state_dir(b, buf_span(&path), "XDG_STATE_HOME");
    }
    if (span_starts_with(b->snapshot->config.state_dir, SPAN_OF("~"))) {
        report_error(b->report, AIU_CONFIG_INVALID,
                     (struct config_place){.path = SPAN_OF("state_dir")},
                     "must be given: $HOME is not set");
    }
    return AIU_OK;
}
