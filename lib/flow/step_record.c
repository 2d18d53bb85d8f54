// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// record: the decision is handed to the audit log; and the other records that an exchange writes.
// A decision without a result cannot be: settle or the client's departure writes it, and after a
// crash the log itself writes `abandoned`.
#include "flow/exchange.h"

enum { EVENTS_A_SECOND = 20, PROMPT_PIECES = 4 };

static struct span id_of(const struct exchange *x)
{
    return span_of(x->id, sizeof(x->id));
}

static enum aiu_status append(struct exchange *x, const struct buf *b, uint64_t *ret_index)
{
    enum aiu_status st = audit_append(x->plane->shared->audit, buf_span(b), ret_index);

    return st == AIU_OK ? st : AIU_AUDIT_UNAVAILABLE;
}

static void fill_policy(struct exchange *x, const struct verdict *v, struct span *rules,
                        struct record_policy *ret_policy)
{
    *ret_policy = (struct record_policy){.revision = x->key->revision,
                                         .verdict = span_str(verdict_text(v->kind)),
                                         .rules = rules,
                                         .rules_count = v->count,
                                         .findings = v->more};
    for (uint32_t i = 0; i < v->count; i++) {
        rules[i] = span_str(rules_get(v->reasons[i].rule)->id);
        ret_policy->findings += v->reasons[i].count;
    }
}

// The pseudonym of the caller's address; the last one made is kept, since a client's requests come
// one after the other.
static enum aiu_status peer_pseudonym(struct exchange *x, struct span *ret_mac)
{
    struct plane *f = x->plane;
    struct span peer = x->conn == NULL ? SPAN_OF("") : server_peer(x->conn);
    uint64_t month = x->unix_us / 1000000 / 3600; // an hour is finer than any key's month
    CLEANUP(buf_wipe) struct buf b = BUF_OF(PROMPT_MAC_TEXT_SIZE + 1);

    if (peer.n == 0 || peer.n > sizeof(f->peer)) {
        return AIU_OK;
    }
    bool same = f->peer_month == month && span_equal(peer, span_of(f->peer, f->peer_n)) &&
                f->peer_tenant.p == x->key->key->tenant.p;
    if (!same) {
        TRY(name_mac(f->mac_keys, x->key->key->tenant, x->unix_us, "addr", peer, &b));
        CHECK(b.n <= sizeof(f->peer_mac));
        memcpy(f->peer, peer.p, peer.n);
        f->peer_n = peer.n;
        f->peer_month = month;
        f->peer_tenant = x->key->key->tenant;
        memcpy(f->peer_mac, b.p, b.n);
    }
    *ret_mac = span_of(f->peer_mac, sizeof(f->peer_mac));
    return AIU_OK;
}

struct fingerprints {
    uint8_t prompt[PROMPT_MAC_TEXT_SIZE], user[PROMPT_MAC_TEXT_SIZE];
    struct span prompt_text, user_text, peer_text;
};

static enum aiu_status fingerprint(struct exchange *x, struct fingerprints *fp)
{
    struct mac_keys *keys = x->plane->mac_keys;
    struct span tenant = x->key->key->tenant;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(256);

    if (x->in.prompt.n > 0) {
        TRY(prompt_mac(keys, tenant, x->unix_us, x->in.prompt, &b));
        memcpy(fp->prompt, b.p, sizeof(fp->prompt));
        fp->prompt_text = span_of(fp->prompt, sizeof(fp->prompt));
    }
    if (x->request.user.n > 0) {
        buf_reset(&b);
        TRY(name_mac(keys, tenant, x->unix_us, "user", x->request.user, &b));
        memcpy(fp->user, b.p, sizeof(fp->user));
        fp->user_text = span_of(fp->user, sizeof(fp->user));
    }
    return peer_pseudonym(x, &fp->peer_text);
}

// --- captured content ---------------------------------------------------------------------------

static bool captures(const struct exchange *x, enum capture_part part)
{
    enum config_capture wanted = x->service->config->capture;

    return wanted == CONFIG_CAPTURE_ALL ||
           (wanted == CONFIG_CAPTURE_PROMPTS && part == CAPTURE_PROMPT);
}

static enum aiu_status find_subject(struct exchange *x)
{
    bool named = x->request.user.n > 0;

    return capture_name(x->plane->shared->capture, x->key->key->tenant, named ? "user" : "key",
                        named ? x->request.user : x->key->key->id, x->subject);
}

// What the record says of the content in `pieces`: its hash, or that it is not there. A capture
// that fails fails no request.
static struct span capture_pieces(struct exchange *x, enum capture_part part,
                                  const struct span *pieces, size_t count,
                                  uint8_t hash[CAPTURE_HASH_SIZE])
{
    struct capture *c = x->plane->shared->capture;
    const struct capture_item item = {id_of(x), part, x->subject, pieces, count};

    if (c == NULL || (x->subject[0] == '\0' && find_subject(x) != AIU_OK) ||
        capture_put(c, &item, hash) != AIU_OK) {
        return SPAN_OF("skipped");
    }
    return span_of(hash, CAPTURE_HASH_SIZE);
}

// What goes to the provider, after redaction; of a denied request nothing does.
static struct span capture_prompt(struct exchange *x, uint8_t hash[CAPTURE_HASH_SIZE])
{
    if (!captures(x, CAPTURE_PROMPT) || x->denied || x->piece_count == 0) {
        return SPAN_OF("");
    }
    return capture_pieces(x, CAPTURE_PROMPT, x->pieces, x->piece_count, hash);
}

void record_copy(struct exchange *x, struct span bytes)
{
    if (!captures(x, CAPTURE_ANSWER) || x->copy_lost) {
        return;
    }
    if (exchange_hold(x, bytes.n) != AIU_OK || buf_append(&x->copy, bytes) != AIU_OK) {
        x->copy_lost = true;
        buf_wipe(&x->copy);
    }
}

// What the client got, or gets once this is on record.
static struct span capture_answer(struct exchange *x, uint8_t hash[CAPTURE_HASH_SIZE])
{
    struct span copy = buf_span(&x->copy);
    bool whole = x->relay == NULL && x->conn != NULL && x->status == AIU_OK && !x->filtered &&
                 x->answer_piece_count > 0;

    if (!captures(x, CAPTURE_ANSWER) || (!whole && copy.n == 0 && !x->copy_lost)) {
        return SPAN_OF("");
    }
    if (x->copy_lost) {
        return SPAN_OF("skipped");
    }
    return whole ? capture_pieces(x, CAPTURE_ANSWER, x->answer_pieces, x->answer_piece_count, hash)
                 : capture_pieces(x, CAPTURE_ANSWER, &copy, 1, hash);
}

// --- records ------------------------------------------------------------------------------------

enum aiu_status record_the_decision(struct exchange *x)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    struct span rules[VERDICT_REASONS];
    uint8_t hash[CAPTURE_HASH_SIZE];
    struct fingerprints fp = {0};
    struct record_policy policy;

    TRY(fingerprint(x, &fp));
    struct span captured = capture_prompt(x, hash); // before the record says who the subject is
    fill_policy(x, &x->in.verdict, rules, &policy);
    const struct record_decision d = {
        .id = id_of(x),
        .unix_us = x->unix_us,
        .tenant = x->key->key->tenant,
        .key = x->key->key->id,
        .user = fp.user_text,
        .src_mac = fp.peer_text,
        .route = span_str(x->route.route->path),
        .provider = x->upstream->provider->name,
        .model = exchange_name(x, x->model),
        .stream = x->request.stream,
        .in_bytes = x->body.n,
        .prompt_mac = fp.prompt_text,
        .policy = policy,
        .config = x->service->config_hash,
        .subject = span_str(x->subject),
        .capture = captured,
    };
    TRY(record_decision(&b, &x->plane->shared->origin, &d));
    TRY(append(x, &b, &x->decision_index));
    x->has_decision = true;
    return AIU_OK;
}

static enum aiu_status finish_answer_mac(struct exchange *x, struct buf *b)
{
    struct answer_mac *mac = TAKE_PTR(x->answer_mac);
    enum aiu_status st = AIU_OK;

    if (mac != NULL) {
        st = answer_mac_finish(mac, b);
        answer_mac_free(mac);
    }
    return st;
}

enum aiu_status record_the_result(struct exchange *x, enum record_outcome outcome, int http_status)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    CLEANUP(buf_wipe) struct buf mac = BUF_OF(256);
    struct span rules[VERDICT_REASONS];
    struct record_policy policy;
    uint8_t hash[CAPTURE_HASH_SIZE];
    uint64_t now = loop_now_ns();

    TRY(finish_answer_mac(x, &mac));
    fill_policy(x, &x->out.verdict, rules, &policy);
    policy.echoes = x->out.echoes;
    policy.leaks = x->out.leaks;
    const struct record_result r = {
        .id = id_of(x),
        .unix_us = clock_unix_us(&x->plane->shared->clock),
        .outcome = outcome,
        .http_status = http_status,
        .status = x->status,
        .has_usage = x->answer_facts.has_usage,
        .tokens_in = x->answer_facts.input_tokens,
        .tokens_out = x->answer_facts.output_tokens,
        .model = exchange_name(x, x->answer_facts.model),
        .upstream_id = x->upstream_id,
        .out_bytes = x->out_bytes + x->answer_size,
        .resp_mac = buf_span(&mac),
        .policy = policy,
        .has_first_byte = x->head_ns != 0,
        .first_byte_us = x->head_ns == 0 ? 0 : (x->head_ns - x->begun_ns) / 1000,
        .duration_us = (now - x->begun_ns) / 1000,
        .capture = capture_answer(x, hash),
    };
    TRY(record_result(&b, &r));
    TRY(append(x, &b, &x->result_index));
    x->has_result = true;
    return AIU_OK;
}

static bool may_write_event(struct plane *f, uint64_t unix_us)
{
    if (f->event_second != unix_us / 1000000) {
        f->event_second = unix_us / 1000000;
        f->events = 0;
    }
    return f->events++ < EVENTS_A_SECOND;
}

void record_the_denial(struct exchange *x)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    const struct aiu_status_info *info = aiu_status_info(x->status);
    enum record_event event =
        x->status == AIU_UNAUTHENTICATED ? RECORD_AUTH_FAIL : RECORD_POLICY_BLOCK;
    uint64_t ignored = 0;
    const struct record_field fields[] = {
        RECORD_TEXT("id", id_of(x)),
        RECORD_TEXT("code", span_str(info->code)),
        RECORD_TEXT("vk", x->key == NULL ? SPAN_OF("") : x->key->key->id),
        RECORD_TEXT("tenant", x->key == NULL ? SPAN_OF("") : x->key->key->tenant),
        RECORD_TEXT("route", span_str(x->route.route == NULL ? "" : x->route.route->path)),
    };

    if (!may_write_event(x->plane, x->unix_us) ||
        record_event(&b, &x->plane->shared->origin, event, x->unix_us, fields,
                     ARRAY_SIZE(fields)) != AIU_OK) {
        return;
    }
    IGNORE(audit_append(x->plane->shared->audit, buf_span(&b), &ignored)); // it stands anyway
}

enum step_next step_record(struct exchange *x)
{
    enum aiu_status st = record_the_decision(x);

    return st == AIU_OK ? STEP_NEXT : exchange_stop(x, st);
}
