// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Records are put together from constant pieces, because one is made before each request goes on.
//
// The bound on a record holds in two steps: texts are cut at RECORD_TEXT_MOST; where escapes make
// even that too long, the record is made again with texts so short that no escape can.
#include "audit/record.h"

#include "codec/json_write.h"

enum { RECORD_TEXT_SHORT = 32, RECORD_FIELDS_MOST = 32 };

// Appends until something fails; the first error stays.
struct writer {
    struct buf *b;
    size_t text_most;
    enum aiu_status st;
};

static void put(struct writer *w, struct span bytes)
{
    if (w->st == AIU_OK) {
        w->st = buf_append(w->b, bytes);
    }
}

static void put_u64(struct writer *w, struct span name, uint64_t value)
{
    put(w, name);
    if (w->st == AIU_OK) {
        w->st = buf_append_u64(w->b, value);
    }
}

static void put_bool(struct writer *w, struct span name, bool value)
{
    put(w, name);
    put(w, value ? SPAN_OF("true") : SPAN_OF("false"));
}

// Not through the middle of a character.
static struct span cut(struct span text, size_t most)
{
    size_t n = most;

    if (text.n <= most) {
        return text;
    }
    while (n > most - 4 && (text.p[n] & 0xC0) == 0x80) {
        n--;
    }
    return span_first(text, n);
}

static void put_quoted(struct writer *w, struct span text)
{
    struct span head = cut(text, w->text_most);

    put(w, SPAN_OF("\""));
    if (w->st == AIU_OK) {
        w->st = json_append_escaped(w->b, head);
    }
    put(w, head.n < text.n ? SPAN_OF("\xE2\x80\xA6\"") : SPAN_OF("\""));
}

// `name` is `,"name":`. Nothing where there is no text.
static void put_text(struct writer *w, struct span name, struct span text)
{
    if (text.n > 0) {
        put(w, name);
        put_quoted(w, text);
    }
}

static void put_stamp(struct writer *w, uint64_t unix_us)
{
    char stamp[CLOCK_STAMP_SIZE];

    clock_stamp(unix_us, stamp);
    put(w, SPAN_OF(",\"ts\":\""));
    put(w, span_of(stamp, sizeof(stamp)));
    put(w, SPAN_OF("\""));
}

static void put_origin(struct writer *w, const struct record_origin *origin)
{
    put_text(w, SPAN_OF(",\"node\":"), origin->node);
    put_text(w, SPAN_OF(",\"boot\":"), origin->boot);
}

static void put_policy(struct writer *w, const struct record_policy *p)
{
    size_t named = p->rules_count < RECORD_RULES_MOST ? p->rules_count : RECORD_RULES_MOST;

    if (p->verdict.n == 0) {
        return;
    }
    put(w, SPAN_OF(",\"policy\":{\"verdict\":"));
    put_quoted(w, p->verdict);
    put_text(w, SPAN_OF(",\"rev\":"), p->revision);
    put(w, SPAN_OF(",\"rules\":["));
    for (size_t i = 0; i < named; i++) {
        put(w, i == 0 ? SPAN_OF("") : SPAN_OF(","));
        put_quoted(w, cut(p->rules[i], RECORD_TEXT_MOST / 4));
    }
    put_u64(w, SPAN_OF("],\"n\":"), p->findings);
    if (p->echoes > 0) {
        put_u64(w, SPAN_OF(",\"echo\":"), p->echoes);
    }
    if (p->leaks > 0) {
        put_u64(w, SPAN_OF(",\"prompt_leak\":"), p->leaks);
    }
    put(w, SPAN_OF("}"));
}

// Ids

enum { ID_SIZE = UUID_SIZE };

static bool is_id(struct span id)
{
    for (size_t i = 0; i < id.n; i++) {
        uint8_t c = id.p[i];
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? c != '-' : !digit) {
            return false;
        }
    }
    return id.n == ID_SIZE;
}

static const struct {
    struct span head;
    enum record_type type;
} heads[] = {
    {SPAN("{\"v\":1,\"t\":\"decision\",\"id\":\""), RECORD_DECISION},
    {SPAN("{\"v\":1,\"t\":\"result\",\"id\":\""), RECORD_RESULT},
    {SPAN("{\"v\":1,\"t\":\"abandoned\",\"id\":\""), RECORD_ABANDONED},
    {SPAN("{\"v\":1,\"t\":\"carried\",\"id\":\""), RECORD_CARRIED},
};

static void put_head(struct writer *w, enum record_type type, struct span id)
{
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
        if (heads[i].type == type) {
            put(w, heads[i].head);
        }
    }
    put(w, id);
    put(w, SPAN_OF("\""));
}

enum record_type record_read(struct span entry, struct span *ret_id)
{
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
        struct span rest = span_drop_first(entry, heads[i].head.n);
        if (span_starts_with(entry, heads[i].head) && rest.n > ID_SIZE && rest.p[ID_SIZE] == '"') {
            *ret_id = span_first(rest, ID_SIZE);
            return heads[i].type;
        }
    }
    return RECORD_OTHER;
}

// The records

// A record that is too long is taken back; true where it must be made again, shorter.
static bool is_too_long(struct writer *w, size_t begun)
{
    if (w->st == AIU_OK && w->b->n - begun < RECORD_MOST) {
        return false;
    }
    w->b->n = begun;
    if (w->st != AIU_OK || w->text_most == RECORD_TEXT_SHORT) {
        return false;
    }
    w->text_most = RECORD_TEXT_SHORT;
    return true;
}

static void write_decision(struct writer *w, const struct record_origin *origin,
                           const struct record_decision *d)
{
    put_head(w, RECORD_DECISION, d->id);
    put_stamp(w, d->unix_us);
    put_origin(w, origin);
    put_text(w, SPAN_OF(",\"tenant\":"), d->tenant);
    put_text(w, SPAN_OF(",\"vk\":"), d->key);
    put_text(w, SPAN_OF(",\"user_mac\":"), d->user);
    put_text(w, SPAN_OF(",\"src_mac\":"), d->src_mac);
    put_text(w, SPAN_OF(",\"route\":"), d->route);
    put_text(w, SPAN_OF(",\"provider\":"), d->provider);
    put_text(w, SPAN_OF(",\"model\":"), d->model);
    put_bool(w, SPAN_OF(",\"stream\":"), d->stream);
    put_u64(w, SPAN_OF(",\"in_bytes\":"), d->in_bytes);
    put_text(w, SPAN_OF(",\"prompt_mac\":"), d->prompt_mac);
    put_policy(w, &d->policy);
    put_text(w, SPAN_OF(",\"cfg\":"), d->config);
    put_text(w, SPAN_OF(",\"subject\":"), d->subject);
    put_text(w, SPAN_OF(",\"capture\":"), d->capture);
    put(w, SPAN_OF("}"));
}

enum aiu_status record_decision(struct buf *b, const struct record_origin *origin,
                                const struct record_decision *d)
{
    struct writer w = {.b = b, .text_most = RECORD_TEXT_MOST};
    size_t begun = b->n;

    if (!is_id(d->id)) {
        return AIU_USAGE;
    }
    do {
        write_decision(&w, origin, d);
    } while (is_too_long(&w, begun));
    return w.st;
}

static struct span outcome_name(enum record_outcome outcome)
{
    switch (outcome) {
    case RECORD_OK:
        return SPAN_OF("ok");
    case RECORD_BLOCKED:
        return SPAN_OF("blocked");
    case RECORD_UPSTREAM_RESET:
        return SPAN_OF("upstream_reset");
    case RECORD_UPSTREAM_TIMEOUT:
        return SPAN_OF("upstream_timeout");
    case RECORD_CLIENT_ABORT:
        return SPAN_OF("client_abort");
    case RECORD_ERROR:
        break;
    }
    return SPAN_OF("error");
}

static void put_usage(struct writer *w, const struct record_result *r)
{
    if (r->has_usage) {
        put_u64(w, SPAN_OF(",\"usage\":{\"in\":"), r->tokens_in);
        put_u64(w, SPAN_OF(",\"out\":"), r->tokens_out);
        put(w, r->tokens_estimated ? SPAN_OF(",\"src\":\"estimate\"}")
                                   : SPAN_OF(",\"src\":\"provider\"}"));
    }
}

static void write_result(struct writer *w, const struct record_result *r)
{
    put_head(w, RECORD_RESULT, r->id);
    put_stamp(w, r->unix_us);
    put_text(w, SPAN_OF(",\"outcome\":"), outcome_name(r->outcome));
    put_bool(w, SPAN_OF(",\"success\":"), r->outcome == RECORD_OK);
    put_u64(w, SPAN_OF(",\"status\":"), r->http_status > 0 ? (uint64_t)r->http_status : 0);
    if (r->status != AIU_OK) {
        put_text(w, SPAN_OF(",\"error\":"), span_str(aiu_status_info(r->status)->ecode));
    }
    put_text(w, SPAN_OF(",\"model\":"), r->model);
    put_text(w, SPAN_OF(",\"upstream_id\":"), r->upstream_id);
    put_usage(w, r);
    put_u64(w, SPAN_OF(",\"out_bytes\":"), r->out_bytes);
    put_text(w, SPAN_OF(",\"resp_mac\":"), r->resp_mac);
    put_policy(w, &r->policy);
    put_bool(w, SPAN_OF(",\"cached\":"), r->cached);
    if (r->has_first_byte) {
        put_u64(w, SPAN_OF(",\"ttfb_us\":"), r->first_byte_us);
    }
    put_u64(w, SPAN_OF(",\"dur_us\":"), r->duration_us);
    put_text(w, SPAN_OF(",\"capture\":"), r->capture);
    put(w, SPAN_OF("}"));
}

enum aiu_status record_result(struct buf *b, const struct record_result *r)
{
    struct writer w = {.b = b, .text_most = RECORD_TEXT_MOST};
    size_t begun = b->n;

    if (!is_id(r->id)) {
        return AIU_USAGE;
    }
    do {
        write_result(&w, r);
    } while (is_too_long(&w, begun));
    return w.st;
}

// Nothing but an id.
static enum aiu_status write_short(struct buf *b, enum record_type type,
                                   const struct record_origin *origin, uint64_t unix_us,
                                   struct span id)
{
    struct writer w = {.b = b, .text_most = RECORD_TEXT_MOST};
    size_t begun = b->n;

    if (!is_id(id)) {
        return AIU_USAGE;
    }
    put_head(&w, type, id);
    put_stamp(&w, unix_us);
    put_origin(&w, origin);
    put(&w, SPAN_OF("}"));
    (void)is_too_long(&w, begun);
    return w.st;
}

enum aiu_status record_abandoned(struct buf *b, const struct record_origin *origin,
                                 uint64_t unix_us, struct span id)
{
    return write_short(b, RECORD_ABANDONED, origin, unix_us, id);
}

enum aiu_status record_carried(struct buf *b, const struct record_origin *origin, uint64_t unix_us,
                               struct span id)
{
    return write_short(b, RECORD_CARRIED, origin, unix_us, id);
}

// Nothing is cut: a checkpoint is short, and proves nothing without its last byte.
enum aiu_status record_shard(struct buf *b, const struct record_origin *origin, uint64_t unix_us,
                             struct span previous, struct span checkpoint)
{
    struct writer w = {.b = b, .text_most = RECORD_MOST};

    put(&w, SPAN_OF("{\"v\":1,\"t\":\"shard\""));
    put_stamp(&w, unix_us);
    put_origin(&w, origin);
    put_text(&w, SPAN_OF(",\"previous\":"), previous);
    put_text(&w, SPAN_OF(",\"checkpoint\":"), checkpoint);
    put(&w, SPAN_OF("}"));
    return w.st;
}

// Events

static struct span event_name(enum record_event event)
{
    switch (event) {
    case RECORD_BOOT:
        return SPAN_OF("boot");
    case RECORD_SHUTDOWN:
        return SPAN_OF("shutdown");
    case RECORD_AUTH_FAIL:
        return SPAN_OF("auth_fail");
    case RECORD_ADMIN_LOGIN:
        return SPAN_OF("admin_login");
    case RECORD_CONFIG_CHANGE:
        return SPAN_OF("config_change");
    case RECORD_KEY_EVENT:
        return SPAN_OF("key_event");
    case RECORD_MAINTENANCE:
        return SPAN_OF("maintenance");
    case RECORD_INCIDENT:
        return SPAN_OF("incident");
    case RECORD_POLICY_BLOCK:
        return SPAN_OF("policy_block");
    case RECORD_WEAKENED:
        return SPAN_OF("weakened");
    case RECORD_AUDIT_DEGRADED:
        return SPAN_OF("audit_degraded");
    case RECORD_EPOCH_KEY:
        return SPAN_OF("epoch_key");
    case RECORD_PURGE:
        return SPAN_OF("purge");
    case RECORD_ERASURE:
        return SPAN_OF("erasure");
    case RECORD_CONTENT_READ:
        return SPAN_OF("content_read");
    case RECORD_ALERT:
        break;
    }
    return SPAN_OF("alert");
}

static void put_field(struct writer *w, const struct record_field *f)
{
    if (f->kind == RECORD_KIND_TEXT && f->text.n == 0) {
        return;
    }
    put(w, SPAN_OF(",\""));
    put(w, span_str(f->name));
    switch (f->kind) {
    case RECORD_KIND_NUMBER:
        put_u64(w, SPAN_OF("\":"), f->number);
        break;
    case RECORD_KIND_BOOL:
        put_bool(w, SPAN_OF("\":"), f->number != 0);
        break;
    case RECORD_KIND_TEXT:
        put(w, SPAN_OF("\":"));
        put_quoted(w, f->text);
        break;
    }
}

enum aiu_status record_event(struct buf *b, const struct record_origin *origin,
                             enum record_event event, uint64_t unix_us,
                             const struct record_field *fields, size_t count)
{
    struct writer w = {.b = b, .text_most = RECORD_TEXT_MOST};
    size_t begun = b->n;

    if (count > RECORD_FIELDS_MOST) {
        return AIU_USAGE;
    }
    do {
        put(&w, SPAN_OF("{\"v\":1,\"t\":\""));
        put(&w, event_name(event));
        put(&w, SPAN_OF("\""));
        put_stamp(&w, unix_us);
        put_origin(&w, origin);
        for (size_t i = 0; i < count; i++) {
            put_field(&w, &fields[i]);
        }
        put(&w, SPAN_OF("}"));
    } while (is_too_long(&w, begun));
    return w.st;
}

enum aiu_status record_content_read(struct buf *b, const struct record_origin *origin,
                                    uint64_t unix_us, const struct record_content_read *r)
{
    const struct record_field fields[] = {
        RECORD_TEXT("id", r->id),
        RECORD_TEXT("what", r->what),
        RECORD_TEXT("subject", r->subject),
        RECORD_TEXT("actor", r->actor),
    };

    return record_event(b, origin, RECORD_CONTENT_READ, unix_us, fields, ARRAY_SIZE(fields));
}
