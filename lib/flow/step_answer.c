// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// answer, relay: what the provider said, judged by its head (INTERFACE.md "Errors"), then inspected
// on its way to the client: event by event, or as one document.
#include "flow/exchange.h"

#include "base/alloc.h"

// --- answer -----------------------------------------------------------------------------------

static bool has_type(const struct http_head *head, struct span wanted)
{
    struct span media, parameters;

    (void)span_cut(http_head_get(head, HTTP_CONTENT_TYPE), ';', &media, &parameters);
    return span_equal_nocase(span_trim_ows(media), wanted);
}

// Our key was refused, not the caller's; a server's fault is told without its words.
static enum aiu_status status_of_failure(int status)
{
    switch (status) {
    case 401:
    case 403:
        return AIU_PROVIDER_AUTH;
    case 408:
    case 504:
        return AIU_PROVIDER_ERROR;
    case 429:
        return AIU_PROVIDER_RATE_LIMITED;
    case 503:
    case 529:
        return AIU_PROVIDER_OVERLOADED;
    default:
        return status >= 500 ? AIU_PROVIDER_ERROR : AIU_PROVIDER_BAD_REPLY;
    }
}

static bool keeps_status(int status)
{
    return status == 400 || status == 404 || status == 409 || status == 413 || status == 422;
}

static bool is_encoded(const struct http_head *head)
{
    struct span encoding = http_head_get(head, HTTP_CONTENT_ENCODING);

    return encoding.p != NULL && !span_equal_nocase(encoding, SPAN_OF("identity"));
}

static enum aiu_status judge_head(struct exchange *x, const struct http_head *head)
{
    bool json = has_type(head, SPAN_OF("application/json"));

    if (is_encoded(head)) {
        return AIU_PROVIDER_BAD_REPLY; // identity was asked for
    }
    if (head->status == 200) {
        bool stream = has_type(head, SPAN_OF("text/event-stream"));
        x->answer_kind = stream ? ANSWER_STREAM : ANSWER_WHOLE;
        if (stream != x->request.stream || (!stream && !json)) {
            return AIU_PROVIDER_BAD_REPLY; // six clients take JSON for a stream as an empty answer
        }
        return AIU_OK;
    }
    if (keeps_status(head->status)) {
        x->answer_kind = ANSWER_ERROR;
        return AIU_OK; // without a JSON body it becomes one of our errors, with this status
    }
    return status_of_failure(head->status);
}

static bool answer_goes_on(const struct http_head *head, const struct http_field *f)
{
    unsigned flags = http_name_flags(f->id);

    if ((flags & (HTTP_HOP | HTTP_OWN | HTTP_CREDENTIAL | HTTP_ACCOUNT | HTTP_INTERNAL)) != 0 ||
        http_head_is_hop_by_hop(head, f)) {
        return false;
    }
    return f->id != HTTP_DATE && f->id != HTTP_X_REQUEST_ID && f->id != HTTP_REQUEST_ID &&
           f->id != HTTP_LOCATION && f->id != HTTP_CACHE_CONTROL && f->id != HTTP_VARY &&
           f->id != HTTP_AIU_VERDICT && f->id != HTTP_AIU_OVERHEAD_US &&
           f->id != HTTP_AIU_UPSTREAM_REQUEST_ID && f->id != HTTP_CONTENT_ENCODING;
}

// Of an error of ours only what says when to come back; all else only with the provider's answer.
static bool is_wanted(bool failed, const struct http_head *head, const struct http_field *f)
{
    if (!failed) {
        return answer_goes_on(head, f);
    }
    return f->id == HTTP_RETRY_AFTER || f->id == HTTP_RETRY_AFTER_MS || f->id == HTTP_X_RATELIMIT ||
           f->id == HTTP_X_SHOULD_RETRY;
}

static enum aiu_status keep_field(struct exchange *x, const struct http_field *f)
{
    struct http_field *kept = &x->answer_fields[x->answer_count];

    if (!exchange_is_clean(x, DIRECTION_RESPONSE, f->value)) {
        return AIU_OK;
    }
    kept->id = f->id;
    TRY(arena_copy(&x->arena, f->name, &kept->name));
    TRY(arena_copy(&x->arena, f->value, &kept->value));
    x->answer_count++;
    return AIU_OK;
}

static enum aiu_status keep_fields(struct exchange *x, const struct http_head *head, bool failed)
{
    x->answer_fields = arena_array(&x->arena, head->count + 1, sizeof(struct http_field));
    if (x->answer_fields == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < head->count; i++) {
        if (is_wanted(failed, head, &head->fields[i])) {
            TRY(keep_field(x, &head->fields[i]));
        }
    }
    struct span id = http_head_get(head, HTTP_X_REQUEST_ID);
    if (id.n == 0) {
        id = http_head_get(head, HTTP_REQUEST_ID);
    }
    return id.n > 0 && id.n <= 128 && exchange_is_clean(x, DIRECTION_RESPONSE, id)
               ? arena_copy(&x->arena, id, &x->upstream_id)
               : AIU_OK;
}

void answer_take_head(struct exchange *x, const struct http_head *head)
{
    enum aiu_status st = judge_head(x, head);

    x->answer_status = head->status;
    enum aiu_status kept = keep_fields(x, head, st != AIU_OK);
    x->call_failed = st != AIU_OK ? st : kept;
}

static enum aiu_status to_client(void *ctx, const struct span *pieces, size_t count)
{
    struct exchange *x = ctx;

    if (x->conn == NULL) {
        return AIU_CANCELLED;
    }
    if (!x->responded) {
        TRY(exchange_respond(x, 200, true, 0));
    }
    for (size_t i = 0; i < count; i++) {
        answer_mac_update(x->answer_mac, pieces[i]);
        record_copy(x, pieces[i]);
        x->out_bytes += pieces[i].n;
    }
    if (server_body(x->conn, pieces, count) && x->call != NULL && !x->upstream_paused) {
        x->upstream_paused = true;
        client_pause(x->call);
    }
    return AIU_OK;
}

static enum aiu_status begin_answer(struct exchange *x)
{
    exchange_inspector(x, DIRECTION_RESPONSE, &x->out);
    x->inspecting_out = true;
    TRY(answer_mac_new(x->plane->mac_keys, x->key->key->tenant, x->unix_us, &x->answer_mac));
    if (x->answer_kind != ANSWER_STREAM) {
        return AIU_OK;
    }
    struct relay *r = arena_new(&x->arena, sizeof(*r));
    if (r == NULL) {
        return AIU_NO_MEMORY;
    }
    relay_init(r, &x->out, to_client, x);
    x->relay = r;
    return AIU_OK;
}

enum step_next step_answer(struct exchange *x)
{
    if (x->call_failed != AIU_OK) {
        return exchange_stop(x, x->call_failed);
    }
    if (!x->answer_head) {
        return STEP_WAIT;
    }
    enum aiu_status st = begin_answer(x);
    return st == AIU_OK ? STEP_NEXT : exchange_stop(x, st);
}

// --- relay ------------------------------------------------------------------------------------

static enum aiu_status collect(struct exchange *x, struct span bytes)
{
    TRY(exchange_hold(x, bytes.n));
    enum aiu_status st = buf_append(&x->answer, bytes);
    return st == AIU_TOO_LONG ? AIU_PROVIDER_TOO_LARGE : st;
}

enum aiu_status answer_take_body(struct exchange *x, struct span bytes)
{
    if (x->relay == NULL) {
        return collect(x, bytes);
    }
    return relay_feed(x->relay, bytes);
}

static enum aiu_status parse_answer(struct exchange *x, struct json_doc *ret_doc)
{
    const struct json_limits limits = {.depth = json_default_limits.depth,
                                       .values = json_default_limits.values,
                                       .string = json_default_limits.string,
                                       .number = json_default_limits.number,
                                       .lone_surrogates = true};
    enum aiu_status st = json_parse(buf_span(&x->answer), &x->arena, &limits, ret_doc, NULL);

    return st == AIU_OK || st == AIU_NO_MEMORY ? st : AIU_PROVIDER_BAD_REPLY;
}

static enum document_kind document_of(const struct exchange *x)
{
    return x->answer_kind == ANSWER_ERROR ? DOCUMENT_ERROR_ANSWER : x->route.route->answer;
}

static enum aiu_status inspect_answer(struct exchange *x)
{
    const struct json_edit *edits = NULL;
    struct json_doc doc;
    size_t count = 0;

    TRY(parse_answer(x, &doc));
    TRY(exchange_hold_arena(x));
    facts_of_answer(&doc, &x->answer_facts);
    if (x->answer_kind == ANSWER_WHOLE && x->answer_facts.is_error) {
        return AIU_PROVIDER_ERROR; // an error in the dress of a success
    }
    TRY(inspector_whole(&x->out, document_of(x), &doc, &x->arena, &edits, &count));
    x->answer_pieces = arena_array(&x->arena, json_pieces_max(count), sizeof(struct span));
    if (x->answer_pieces == NULL) {
        return AIU_NO_MEMORY;
    }
    return json_apply_pieces(doc.text, edits, count, x->answer_pieces, &x->answer_piece_count);
}

// A block for which no rule stands: the text of a canary, which no list of findings can hold.
static void note_canary(struct exchange *x, enum aiu_status st)
{
    if (st == AIU_CONTENT_BLOCKED && x->out.verdict.kind != VERDICT_BLOCK) {
        x->out.leaks++;
        verdict_raise(&x->out.verdict, VERDICT_BLOCK);
    }
}

// A refusal of the provider that is not in JSON keeps its status, with words of ours.
static enum aiu_status error_without_words(struct exchange *x)
{
    x->answer_count = 0;
    x->answer_kind = ANSWER_NONE;
    return x->answer_status == 404 ? AIU_PROVIDER_NO_MODEL : AIU_PROVIDER_BAD_REQUEST;
}

static enum aiu_status whole_answer(struct exchange *x)
{
    enum aiu_status st = inspect_answer(x);

    note_canary(x, st);
    if (st == AIU_PROVIDER_BAD_REPLY && x->answer_kind == ANSWER_ERROR) {
        return error_without_words(x);
    }
    if (st == AIU_CONTENT_BLOCKED && x->answer_kind == ANSWER_WHOLE &&
        x->route.route->name == ROUTE_CHAT) {
        x->filtered = true; // the dialect has an ending for this
        return AIU_OK;
    }
    TRY(st);
    for (size_t i = 0; i < x->answer_piece_count; i++) {
        x->answer_size += x->answer_pieces[i].n;
        answer_mac_update(x->answer_mac, x->answer_pieces[i]);
    }
    return AIU_OK;
}

static enum aiu_status end_of_stream(struct exchange *x)
{
    struct relay *r = x->relay;

    if (r->done) {
        return relay_finish(r);
    }
    // A clean end of HTTP without an end of the stream would be silent truncation.
    if (r->events == 0 || relay_unfinished(r)) {
        return AIU_PROVIDER_INTERRUPTED;
    }
    return relay_finish(r);
}

static enum step_next relay_stream(struct exchange *x)
{
    enum aiu_status st = x->call_failed;

    if (st == AIU_OK && !x->call_ended && !x->relay->done) {
        return STEP_WAIT;
    }
    if (st == AIU_OK) {
        st = end_of_stream(x);
    }
    x->answer_facts = x->relay->facts;
    x->answer_facts.model = x->relay->model;
    note_canary(x, st);
    if (st == AIU_CONTENT_BLOCKED) {
        x->filtered = true;
        if (x->call != NULL) {
            client_cancel(TAKE_PTR(x->call));
        }
        return STEP_NEXT;
    }
    return st == AIU_OK ? STEP_NEXT : exchange_stop(x, st);
}

static void count_findings(const struct exchange *x)
{
    const struct verdict *v = &x->out.verdict;

    for (uint32_t i = 0; i < v->count; i++) {
        const struct rule_info *rule = rules_get(v->reasons[i].rule);
        metric_add(&x->plane->metrics.findings[DIRECTION_RESPONSE][rule->kind],
                   v->reasons[i].count);
    }
}

static enum step_next relay_whole(struct exchange *x)
{
    if (x->call_failed != AIU_OK) {
        return exchange_stop(x, x->call_failed);
    }
    if (!x->call_ended) {
        return STEP_WAIT;
    }
    enum aiu_status st = whole_answer(x);
    return st == AIU_OK ? STEP_NEXT : exchange_stop(x, st);
}

enum step_next step_relay(struct exchange *x)
{
    enum step_next next = x->relay != NULL ? relay_stream(x) : relay_whole(x);

    if (next != STEP_WAIT) {
        count_findings(x);
    }
    return next;
}
