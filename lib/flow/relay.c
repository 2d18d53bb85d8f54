// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One call of relay_feed takes all events of one network read, then scans each channel once, then
// gives out what is decided: the cost of detection is paid by the read, not by the event.
//
// Events are copied into one of two arenas. New ones go to the current arena; when the other holds
// no live event it is emptied and becomes the current one, so a stream of any length needs the
// memory of what is held back.
//
// When the first event waits for a channel that has gone silent while others speak (a model that
// ends its reasoning in the middle of a word and begins its answer), the events behind it pass it
// by; it goes out when its choice ends. Its text is never let go before that: what looks like half
// a word may be the beginning of a key.
#include "flow/relay.h"

#include "base/utf8.h"
#include "codec/json.h"

enum {
    ARENA_CAP = 12 << 20,
    SILENT_EVENTS = 8, // of other channels, until a channel counts as silent
    SPLIT_OVER = 64,   // bytes of one text that may wait whole
    TEMPLATE_MOST = 4096,
    KEPT_MOST = 65536,
};

struct relay_event {
    struct relay_event *next;
    struct span raw;
    size_t data_at; // where the JSON begins in raw
    struct inspected inspected;
    uint32_t arena;
    bool plain; // nothing to inspect: goes out in its turn
};

bool relay_holds(const struct relay *r)
{
    return r->first != NULL;
}

bool relay_unfinished(const struct relay *r)
{
    return (r->facts.choices & ~r->facts.ended) != 0;
}

uint32_t relay_choice(const struct relay *r)
{
    return r->facts.choices == 0 ? 0 : (uint32_t)__builtin_ctzll(r->facts.choices);
}

// --- giving out -------------------------------------------------------------------------------

enum { OUT_PIECES = 128 };

struct out {
    struct relay *r;
    struct span pieces[OUT_PIECES];
    size_t count;
};

static enum aiu_status out_flush(struct out *o)
{
    size_t count = o->count;

    o->count = 0;
    for (size_t i = 0; i < count; i++) {
        o->r->out_bytes += o->pieces[i].n;
    }
    return count == 0 ? AIU_OK : o->r->sink(o->r->ctx, o->pieces, count);
}

static enum aiu_status out_put(struct out *o, struct span bytes)
{
    if (bytes.n == 0) {
        return AIU_OK;
    }
    if (o->count == OUT_PIECES) {
        TRY(out_flush(o));
    }
    o->pieces[o->count++] = bytes;
    return AIU_OK;
}

// The event around its edited JSON.
static enum aiu_status out_event(struct out *o, const struct relay_event *e,
                                 const struct json_edit *edits, size_t count)
{
    struct span json = e->inspected.doc.text;
    size_t at = 0;

    if (count == 0) {
        return out_put(o, e->raw);
    }
    TRY(out_put(o, span_first(e->raw, e->data_at)));
    for (size_t i = 0; i < count; i++) {
        TRY(out_put(o, span_of(json.p + at, edits[i].start - at)));
        TRY(out_put(o, edits[i].with));
        at = edits[i].end;
    }
    TRY(out_put(o, span_drop_first(json, at)));
    return out_put(o, span_drop_first(e->raw, e->data_at + json.n));
}

static enum aiu_status give_event(struct out *o, struct relay_event *e)
{
    const struct json_edit *edits = NULL;
    size_t count = 0;

    if (!e->plain) {
        TRY(inspected_edits(o->r->inspector, &e->inspected, &edits, &count));
    }
    o->r->live[e->arena]--;
    return out_event(o, e, edits, count);
}

static enum aiu_status cut_edit(struct inspected *d, uint32_t choice, uint32_t start, uint32_t end)
{
    struct inspector_edit *cut = arena_new(d->arena, sizeof(*cut));

    if (cut == NULL) {
        return AIU_NO_MEMORY;
    }
    *cut = (struct inspector_edit){d->edits, {start, end, {NULL, 0}}, choice};
    d->edits = cut;
    d->edit_count++;
    return AIU_OK;
}

// An event whose one long text is decided up to `upto` goes out as two: the decided part now, and
// the same event with the rest of the text when that is decided too.
static enum aiu_status give_part(struct out *o, struct relay_event *e, size_t upto)
{
    struct inspector_piece *piece = e->inspected.pieces;
    struct inspector_piece part = *piece;
    struct inspected now = e->inspected;
    uint32_t cut_at = piece->at + (uint32_t)(upto - piece->from);
    uint32_t end = piece->at + (uint32_t)(piece->to - piece->from);
    const struct json_edit *edits = NULL;
    size_t count = 0;

    part.to = upto;
    part.next = NULL;
    now.pieces = &part;
    piece->channel->pieces++; // the part is given out, the piece stays
    TRY(cut_edit(&now, piece->choice, cut_at, end));
    TRY(inspected_edits(o->r->inspector, &now, &edits, &count));
    TRY(out_event(o, e, edits, count));
    TRY(cut_edit(&e->inspected, piece->choice, piece->at, cut_at));
    piece->at = cut_at;
    piece->from = upto;
    return AIU_OK;
}

static bool can_split(const struct relay_event *e, size_t *ret_upto)
{
    const struct inspector_piece *p = e->inspected.pieces;

    // Fields beside the text would be there twice; clients that join strings would join them.
    if (p == NULL || p->next != NULL || e->inspected.shadows != NULL ||
        e->inspected.delta_places != 1 || p->to - p->from <= SPLIT_OVER) {
        return false;
    }
    *ret_upto = channel_decided(p->channel);
    return *ret_upto > p->from && *ret_upto < p->to;
}

// A channel that has said nothing while others spoke: its event must not hold theirs up.
static bool is_silent(const struct relay *r, const struct channel *c)
{
    return r->inspector->documents - c->fed_at > SILENT_EVENTS + r->inspector->channels.count;
}

// What an event that is not decided waits for.
enum waiting { WAITING_NOT, WAITING_FOR_MORE, WAITING_FOR_SILENT };

static enum waiting why_waiting(const struct relay *r, const struct relay_event *e)
{
    enum waiting waiting = WAITING_NOT;

    for (const struct inspector_piece *p = e->inspected.pieces; p != NULL; p = p->next) {
        if (channel_decided(p->channel) >= p->to) {
            continue;
        }
        if (!is_silent(r, p->channel)) {
            return WAITING_FOR_MORE;
        }
        waiting = WAITING_FOR_SILENT;
    }
    return waiting;
}

static enum aiu_status give_out(struct relay *r)
{
    struct out out = {.r = r};
    struct relay_event **link = &r->first;
    enum waiting waiting = WAITING_NOT;
    size_t upto = 0;

    TRY(channel_set_scan(&r->inspector->channels));
    while (*link != NULL) {
        struct relay_event *e = *link;
        waiting = why_waiting(r, e);
        if (waiting == WAITING_NOT) {
            TRY(give_event(&out, e));
            *link = e->next;
            continue;
        }
        if (link == &r->first && can_split(e, &upto)) {
            TRY(give_part(&out, e, upto));
        }
        if (waiting == WAITING_FOR_MORE) {
            break;
        }
        link = &e->next;
    }
    for (r->last = &r->first; *r->last != NULL; r->last = &(*r->last)->next) {
    }
    return out_flush(&out);
}

// --- taking in --------------------------------------------------------------------------------

static bool is_word(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '.' && c != '_' && c != '-') {
            return false;
        }
    }
    return s.n > 0 && s.n <= 64;
}

static bool only_line_ends(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\n' && s.p[i] != '\r') {
            return false;
        }
    }
    return true;
}

// Nothing but `event: NAME` and one `data:` line: no comment, id or unknown field, in which text
// could leave that nobody has looked at.
static bool is_canonical(const struct sse_event *event)
{
    if (event->data_at == SIZE_MAX) {
        return false;
    }
    struct span head = span_first(event->raw, event->data_at);
    if (event->type.n > 0) {
        if (!is_word(event->type) || !span_starts_with(head, SPAN_OF("event: "))) {
            return false;
        }
        head = span_drop_first(head, 7 + event->type.n);
        head = span_skip_prefix(head, SPAN_OF("\r"));
        head = span_skip_prefix(head, SPAN_OF("\n"));
    }
    return (span_equal(head, SPAN_OF("data: ")) || span_equal(head, SPAN_OF("data:"))) &&
           only_line_ends(span_drop_first(event->raw, event->data_at + event->data.n));
}

// The same event with one `data: ` line and nothing that was not inspected.
static enum aiu_status rebuild(struct relay *r, const struct sse_event *event,
                               struct relay_event *e)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF((size_t)RELAY_EVENT_MOST + 128);

    if (is_word(event->type)) {
        TRY(buf_append(&b, SPAN_OF("event: ")));
        TRY(buf_append(&b, event->type));
        TRY(buf_append(&b, SPAN_OF("\n")));
    }
    TRY(buf_append(&b, SPAN_OF("data: ")));
    e->data_at = b.n;
    TRY(buf_append(&b, event->data));
    for (size_t i = e->data_at; i < b.n; i++) {
        if (b.p[i] == '\n') {
            b.p[i] = ' '; // between two tokens of JSON: it cannot be elsewhere
        }
    }
    TRY(buf_append(&b, SPAN_OF("\n\n")));
    return arena_copy(&r->arenas[r->current], buf_span(&b), &e->raw);
}

static enum aiu_status add_event(struct relay *r, const struct sse_event *event,
                                 struct relay_event **ret_event)
{
    struct arena *arena = &r->arenas[r->current];
    struct relay_event *e = arena_new(arena, sizeof(*e));

    if (e == NULL) {
        return AIU_NO_MEMORY;
    }
    e->arena = r->current;
    if (event->has_data && !is_canonical(event)) {
        TRY(rebuild(r, event, e));
    } else {
        e->data_at = event->data_at;
        TRY(arena_copy(arena, event->raw, &e->raw));
    }
    r->live[r->current]++;
    *r->last = e;
    r->last = &e->next;
    *ret_event = e;
    return AIU_OK;
}

static enum aiu_status keep(struct relay *r, struct span text, struct span *kept)
{
    return kept->n > 0 || text.n == 0 || text.n > 512 ? AIU_OK : arena_copy(&r->kept, text, kept);
}

static enum aiu_status take_facts(struct relay *r, const struct json_doc *doc)
{
    struct answer_facts facts;

    facts_of_answer(doc, &facts);
    if (facts.is_error) {
        return AIU_PROVIDER_ERROR;
    }
    TRY(keep(r, facts.model, &r->model));
    if (facts.has_usage) {
        r->facts.has_usage = true;
        r->facts.input_tokens = facts.input_tokens;
        r->facts.output_tokens = facts.output_tokens;
    }
    r->facts.created = facts.created != 0 ? facts.created : r->facts.created;
    r->facts.choices |= facts.choices;
    r->facts.ended |= facts.ended;
    for (uint64_t ended = facts.ended; ended != 0; ended &= ended - 1) {
        TRY(channel_end_choice(&r->inspector->channels, (uint32_t)__builtin_ctzll(ended)));
    }
    return AIU_OK;
}

static enum aiu_status parse(struct relay *r, const struct relay_event *e, size_t n,
                             struct json_doc *ret_doc)
{
    struct json_limits limits = json_default_limits;

    limits.lone_surrogates = true; // some providers cut a pair in two events
    enum aiu_status st =
        json_parse(span_of(e->raw.p + e->data_at, n), &r->arenas[e->arena], &limits, ret_doc, NULL);
    return st == AIU_OK || st == AIU_NO_MEMORY ? st : AIU_PROVIDER_BAD_REPLY;
}

// Comments keep a connection alive; one that could carry text is dropped.
static enum aiu_status take_comment(struct relay *r, const struct sse_event *event)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(16);
    struct relay_event *e = NULL;

    if (event->raw.n > 256 || !utf8_valid(event->raw)) {
        return AIU_OK;
    }
    enum aiu_status st = scan_text(r->inspector->o.engine, r->inspector->o.scratch,
                                   r->inspector->o.rules, event->raw, &found);
    if (st != AIU_OK || found.count > 0) {
        return AIU_OK;
    }
    TRY(add_event(r, event, &e));
    e->plain = true;
    return AIU_OK;
}

// Most events of a stream differ from the one before in nothing but their text. What stands around
// it was inspected then, and found clean; whatever is a JSON string in its place makes the same
// document.
static enum aiu_status learn(struct relay *r, const struct relay_event *e)
{
    struct relay_template *t = &r->template;
    const struct inspector_piece *piece = e->inspected.pieces;
    CLEANUP(buf_wipe) struct buf path = BUF_OF(sizeof(t->path));

    t->set = false;
    if (piece == NULL || piece->next != NULL || e->inspected.edits != NULL ||
        e->inspected.shadows != NULL || e->inspected.doc.text.n > TEMPLATE_MOST) {
        return AIU_OK;
    }
    buf_reset(&t->data);
    TRY(buf_append(&t->data, e->inspected.doc.text));
    t->text = piece->at;
    t->rest = piece->at + (piece->to - piece->from);
    if (json_path(&e->inspected.doc, piece->token, &path) != AIU_OK) {
        return AIU_OK; // deeper than anything that repeats
    }
    memcpy(t->path, path.p, path.n);
    t->repeat.path = span_of(t->path, path.n);
    t->repeat.delta_places = e->inspected.delta_places;
    t->repeat.place = r->inspector->last_piece;
    t->set = true;
    return AIU_OK;
}

// Whether `data` is the template with another text; the text is what is new.
static bool repeats(struct relay *r, struct span data, struct arena *arena, struct span *ret_raw)
{
    const struct relay_template *t = &r->template;
    struct span known = buf_span(&t->data);
    struct span tail = span_drop_first(known, t->rest);
    struct json_doc string;

    if (!t->set || data.n < t->text + tail.n || memcmp(data.p, known.p, t->text) != 0 ||
        memcmp(data.p + data.n - tail.n, tail.p, tail.n) != 0) {
        return false;
    }
    *ret_raw = span_of(data.p + t->text, data.n - tail.n - t->text);
    // With its quotes it must be one JSON string: no quote of its own, no broken escape or UTF-8.
    return json_parse(span_of(ret_raw->p - 1, ret_raw->n + 2), arena, &json_default_limits, &string,
                      NULL) == AIU_OK;
}

static enum aiu_status inspect_event(struct relay *r, struct relay_event *e, size_t n)
{
    struct span data = span_of(e->raw.p + e->data_at, n), raw;
    struct arena *arena = &r->arenas[e->arena];
    struct json_doc doc;

    if (repeats(r, data, arena, &raw)) {
        return inspector_take_again(r->inspector, &r->template.repeat, data, raw, arena,
                                    &e->inspected);
    }
    TRY(parse(r, e, n, &doc));
    TRY(inspector_take(r->inspector, DOCUMENT_CHAT_CHUNK, &doc, arena, &e->inspected));
    TRY(take_facts(r, &doc));
    return learn(r, e);
}

static enum aiu_status on_event(void *ctx, const struct sse_event *event)
{
    struct relay *r = ctx;
    struct relay_event *e = NULL;

    if (r->done) {
        return AIU_OK; // nothing belongs behind [DONE]
    }
    if (!event->has_data) {
        return take_comment(r, event);
    }
    if (span_equal(event->data, SPAN_OF("[DONE]"))) {
        r->done = true;
        return channel_end_all(&r->inspector->channels);
    }
    TRY(add_event(r, event, &e));
    r->events++;
    return inspect_event(r, e, event->data.n);
}

static void swap_arenas(struct relay *r)
{
    uint32_t other = 1 - r->current;

    if (r->live[other] == 0) {
        arena_reset(&r->arenas[other]);
        r->current = other;
    } else if (r->live[r->current] == 0) {
        arena_reset(&r->arenas[r->current]); // the other holds an event back for long
    }
}

void relay_init(struct relay *r, struct inspector *i, relay_sink sink, void *ctx)
{
    const struct sse_limits limits = {RELAY_LINE_MOST, RELAY_EVENT_MOST};

    *r = (struct relay){.inspector = i, .sink = sink, .ctx = ctx};
    r->last = &r->first;
    sse_init(&r->sse, &limits, on_event, r);
    arena_init(&r->arenas[0], ARENA_CAP);
    arena_init(&r->arenas[1], ARENA_CAP);
    arena_init(&r->kept, KEPT_MOST);
    buf_init(&r->template.data, TEMPLATE_MOST);
}

void relay_done(struct relay *r)
{
    sse_done(&r->sse);
    arena_done(&r->arenas[0]);
    arena_done(&r->arenas[1]);
    arena_done(&r->kept);
    buf_wipe(&r->template.data);
}

enum aiu_status relay_feed(struct relay *r, struct span bytes)
{
    swap_arenas(r);
    enum aiu_status st = sse_feed(&r->sse, bytes);
    if (st == AIU_TOO_LONG) {
        return AIU_PROVIDER_BAD_REPLY;
    }
    TRY(st);
    return give_out(r);
}

enum aiu_status relay_finish(struct relay *r)
{
    TRY(channel_end_all(&r->inspector->channels));
    TRY(give_out(r));
    return r->first == NULL ? AIU_OK : AIU_INSPECTION_FAILED;
}
