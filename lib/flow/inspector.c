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

#include "codec/json.h"
#include "flow/edits.h"
#include "flow/inspector_private.h"

enum { ESCAPE_ROUNDS = 8 };

void inspector_init(struct inspector *i, const struct inspector_options *o, struct arena *paths)
{
    bool values = policy_uses(o->policy, o->direction, ACTION_MASK) || o->pseudonyms != NULL ||
                  (o->said != NULL && o->said->value_count > 0);
    const struct replace replace = {o->policy->plain_tag, o->pseudonyms};

    *i = (struct inspector){
        .o = *o, .replace = replace, .validator = validator_of(o->policy), .paths = paths};
    channel_set_init(&i->channels, o->engine, o->scratch, o->rules);
    window_init(&i->whole, o->engine, o->rules);
    window_seek(&i->whole, o->known);
    i->channels.known = o->known;
    i->channels.keeps_values = values;
    if (values) {
        window_keep_values(&i->whole);
    }
}

void inspector_done(struct inspector *i)
{
    channel_set_done(&i->channels);
    window_done(&i->whole);
}

enum aiu_status inspector_path_of(struct inspector *i, const struct json_doc *doc, uint32_t token,
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

// A rule that only weighs evidence is flagged where the policy says block; where the text as a
// whole is certain, what the policy says counts.
static enum action by_wording(const struct inspector *i, uint16_t rule)
{
    return rules_get(rule)->kind == KIND_INJECTION
               ? i->o.policy->actions[i->o.direction][KIND_INJECTION]
               : ACTION_FLAG;
}

enum aiu_status inspector_judge(struct inspector *i, const struct inspected *d, uint32_t token,
                                const struct finding *f, enum action *ret_action)
{
    struct span path;

    if (d->path.n > 0) {
        TRY(arena_copy(i->paths, d->path, &path));
    } else {
        TRY(inspector_path_of(i, &d->doc, token, &path));
    }
    enum action action = policy_decide(i->o.policy, i->o.direction, f->rule, path, i->o.now_unix_s);
    action = action == ACTION_FLAG && i->wording_blocks ? by_wording(i, f->rule) : action;
    verdict_add(&i->verdict, action, f->rule, path);
    *ret_action = action;
    return action == ACTION_BLOCK ? AIU_CONTENT_BLOCKED : AIU_OK;
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
        TRY(edits_add(t->d, place->choice, &before));
    }
    return after.end > after.start ? edits_add(t->d, place->choice, &after) : AIU_OK;
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
        TRY(inspector_path_of(t->i, &t->d->doc, place->token, &t->i->invalid_path));
        return st;
    }
    if (place->role == ROLE_USER) {
        t->i->prompt = result.text;
    }
    return v.trim ? trim(t, place, text, result.text) : AIU_OK;
}

// --- what the request held --------------------------------------------------------------------

void inspector_note_echo(struct inspector *i, struct span value)
{
    i->echoes += i->o.said != NULL && value.n > 0 && echo_has(i->o.said, value);
}

void inspector_listen(struct inspector *i, struct echo_reader *r, struct span piece, bool last)
{
    if (i->o.said != NULL && i->o.said->shingle_count > 0 &&
        echo_read(i->o.said, r, piece, last, NULL)) {
        i->leaks++;
        verdict_raise(&i->verdict, VERDICT_FLAG);
    }
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
    inspector_listen(i, &c->reader, raw, false);
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
    return inspector_scan_place(t, place);
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

// The part of start..end that lies in `p`, without a text in its place.
static struct json_edit edit_in(const struct inspector_piece *p, size_t start, size_t end)
{
    size_t from = start > p->from ? start : p->from;
    size_t to = end < p->to ? end : p->to;

    return (struct json_edit){
        p->at + (uint32_t)(from - p->from), p->at + (uint32_t)(to - p->from), {NULL, 0}};
}

// What takes the place of something stands where it begins.
static enum aiu_status edit_piece_finding(struct inspector *i, struct inspected *d,
                                          const struct inspector_piece *p, const struct finding *f)
{
    const struct channel *c = p->channel;
    struct json_edit edit = edit_in(p, f->start, f->end);

    if (f->start >= p->from) {
        struct span value = f->open ? span_of(NULL, 0) : window_value(&c->window, f);
        TRY(replace_finding(&i->replace, f, value, c->json, d->arena, &edit.with));
    }
    return edits_add(d, p->choice, &edit);
}

static enum aiu_status edit_piece_token(struct inspected *d, const struct inspector_piece *p,
                                        struct token_seen *s)
{
    struct json_edit edit = edit_in(p, s->start, s->end);

    if (s->start >= p->from) {
        TRY(replace_token(s, s->number, p->channel->json, d->arena, &edit.with));
        if (edit.with.n == 0) {
            s->entry = NULL; // stays as it is
            return AIU_OK;
        }
    }
    return edits_add(d, p->choice, &edit);
}

struct judging_piece {
    struct inspector *i;
    struct inspected *d;
    const struct inspector_piece *p;
};

static enum aiu_status judge_piece(void *ctx, const struct finding *f, enum action *ret_action)
{
    const struct judging_piece *j = ctx;

    if (!f->open) {
        inspector_note_echo(j->i, window_value(&j->p->channel->window, f));
    }
    return inspector_judge(j->i, j->d, j->p->token, f, ret_action);
}

static enum aiu_status edit_piece(struct inspector *i, struct inspected *d,
                                  const struct inspector_piece *p)
{
    struct findings *found = &p->channel->window.found;
    struct tokens_seen *seen = &p->channel->window.seen;
    struct judging_piece j = {i, d, p};

    TRY(overlap_settle(found, seen, p->to, judge_piece, &j));
    for (size_t k = 0; k < found->count; k++) {
        const struct finding *f = &found->items[k];
        if (finding_edits(f) && f->start < p->to && (f->end > p->from || f->open)) {
            TRY(edit_piece_finding(i, d, p, f));
        }
    }
    for (size_t k = 0; k < seen->count; k++) {
        struct token_seen *s = &seen->items[k];
        if (s->entry != NULL && s->start < p->to && s->end > p->from) {
            TRY(edit_piece_token(d, p, s));
        }
    }
    return AIU_OK;
}

static enum aiu_status edit_pieces(struct inspector *i, struct inspected *d)
{
    for (const struct inspector_piece *p = d->pieces; p != NULL; p = p->next) {
        TRY(edit_piece(i, d, p));
        window_drop(&p->channel->window, p->to);
        p->channel->pieces--;
    }
    return AIU_OK;
}

enum aiu_status inspected_edits(struct inspector *i, struct inspected *d,
                                const struct json_edit **ret_edits, size_t *ret_count)
{
    TRY(edit_pieces(i, d));
    TRY(edits_shadow(d));
    return edits_in_order(d, ret_edits, ret_count);
}

// --- tokens that somebody wrote ---------------------------------------------------------------

static enum aiu_status escape_seen(const struct take *t, const struct place_seen *place,
                                   uint32_t at, const struct tokens_seen *seen)
{
    for (size_t k = 0; k < seen->count; k++) {
        const struct token_seen *s = &seen->items[k];
        struct json_edit edit = {at + (uint32_t)s->start, at + (uint32_t)s->end, {NULL, 0}};
        struct span with, text = span_of(t->d->doc.text.p + edit.start, edit.end - edit.start);
        bool number = s->number || t->d->doc.tokens[place->token].type == JSON_NUMBER;
        if (span_find_byte(text, '\\') < text.n) {
            text = s->entry->token; // comes back without the escapes
        }
        TRY(pseudonyms_token(t->i->o.pseudonyms, s->entry->rule, text, number, &with));
        TRY(arena_copy(t->d->arena, with.n > 0 ? with : SPAN_OF("0"), &edit.with));
        TRY(edits_add(t->d, place->choice, &edit));
    }
    return AIU_OK;
}

static enum aiu_status escape_place(void *ctx, const struct place_seen *place)
{
    struct take *t = ctx;
    CLEANUP(tokens_seen_done) struct tokens_seen seen = {0};
    const struct json_token *token = &t->d->doc.tokens[place->token];
    struct window w;

    if (place->row->kind == PLACE_SHADOW || is_opaque(t, place)) {
        return AIU_OK;
    }
    if (!token->escaped && place->row->kind != PLACE_JSON_TEXT) {
        TRY(inspector_search_plain(t->i->o.pseudonyms, NULL, json_raw(&t->d->doc, place->token),
                                   &seen));
        return escape_seen(t, place, token->start, &seen);
    }
    window_init(&w, t->i->o.engine, NULL);
    window_seek(&w, t->i->o.pseudonyms);
    enum aiu_status st = inspector_decode(t, place, &w);
    st = st == AIU_OK ? window_finish(&w, t->i->o.scratch) : st;
    st = st == AIU_OK ? escape_seen(t, place, token->start, window_tokens(&w)) : st;
    window_done(&w);
    return st;
}

// Each round may make tokens, which are looked for in their turn: there is next to never a second.
static enum aiu_status escape_tokens(struct take *t)
{
    struct pseudonyms *p = t->i->o.pseudonyms;

    for (int round = 0; p != NULL && !pseudonyms_indexed(p); round++) {
        if (round == ESCAPE_ROUNDS) {
            return AIU_INSPECTION_FAILED;
        }
        TRY(pseudonyms_index(p));
        TRY(walker_run(t->i->o.walker, t->kind, &t->d->doc, escape_place, t));
    }
    return AIU_OK;
}

enum aiu_status inspector_whole(struct inspector *i, enum document_kind kind,
                                const struct json_doc *doc, struct arena *arena,
                                const struct json_edit **ret_edits, size_t *ret_count)
{
    struct inspected d;

    TRY(inspector_take(i, kind, doc, arena, &d));
    TRY(channel_end_all(&i->channels));
    TRY(inspected_edits(i, &d, ret_edits, ret_count));
    struct take take = {i, &d, kind};
    uint32_t before = d.edit_count;
    TRY(escape_tokens(&take));
    return before == d.edit_count ? AIU_OK : edits_in_order(&d, ret_edits, ret_count);
}
