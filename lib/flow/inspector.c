// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Positions: a finding is given in source bytes of its text, so an edit is the text's place in the
// document plus the finding's. Nothing is unescaped and escaped again; every byte outside an edit
// is what came.
//
// A finding inside a bare JSON number becomes 0, so that the document stays valid and the value
// keeps its type; all others become a tag, which needs no escaping in a JSON string.
#include "flow/inspector.h"

#include <stdlib.h>

#include "codec/json.h"
#include "detect/redact.h"

enum { DECODE_SLICE = 1 << 20 };

void inspector_init(struct inspector *i, const struct inspector_options *o, struct arena *paths)
{
    *i = (struct inspector){.o = *o, .validator = validator_of(o->policy), .paths = paths};
    channel_set_init(&i->channels, o->engine, o->scratch, o->rules);
    window_init(&i->whole, o->engine, o->rules);
}

void inspector_done(struct inspector *i)
{
    channel_set_done(&i->channels);
    window_done(&i->whole);
}

// What one walk over a document needs.
struct take {
    struct inspector *i;
    struct inspected *d;
    enum document_kind kind;
};

static enum aiu_status path_of(struct inspector *i, const struct json_doc *doc, uint32_t token,
                               struct span *ret_path)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1024);
    enum aiu_status st = json_path(doc, token, &b);

    if (st == AIU_TOO_LONG) {
        *ret_path = SPAN_OF("?"); // deeper than any message needs
        return AIU_OK;
    }
    TRY(st);
    return arena_copy(i->paths, buf_span(&b), ret_path);
}

static enum aiu_status add_edit(struct inspected *d, uint32_t choice, const struct json_edit *edit)
{
    struct inspector_edit *e = arena_new(d->arena, sizeof(*e));

    if (e == NULL) {
        return AIU_NO_MEMORY;
    }
    e->edit = *edit;
    e->choice = choice;
    e->next = d->edits;
    d->edits = e;
    d->edit_count++;
    return AIU_OK;
}

static enum aiu_status tag_of(struct inspector *i, const struct finding *f, struct arena *arena,
                              struct span *ret_tag)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(128);

    if (f->number) {
        *ret_tag = SPAN_OF("0");
        return AIU_OK;
    }
    TRY(redact_tag(f->rule, i->o.policy->plain_tag, &b));
    return arena_copy(arena, buf_span(&b), ret_tag);
}

// What the policy says about `f` in the text at `token`; noted in the verdict.
static enum aiu_status judge(struct inspector *i, const struct inspected *d, uint32_t token,
                             const struct finding *f, enum action *ret_action)
{
    struct span path;

    if (d->path.n > 0) {
        TRY(arena_copy(i->paths, d->path, &path));
    } else {
        TRY(path_of(i, &d->doc, token, &path));
    }
    enum action action = policy_decide(i->o.policy, i->o.direction, f->rule, path, i->o.now_unix_s);
    verdict_add(&i->verdict, action, f->rule, path);
    *ret_action = action;
    return action == ACTION_BLOCK ? AIU_CONTENT_BLOCKED : AIU_OK;
}

// --- texts that stand whole in the document ---------------------------------------------------

static enum aiu_status judge_finding(struct take *t, const struct place_seen *place,
                                     const struct finding *f)
{
    const struct json_token *token = &t->d->doc.tokens[place->token];
    enum action action = ACTION_BLOCK;
    struct json_edit edit = {
        token->start + (uint32_t)f->start, token->start + (uint32_t)f->end, {NULL, 0}};

    TRY(judge(t->i, t->d, place->token, f, &action));
    if (action != ACTION_REDACT) {
        return AIU_OK;
    }
    if (token->type == JSON_NUMBER) {
        edit = (struct json_edit){token->start, token->end, SPAN("0")};
    } else {
        TRY(tag_of(t->i, f, t->d->arena, &edit.with));
    }
    return add_edit(t->d, place->choice, &edit);
}

static enum aiu_status to_window(void *ctx, struct span bytes, size_t source_n,
                                 enum text_origin origin)
{
    return window_feed(ctx, bytes, source_n, origin);
}

// In slices, so that the window never holds more than one of them.
static enum aiu_status decode_slices(struct json_text *outer, struct window *w,
                                     struct scratch *scratch, struct span raw)
{
    for (; raw.n > 0; raw = span_drop_first(raw, DECODE_SLICE)) {
        TRY(json_text_feed(outer, span_first(raw, DECODE_SLICE)));
        TRY(window_scan(w, scratch));
    }
    return json_text_finish(outer);
}

static enum aiu_status decode_to_window(const struct take *t, const struct place_seen *place,
                                        struct window *w)
{
    bool json = place->row->kind == PLACE_JSON_TEXT;
    struct json_inner inner;
    struct json_text outer;

    json_inner_init(&inner, to_window, w);
    if (json) {
        json_text_init(&outer, json_inner_feed, &inner);
    } else {
        json_text_init(&outer, to_window, w);
    }
    TRY(decode_slices(&outer, w, t->i->o.scratch, json_raw(&t->d->doc, place->token)));
    return json ? json_inner_finish(&inner) : AIU_OK;
}

static enum aiu_status judge_findings(struct take *t, const struct place_seen *place,
                                      const struct findings *found)
{
    for (size_t k = 0; k < found->count; k++) {
        TRY(judge_finding(t, place, &found->items[k]));
    }
    return AIU_OK;
}

// Escapes and JSON inside a string need the decoders; everything else is scanned as it stands.
static enum aiu_status scan_decoded(struct take *t, const struct place_seen *place)
{
    struct window *w = &t->i->whole;

    window_reset(w);
    TRY(decode_to_window(t, place, w));
    TRY(window_finish(w, t->i->o.scratch));
    return judge_findings(t, place, window_findings(w));
}

static enum aiu_status scan_plain(struct take *t, const struct place_seen *place, struct span text)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);

    TRY(scan_text(t->i->o.engine, t->i->o.scratch, t->i->o.rules, text, &found));
    return judge_findings(t, place, &found);
}

// Lower-case words of the protocol ("assistant", "chat.completion.chunk") match no rule.
static bool is_plain_word(struct span s)
{
    if (s.n > 24) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if ((s.p[i] < 'a' || s.p[i] > 'z') && s.p[i] != '_' && s.p[i] != '.') {
            return false;
        }
    }
    return true;
}

static bool is_remembered(const struct inspector *i, const struct place *row, struct span text)
{
    for (size_t k = 0; k < INSPECTOR_MEMO; k++) {
        const struct inspector_memo *m = &i->memo[k];
        if (m->row == row && span_equal(text, span_of(m->text, m->size))) {
            return true;
        }
    }
    return false;
}

static void remember(struct inspector *i, const struct place *row, struct span text)
{
    if (text.n <= INSPECTOR_MEMO_SIZE) {
        struct inspector_memo *m = &i->memo[i->memo_next++ % INSPECTOR_MEMO];
        m->row = row;
        m->size = (uint8_t)text.n;
        memcpy(m->text, text.p, text.n);
    }
}

static enum aiu_status scan_name(struct take *t, const struct place_seen *place, struct span text)
{
    if (is_plain_word(text) || is_remembered(t->i, place->row, text)) {
        return AIU_OK;
    }
    uint32_t edits = t->d->edit_count;
    TRY(scan_plain(t, place, text));
    if (edits == t->d->edit_count) {
        remember(t->i, place->row, text);
    }
    return AIU_OK;
}

static bool is_no_digit(uint8_t c)
{
    return c < '0' || c > '9';
}

// Of a number its digits before fraction and exponent.
static enum aiu_status scan_place(struct take *t, const struct place_seen *place)
{
    const struct json_token *token = &t->d->doc.tokens[place->token];
    struct span text = json_raw(&t->d->doc, place->token);

    if (token->type == JSON_NUMBER) {
        text = span_skip_prefix(text, SPAN_OF("-"));
        return scan_plain(t, place, span_first(text, span_find(text, is_no_digit)));
    }
    if (token->escaped || place->row->kind == PLACE_JSON_TEXT) {
        return scan_decoded(t, place);
    }
    return place->row->kind == PLACE_NAME ? scan_name(t, place, text) : scan_plain(t, place, text);
}

// --- validation (S11, S46-S53) ----------------------------------------------------------------

// Source offset of the decoded offset `want`, in the raw content of a string.
struct offset_search {
    size_t want, decoded, source;
};

static enum aiu_status count_offset(void *ctx, struct span bytes, size_t source_n,
                                    enum text_origin origin)
{
    struct offset_search *s = ctx;
    (void)origin;

    if (s->decoded >= s->want) {
        return AIU_OK;
    }
    if (bytes.n == source_n && s->decoded + bytes.n > s->want) {
        s->source += s->want - s->decoded;
        s->decoded = s->want;
        return AIU_OK;
    }
    s->decoded += bytes.n;
    s->source += source_n;
    return AIU_OK;
}

static enum aiu_status source_offset(struct span raw, size_t decoded, uint32_t *ret_source)
{
    struct offset_search search = {.want = decoded};
    struct json_text outer;

    json_text_init(&outer, count_offset, &search);
    TRY(json_text_feed(&outer, raw));
    TRY(json_text_finish(&outer));
    *ret_source = (uint32_t)search.source;
    return AIU_OK;
}

// S49: what goes on is the trimmed text.
static enum aiu_status trim(struct take *t, const struct place_seen *place, struct span text,
                            struct span trimmed)
{
    const struct json_token *token = &t->d->doc.tokens[place->token];
    struct span raw = json_raw(&t->d->doc, place->token);
    uint32_t from = 0, to = 0;

    if (trimmed.n == text.n) {
        return AIU_OK;
    }
    size_t head = (size_t)(trimmed.p - text.p);
    TRY(source_offset(raw, head, &from));
    TRY(source_offset(raw, head + trimmed.n, &to));
    struct json_edit before = {token->start, token->start + from, {NULL, 0}};
    struct json_edit after = {token->start + to, token->end, {NULL, 0}};
    if (before.end > before.start) {
        TRY(add_edit(t->d, place->choice, &before));
    }
    return after.end > after.start ? add_edit(t->d, place->choice, &after) : AIU_OK;
}

static enum aiu_status validate(struct take *t, const struct place_seen *place)
{
    struct validator v = t->i->validator;
    struct validator_result result;
    struct span text;

    if (place->role != ROLE_USER) {
        // The caller's program wrote it, or a tool: only its length is the user's business.
        v = (struct validator){.max_characters = v.max_characters, .characters = VALIDATOR_ANY};
    }
    TRY(json_string(&t->d->doc, place->token, t->d->arena, &text));
    enum aiu_status st = validator_check(&v, text, &result);
    if (st != AIU_OK) {
        t->i->invalid = result;
        verdict_raise(&t->i->verdict, VERDICT_BLOCK);
        TRY(path_of(t->i, &t->d->doc, place->token, &t->i->invalid_path));
        return st;
    }
    if (place->role == ROLE_USER) {
        t->i->prompt = result.text;
    }
    return v.trim ? trim(t, place, text, result.text) : AIU_OK;
}

// --- texts that come in pieces ----------------------------------------------------------------

static enum aiu_status add_piece(struct inspector *i, struct inspected *d,
                                 const struct place_seen *place, uint32_t at, struct span raw)
{
    struct inspector_piece *piece = arena_new(d->arena, sizeof(*piece));
    struct channel *c = NULL;

    if (piece == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(channel_of(&i->channels, place, &c));
    c->fed_at = i->documents;
    piece->channel = c;
    c->pieces++;
    piece->from = c->fed;
    piece->at = at;
    piece->choice = place->choice;
    piece->token = place->token;
    TRY(channel_feed(c, raw));
    piece->to = c->fed;
    *d->pieces_end = piece;
    d->pieces_end = &piece->next;
    return AIU_OK;
}

static enum aiu_status take_piece(struct take *t, const struct place_seen *place)
{
    t->i->last_piece = *place;
    return add_piece(t->i, t->d, place, t->d->doc.tokens[place->token].start,
                     json_raw(&t->d->doc, place->token));
}

static enum aiu_status take_shadow(struct take *t, const struct place_seen *place)
{
    const struct json_token *token = &t->d->doc.tokens[place->token];

    if (token->type == JSON_NULL) {
        return AIU_OK;
    }
    struct inspector_shadow *shadow = arena_new(t->d->arena, sizeof(*shadow));
    if (shadow == NULL) {
        return AIU_NO_MEMORY;
    }
    shadow->start = token->start - (token->type == JSON_STRING);
    shadow->end = token->end + (token->type == JSON_STRING);
    shadow->choice = place->choice;
    shadow->next = t->d->shadows;
    t->d->shadows = shadow;
    return AIU_OK;
}

static bool is_not_base64(uint8_t c)
{
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

    return !letter && c != '+' && c != '/' && c != '=' && c != '-' && c != '_' && c != '\\';
}

// "data:image/png;base64,…" and nothing that could be text.
static bool is_data_url(struct span text)
{
    size_t at = span_find_span(text, SPAN_OF(";base64,"));

    if (at == text.n || !span_equal_nocase(span_first(text, 5), SPAN_OF("data:"))) {
        return false;
    }
    struct span data = span_drop_first(text, at + 8);
    return at < 128 && span_find(data, is_not_base64) == data.n;
}

static bool is_opaque(const struct take *t, const struct place_seen *place)
{
    if (place->row->kind != PLACE_OPAQUE) {
        return false;
    }
    return !span_ends_with(span_str(place->row->path), SPAN_OF(".url")) ||
           is_data_url(json_raw(&t->d->doc, place->token));
}

static bool is_joined(const struct take *t, const struct place_seen *place)
{
    if (t->d->doc.tokens[place->token].type != JSON_STRING) {
        return false;
    }
    return place->row->joined || (!place->known && place->streaming);
}

static enum aiu_status take_place(void *ctx, const struct place_seen *place)
{
    struct take *t = ctx;

    t->d->delta_places += place->streaming && t->d->doc.tokens[place->token].type == JSON_STRING;
    if (place->row->kind == PLACE_SHADOW) {
        return take_shadow(t, place);
    }
    if (is_opaque(t, place)) {
        t->i->skipped++;
        return AIU_OK;
    }
    if (is_joined(t, place)) {
        return take_piece(t, place);
    }
    if (t->i->o.direction == DIRECTION_REQUEST && place->row->kind == PLACE_TEXT && place->known &&
        t->d->doc.tokens[place->token].type == JSON_STRING) {
        TRY(validate(t, place));
    }
    return scan_place(t, place);
}

enum aiu_status inspector_take(struct inspector *i, enum document_kind kind,
                               const struct json_doc *doc, struct arena *arena,
                               struct inspected *ret_inspected)
{
    struct take take = {.i = i, .d = ret_inspected, .kind = kind};

    *ret_inspected = (struct inspected){.arena = arena, .doc = *doc};
    ret_inspected->pieces_end = &ret_inspected->pieces;
    i->documents++;
    return walker_run(i->o.walker, kind, doc, take_place, &take);
}

enum aiu_status inspector_take_again(struct inspector *i, const struct inspector_repeat *repeat,
                                     struct span text, struct span raw, struct arena *arena,
                                     struct inspected *ret_inspected)
{
    *ret_inspected =
        (struct inspected){.arena = arena, .doc = {.text = text}, .path = repeat->path};
    ret_inspected->pieces_end = &ret_inspected->pieces;
    ret_inspected->delta_places = repeat->delta_places;
    i->documents++;
    return add_piece(i, ret_inspected, &repeat->place, (uint32_t)(raw.p - text.p), raw);
}

bool inspected_decided(const struct inspected *d)
{
    for (const struct inspector_piece *p = d->pieces; p != NULL; p = p->next) {
        if (channel_decided(p->channel) < p->to) {
            return false;
        }
    }
    return true;
}

// --- edits ------------------------------------------------------------------------------------

// The part of `f` that lies in `p`: the tag stands where the finding begins.
static enum aiu_status edit_piece(struct inspector *i, struct inspected *d,
                                  const struct inspector_piece *p, const struct finding *f)
{
    enum action action =
        policy_decide(i->o.policy, i->o.direction, f->rule, SPAN_OF(""), i->o.now_unix_s);
    size_t start = f->start > p->from ? f->start : p->from;
    size_t end = f->end < p->to ? f->end : p->to;
    struct json_edit edit = {
        p->at + (uint32_t)(start - p->from), p->at + (uint32_t)(end - p->from), {NULL, 0}};

    if (f->start >= p->from) {
        TRY(judge(i, d, p->token, f, &action));
        if (action == ACTION_REDACT) {
            TRY(tag_of(i, f, d->arena, &edit.with));
        }
    }
    return action == ACTION_REDACT ? add_edit(d, p->choice, &edit) : AIU_OK;
}

static enum aiu_status edit_pieces(struct inspector *i, struct inspected *d)
{
    for (const struct inspector_piece *p = d->pieces; p != NULL; p = p->next) {
        const struct findings *found = window_findings(&p->channel->window);
        for (size_t k = 0; k < found->count; k++) {
            const struct finding *f = &found->items[k];
            if (f->start < p->to && (f->end > p->from || f->open)) {
                TRY(edit_piece(i, d, p, f));
            }
        }
        window_drop(&p->channel->window, p->to);
        p->channel->pieces--;
    }
    return AIU_OK;
}

static bool choice_edited(const struct inspected *d, uint32_t choice)
{
    for (const struct inspector_edit *e = d->edits; e != NULL; e = e->next) {
        if (e->choice == choice) {
            return true;
        }
    }
    return false;
}

static enum aiu_status edit_shadows(struct inspected *d)
{
    for (const struct inspector_shadow *s = d->shadows; s != NULL; s = s->next) {
        const struct json_edit edit = {s->start, s->end, SPAN("null")};
        if (choice_edited(d, s->choice)) {
            TRY(add_edit(d, s->choice, &edit));
        }
    }
    return AIU_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct json_edit *x = a, *y = b;

    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return (x->end < y->end) - (x->end > y->end); // the longer one first
}

// Overlapping edits (a trim over a finding, a shadow over its tokens) become the first of them,
// stretched.
static size_t merge(struct json_edit *edits, size_t count)
{
    size_t n = 0;

    for (size_t k = 0; k < count; k++) {
        if (n > 0 && edits[k].start < edits[n - 1].end) {
            edits[n - 1].end = edits[k].end > edits[n - 1].end ? edits[k].end : edits[n - 1].end;
        } else {
            edits[n++] = edits[k];
        }
    }
    return n;
}

enum aiu_status inspected_edits(struct inspector *i, struct inspected *d,
                                const struct json_edit **ret_edits, size_t *ret_count)
{
    TRY(edit_pieces(i, d));
    TRY(edit_shadows(d));
    *ret_edits = NULL;
    *ret_count = 0;
    if (d->edit_count == 0) {
        return AIU_OK;
    }
    struct json_edit *edits = arena_array(d->arena, d->edit_count, sizeof(*edits));
    if (edits == NULL) {
        return AIU_NO_MEMORY;
    }
    size_t n = 0;
    for (const struct inspector_edit *e = d->edits; e != NULL; e = e->next) {
        edits[n++] = e->edit;
    }
    qsort(edits, n, sizeof(*edits), by_place);
    *ret_edits = edits;
    *ret_count = merge(edits, n);
    return AIU_OK;
}

enum aiu_status inspector_whole(struct inspector *i, enum document_kind kind,
                                const struct json_doc *doc, struct arena *arena,
                                const struct json_edit **ret_edits, size_t *ret_count)
{
    struct inspected d;

    TRY(inspector_take(i, kind, doc, arena, &d));
    TRY(channel_end_all(&i->channels));
    return inspected_edits(i, &d, ret_edits, ret_count);
}
