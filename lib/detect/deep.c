// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A text is scanned as it stands first. Then it is read in every other way that something in it
// gives reason for: without disguises, decoded, and what was decoded in the same ways again. Each
// reading is a text with a way back, a level; what is found goes up the levels to the source.
#include "detect/deep.h"

#include <stdlib.h>

#include "detect/ascii.h"
#include "detect/engine_parts.h"
#include "detect/guess.h"

struct job {
    const struct engine *engine;
    struct scratch *scratch;
    const struct rule_set *rules;
    struct rule_set readable; // of those, what a reading can show
    struct rule_set decoded;  // the same, in what a code says: no field of a form
    struct rule_set secrets;  // of those, secrets
    enum text_role role;
    struct findings *out;
    size_t exact; // findings of the text as it stands
    struct wording wording;
};

struct level {
    struct job *job;
    const struct level *parent;
    struct folded via; // its text, with the way to the parent's
    unsigned depth;
};

enum { DISGUISED = FOLD_STYLED | FOLD_LOOKALIKE | FOLD_UNSEEN | FOLD_STACKED | FOLD_TAGS };

// --- findings ---------------------------------------------------------------------------------

static int by_place(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end > y->end ? -1 : 1;
    }
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

// From a level's text to the source.
static void go_up(const struct level *level, struct finding *f)
{
    for (; level->parent != NULL; level = level->parent) {
        folded_source(&level->via, f->start, f->end, &f->start, &f->end);
    }
}

// Whether the text as it stands shows `f` already: the same rule, or a secret around it.
static bool is_known(const struct job *job, const struct finding *f)
{
    const struct finding *items = job->out->items;
    size_t from = 0;
    size_t to = job->exact;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (items[middle].end <= f->start) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    for (size_t i = from; i < job->exact && items[i].start < f->end; i++) {
        bool around = items[i].start <= f->start && items[i].end >= f->end &&
                      rules_get(items[i].rule)->kind == KIND_SECRET;
        if (around || items[i].rule == f->rule) {
            return true;
        }
    }
    return false;
}

// Readings find the same thing more than once.
static void drop_doubles(struct findings *out)
{
    enum { BEFORE = 8 };
    size_t kept = 0;

    for (size_t i = 0; i < out->count; i++) {
        bool seen = false;
        for (size_t k = kept; k > 0 && kept - k < BEFORE && !seen; k--) {
            const struct finding *before = &out->items[k - 1];
            seen = before->rule == out->items[i].rule && before->end > out->items[i].start &&
                   before->end >= out->items[i].end;
        }
        if (!seen) {
            out->items[kept++] = out->items[i];
        }
    }
    out->count = kept;
}

// --- readings ---------------------------------------------------------------------------------

// The exact rules on `reading`, a reading of the level's text; what they find and the text as it
// stands does not show is added.
static enum aiu_status scan_reading(const struct level *level, const struct folded *reading,
                                    const struct rule_set *rules)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct job *job = level->job;

    TRY(scan_text(job->engine, job->scratch, rules, reading->text, &found));
    for (size_t i = 0; i < found.count; i++) {
        struct finding f = found.items[i];
        folded_source(reading, found.items[i].start, found.items[i].end, &f.start, &f.end);
        go_up(level, &f);
        if (!is_known(job, &f)) {
            TRY(findings_append(job->out, &f));
        }
    }
    return AIU_OK;
}

// The wording of a reading of the level's text.
static enum aiu_status judge(const struct level *level, const struct folded *words)
{
    struct job *job = level->job;
    bool foreign = job->role == TEXT_TOOL || job->role == TEXT_DOCUMENT;
    size_t count = job->out->count;
    struct wording wording = {0};

    if (job->role == TEXT_SYSTEM || words->text.n == 0) {
        return AIU_OK;
    }
    TRY(wording_judge(words, foreign, job->rules, job->out, &wording));
    wording_join(&job->wording, &wording);
    for (size_t i = count; i < job->out->count; i++) {
        go_up(level, &job->out->items[i]);
    }
    return AIU_OK;
}

static enum aiu_status read_level(const struct level *level);

static enum aiu_status read_below(const struct level *level, const struct folded *reading)
{
    const struct level below = {level->job, level, *reading, level->depth + 1};

    return below.depth < READER_DEPTH ? read_level(&below) : AIU_OK;
}

static enum aiu_status on_decoded(void *ctx, const struct decoded *d)
{
    const struct fold_mark whole = {0, (uint32_t)d->start, (uint32_t)(d->end - d->start)};
    const struct folded reading = {d->bytes, &whole, 1, FOLD_DECODED};

    return read_below(ctx, &reading);
}

static enum aiu_status on_guess(void *ctx, const struct folded *reading, bool text)
{
    return text ? read_below(ctx, reading) : judge(ctx, reading);
}

// A long token that is no code may be words together, or a key backwards or in ROT13.
static enum aiu_status on_token(void *ctx, size_t start, size_t end)
{
    const struct level *level = ctx;
    struct reader *reader = &level->job->scratch->readers[level->depth];
    struct span text = level->via.text;
    size_t letters = 0;
    size_t digits = 0;

    for (size_t i = start; i < end; i++) {
        letters += is_alpha(text.p[i]);
        digits += is_digit(text.p[i]);
    }
    if (digits > 0 && letters > 0 && level->depth == 0) {
        return guess_key(text, start, end, &reader->keys);
    }
    return digits > 0 ? AIU_OK : guess_joined(text, start, end, &reader->other, on_guess, ctx);
}

static enum aiu_status read_escapes(const struct level *level, struct reader *reader)
{
    struct folded reading;
    size_t at = 0;

    do {
        TRY(decode_escapes(&reader->escapes, level->via.text, &at, &reading));
        TRY(reading.text.n > 0 ? read_below(level, &reading) : AIU_OK);
    } while (reading.text.n > 0);
    return AIU_OK;
}

static enum aiu_status read_codes(const struct level *level, struct reader *reader, uint32_t traits)
{
    struct span text = level->via.text;
    const struct decode_handlers to = {on_decoded, on_token, (void *)level};
    unsigned hints = decode_hints(text);

    if ((traits & FOLD_SELECTORS) != 0) {
        TRY(decode_selectors(&reader->decoder, text, on_decoded, (void *)level));
    }
    fold_begin(&reader->keys);
    TRY(decode_runs(&reader->decoder, text, hints, &to));
    if (reader->keys.text.n > 0) {
        const struct folded keys = fold_reading(&reader->keys, FOLD_GUESSED);
        TRY(scan_reading(level, &keys, &level->job->secrets));
    }
    return (hints & DECODE_ESCAPES) != 0 ? read_escapes(level, reader) : AIU_OK;
}

static enum aiu_status read_guesses(const struct level *level, struct reader *reader,
                                    const struct folded *words)
{
    struct span text = level->via.text;

    if (level->job->role == TEXT_SYSTEM) {
        return AIU_OK;
    }
    if ((words->traits & FOLD_TURNED) != 0) {
        TRY(guess_turned(text, &reader->other, on_guess, (void *)level));
    }
    return guess_readings(words, text, &reader->other, on_guess, (void *)level);
}

static enum aiu_status read_level(const struct level *level)
{
    struct reader *reader = &level->job->scratch->readers[level->depth];
    struct span text = level->via.text;
    struct folded words;
    struct folded other;

    if (level->parent != NULL) {
        const struct folded self = {text, NULL, 0, 0};
        bool decoded = (level->via.traits & FOLD_DECODED) != 0;
        TRY(scan_reading(level, &self, decoded ? &level->job->decoded : &level->job->readable));
    }
    TRY(fold_text(&reader->words, text, &words));
    words.traits |= level->via.traits;
    TRY(judge(level, &words));
    if ((words.traits & DISGUISED) != 0) {
        TRY(fold_exact(&reader->other, text, &other));
        TRY(scan_reading(level, &other, &level->job->readable));
    }
    TRY(read_guesses(level, reader, &words));
    return read_codes(level, reader, words.traits);
}

// What the exact rules are certain of, such as a token of a chat template, blocks by itself. Asked
// once of all findings: a text may have as many readings as findings.
static void judge_certain(struct job *job)
{
    for (size_t i = 0; i < job->out->count && job->role != TEXT_SYSTEM; i++) {
        const struct rule_info *rule = rules_get(job->out->items[i].rule);
        if (rule != NULL && rule->kind == KIND_INJECTION && rule->certain) {
            job->wording = (struct wording){100, WORDING_BLOCK};
            return;
        }
    }
}

static void wipe(struct scratch *s)
{
    for (size_t i = 0; i < READER_DEPTH; i++) {
        fold_wipe(&s->readers[i].words);
        fold_wipe(&s->readers[i].other);
        fold_wipe(&s->readers[i].escapes);
        fold_wipe(&s->readers[i].keys);
        decoder_wipe(&s->readers[i].decoder);
    }
}

// What is hidden is hidden only where it stands, and an address is fetched only as it stands: a
// reading shows the other kinds.
static void choose_rules(struct job *job)
{
    const struct rule_set *kinds = job->engine->kinds;

    job->readable = *job->rules;
    job->secrets = *job->rules;
    for (size_t i = 0; i < ARRAY_SIZE(job->rules->bits); i++) {
        job->readable.bits[i] &= ~(kinds[KIND_HIDDEN].bits[i] | kinds[KIND_OUTPUT].bits[i]);
        job->secrets.bits[i] &= kinds[KIND_SECRET].bits[i];
    }
    job->decoded = job->readable;
    job->decoded.fields = false;
}

// NOLINTNEXTLINE(readability-function-size): scan_text's four, and what only a whole text has
enum aiu_status deep_scan(const struct engine *e, struct scratch *s, const struct rule_set *rules,
                          enum text_role role, struct span text, struct findings *out,
                          struct wording *ret_wording)
{
    struct job job = {.engine = e, .scratch = s, .rules = rules, .role = role, .out = out};
    const struct level source = {&job, NULL, {text, NULL, 0, 0}, 0};

    *ret_wording = (struct wording){0};
    TRY(scan_text(e, s, rules, text, out));
    job.exact = out->count;
    choose_rules(&job);
    enum aiu_status st = read_level(&source);
    wipe(s);
    TRY(st);
    judge_certain(&job);
    *ret_wording = job.wording;
    if (out->count > 1) {
        qsort(out->items, out->count, sizeof(*out->items), by_place);
        drop_doubles(out);
    }
    return AIU_OK;
}
