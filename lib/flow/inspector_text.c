// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Texts that stand whole in a document. What a request says to the model is read as a whole
// (detect/deep.h); everything else is held against the exact rules: as it stands, or, where it has
// escapes or holds JSON, through a window that decodes it.
#include "codec/json.h"
#include "codec/json_text.h"
#include "detect/deep.h"
#include "flow/edits.h"
#include "flow/inspector_private.h"
#include "flow/positions.h"
#include "flow/replace.h"

enum { DECODE_SLICE = 1 << 20 };

// What was found in one text, which stands at `at` of the document.
struct found {
    struct findings *findings;
    struct tokens_seen *seen;
    const struct window *window; // that has the values; NULL: they are as they stand
    uint32_t at;
    // Findings in a text that was decoded as a whole, and where they stand. NULL: as they stand.
    const struct positions *positions;
    struct span decoded;
};

struct judging {
    struct take *t;
    uint32_t token;
};

static enum aiu_status judge_finding(void *ctx, const struct finding *f, enum action *ret_action)
{
    const struct judging *j = ctx;

    return inspector_judge(j->t->i, j->t->d, j->token, f, ret_action);
}

static bool is_inner(const struct place_seen *place)
{
    return place->row->kind == PLACE_JSON_TEXT;
}

static struct span value_in(const struct take *t, const struct found *in, const struct finding *f)
{
    if (in->window != NULL) {
        return window_value(in->window, f);
    }
    if (in->positions != NULL) {
        return span_of(in->decoded.p + f->start, f->value_n > 0 ? f->end - f->start : 0);
    }
    return span_of(t->d->doc.text.p + in->at + f->start, f->value_n > 0 ? f->end - f->start : 0);
}

static uint32_t place_in(const struct found *in, size_t offset)
{
    return in->at +
           (uint32_t)(in->positions == NULL ? offset : positions_source(in->positions, offset));
}

// Only a pseudonym is a number itself; all else makes the whole number 0.
static enum aiu_status edit_finding(const struct take *t, const struct place_seen *place,
                                    const struct found *in, const struct finding *f)
{
    const struct json_token *token = &t->d->doc.tokens[place->token];
    struct json_edit edit = {place_in(in, f->start), place_in(in, f->end), {NULL, 0}};

    TRY(replace_finding(&t->i->replace, f, value_in(t, in, f), is_inner(place), t->d->arena,
                        &edit.with));
    if (token->type == JSON_NUMBER && span_equal(edit.with, SPAN_OF("0"))) {
        edit.start = token->start;
        edit.end = token->end;
    }
    return edits_add(t->d, place->choice, &edit);
}

static enum aiu_status edit_token(const struct take *t, const struct place_seen *place,
                                  const struct found *in, const struct token_seen *s)
{
    bool number = s->number || t->d->doc.tokens[place->token].type == JSON_NUMBER;
    struct json_edit edit = {in->at + (uint32_t)s->start, in->at + (uint32_t)s->end, {NULL, 0}};

    TRY(replace_token(s, number, is_inner(place), t->d->arena, &edit.with));
    return edit.with.n > 0 ? edits_add(t->d, place->choice, &edit) : AIU_OK;
}

static enum aiu_status edit_found(struct take *t, const struct place_seen *place,
                                  const struct found *in)
{
    struct judging j = {t, place->token};

    TRY(overlap_settle(in->findings, in->seen, SIZE_MAX, judge_finding, &j));
    for (size_t k = 0; k < in->findings->count; k++) {
        struct span value = value_in(t, in, &in->findings->items[k]);
        if (t->i->o.heard != NULL && value.n > 0) {
            TRY(echo_note(t->i->o.heard, value));
        }
        inspector_note_echo(t->i, value);
        if (finding_edits(&in->findings->items[k])) {
            TRY(edit_finding(t, place, in, &in->findings->items[k]));
        }
    }
    for (size_t k = 0; k < in->seen->count; k++) {
        if (in->seen->items[k].entry != NULL) {
            TRY(edit_token(t, place, in, &in->seen->items[k]));
        }
    }
    return AIU_OK;
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

enum aiu_status inspector_decode(const struct take *t, const struct place_seen *place,
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

// Escapes and JSON inside a string need the decoders; everything else is scanned as it stands.
static enum aiu_status scan_decoded(struct take *t, const struct place_seen *place)
{
    struct window *w = &t->i->whole;

    window_reset(w);
    TRY(inspector_decode(t, place, w));
    TRY(window_finish(w, t->i->o.scratch));
    const struct found in = {.findings = &w->found,
                             .seen = &w->seen,
                             .window = w,
                             .at = t->d->doc.tokens[place->token].start};
    return edit_found(t, place, &in);
}

enum aiu_status inspector_search_plain(const struct pseudonyms *tokens,
                                       const struct rule_set *rules, struct span text,
                                       struct tokens_seen *seen)
{
    const struct view v = {text.p, text.n, true, true, NULL};
    size_t decided = 0;

    return tokens == NULL ? AIU_OK : restore_search(tokens, rules, &v, 0, seen, &decided);
}

static enum aiu_status scan_plain(struct take *t, const struct place_seen *place, struct span text)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(tokens_seen_done) struct tokens_seen seen = {0};
    const struct found in = {
        .findings = &found, .seen = &seen, .at = (uint32_t)(text.p - t->d->doc.text.p)};

    struct echo_reader reader = {.count = 0};

    inspector_listen(t->i, &reader, text, true);
    TRY(scan_text(t->i->o.engine, t->i->o.scratch, t->i->o.rules, text, &found));
    TRY(inspector_search_plain(t->i->o.known, t->i->o.rules, text, &seen));
    for (size_t k = 0; k < found.count; k++) {
        struct finding *f = &found.items[k];
        f->value_n = finding_is_long(f) ? 0 : f->end - f->start;
    }
    return edit_found(t, place, &in);
}

static bool is_no_digit(uint8_t c)
{
    return c < '0' || c > '9';
}

// A bare number is looked at with the name in front of it, which may say what it is: it does not
// stand alone. Of the number itself its digits before fraction and exponent.
static struct span number_with_name(const struct json_doc *doc, uint32_t token, size_t *ret_from)
{
    const struct json_token *number = &doc->tokens[token];
    bool named = token > 0 && doc->tokens[token - 1].type == JSON_KEY;
    size_t from = named ? doc->tokens[token - 1].start : number->start;
    struct span digits = span_skip_prefix(json_raw(doc, token), SPAN_OF("-"));
    size_t at = (size_t)(digits.p - doc->text.p);

    from -= from > 0;
    *ret_from = at - from;
    return span_of(doc->text.p + from, at + span_find(digits, is_no_digit) - from);
}

static enum aiu_status scan_number(struct take *t, const struct place_seen *place)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(tokens_seen_done) struct tokens_seen seen = {0};
    size_t from = 0, kept = 0, tokens = 0;
    struct span text = number_with_name(&t->d->doc, place->token, &from);
    const struct found in = {
        .findings = &found, .seen = &seen, .at = (uint32_t)(text.p - t->d->doc.text.p)};

    TRY(scan_text(t->i->o.engine, t->i->o.scratch, t->i->o.rules, text, &found));
    TRY(inspector_search_plain(t->i->o.known, t->i->o.rules, text, &seen));
    for (size_t k = 0; k < found.count; k++) {
        struct finding f = found.items[k];
        if (f.start >= from) {
            f.number = true;
            f.value_n = finding_is_long(&f) ? 0 : f.end - f.start;
            found.items[kept++] = f;
        }
    }
    found.count = kept;
    for (size_t k = 0; k < seen.count; k++) {
        if (seen.items[k].start >= from) {
            seen.items[tokens++] = seen.items[k];
        }
    }
    seen.count = tokens;
    return edit_found(t, place, &in);
}

// What a request says to the model: read as a whole, without disguises, and judged by its wording.
static bool is_read(const struct take *t, const struct place_seen *place)
{
    return t->i->o.direction == DIRECTION_REQUEST && place->row->kind == PLACE_TEXT &&
           t->d->doc.tokens[place->token].type == JSON_STRING;
}

static enum text_role text_role_of(enum place_role role)
{
    switch (role) {
    case ROLE_SYSTEM:
    case ROLE_DEFINITION: // what a tool is for, said by the caller's program
        return TEXT_SYSTEM;
    case ROLE_ASSISTANT:
        return TEXT_ASSISTANT;
    case ROLE_TOOL:
        return TEXT_TOOL;
    case ROLE_CALLER:
    case ROLE_USER:
        break;
    }
    return TEXT_USER;
}

static enum aiu_status scan_read(struct take *t, const struct place_seen *place)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(tokens_seen_done) struct tokens_seen seen = {0};
    const struct json_token *token = &t->d->doc.tokens[place->token];
    struct positions positions = {0};
    struct found in = {.findings = &found, .seen = &seen, .at = token->start};
    struct wording wording;

    TRY(json_string(&t->d->doc, place->token, t->d->arena, &in.decoded));
    TRY(deep_scan(t->i->o.engine, t->i->o.scratch, t->i->o.rules, text_role_of(place->role),
                  in.decoded, &found, &wording));
    if (token->escaped) {
        TRY(positions_of(json_raw(&t->d->doc, place->token), &found, t->d->arena, &positions));
        in.positions = &positions;
    }
    for (size_t k = 0; k < found.count; k++) {
        struct finding *f = &found.items[k];
        f->value_n = finding_is_long(f) ? 0 : f->end - f->start;
    }
    if (place->role == ROLE_SYSTEM && t->i->o.heard != NULL) {
        TRY(echo_note_prompt(t->i->o.heard, in.decoded));
    }
    t->i->wording_blocks = wording.verdict == WORDING_BLOCK;
    enum aiu_status st = edit_found(t, place, &in);
    t->i->wording_blocks = false;
    return st;
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
    if ((t->i->o.rules->canaries == NULL && is_plain_word(text)) ||
        is_remembered(t->i, place->row, text)) {
        return AIU_OK;
    }
    uint32_t edits = t->d->edit_count;
    TRY(scan_plain(t, place, text));
    if (edits == t->d->edit_count) {
        remember(t->i, place->row, text);
    }
    return AIU_OK;
}

enum aiu_status inspector_scan_place(struct take *t, const struct place_seen *place)
{
    const struct json_token *token = &t->d->doc.tokens[place->token];
    struct span text = json_raw(&t->d->doc, place->token);

    if (token->type == JSON_NUMBER) {
        return scan_number(t, place);
    }
    if (is_read(t, place)) {
        return scan_read(t, place);
    }
    if (token->escaped || place->row->kind == PLACE_JSON_TEXT) {
        return scan_decoded(t, place);
    }
    return place->row->kind == PLACE_NAME ? scan_name(t, place, text) : scan_plain(t, place, text);
}
