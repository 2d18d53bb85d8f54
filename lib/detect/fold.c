// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Plain text is copied in strides, lower case on the way; only where a stride holds more than that
// is it read character by character. Look-alikes are a matter of words: a word is folded as it
// stands, its letters are counted by script, and where it is a Latin word in disguise it is folded
// once more, to Latin. So each byte is read at most twice.
#include "detect/fold.h"

#include <string.h>

#include "base/utf8.h"
#include "detect/ascii.h"
#include "detect/fold_table.h"
#include "detect/lanes.h"

enum {
    STRIDE = LANES,
    ROOM = 64 // most bytes of one character folded
};

// The word that is being folded.
struct word {
    bool open;
    size_t source, text; // where it begins
    uint32_t latin, look, strict, foreign;
    uint32_t scripts; // a bit for each of the look-alikes'
};

struct job {
    struct folder *f;
    struct span source;
    bool exact;    // case and blanks stay
    bool latinise; // the word is folded again, look-alikes to Latin
    uint8_t *out;
    size_t n, room;
    bool side_by_side; // the last mark, or none, says so
    size_t ahead;      // then by this much the source is
    uint32_t traits;
    struct word word;
    uint32_t last;       // the last letter, which a mark may join
    size_t last_source;  // where it began
    size_t last_text;    // and where it went
    size_t unseen_text;  // n when a character was last dropped
    size_t selector_end; // source offset behind the last variation selector
    bool tags;           // within tag characters
    int own_text;        // whether words of look-alikes are words of their script; -1 unknown
};

// --- output -----------------------------------------------------------------------------------

static enum aiu_status make_room(struct job *job, size_t n)
{
    uint8_t *p = NULL;

    if (job->room - job->n >= n) {
        return AIU_OK;
    }
    job->f->text.n = job->n;
    enum aiu_status st = buf_reserve(&job->f->text, n, &p);
    if (st != AIU_OK) {
        return st == AIU_TOO_LONG ? AIU_INSPECTION_FAILED : st;
    }
    job->out = job->f->text.p;
    job->room = job->f->text.capacity;
    return AIU_OK;
}

// What comes next stands for `source_n` bytes at `at`. Mostly it goes on side by side.
static enum aiu_status note(struct job *job, size_t at, size_t n, size_t source_n)
{
    if (n == source_n && job->side_by_side && at - job->n == job->ahead) {
        return AIU_OK;
    }
    job->side_by_side = n == source_n;
    job->ahead = at - job->n;
    return fold_note(job->f, job->n, n, at, source_n);
}

// Take back what was put out from `text` on.
static void rewind_to(struct job *job, size_t text)
{
    struct folder *f = job->f;
    struct fold_mark last = {0};

    while (f->mark_count > 0 && f->marks[f->mark_count - 1].text >= text) {
        f->mark_count--;
    }
    if (f->mark_count > 0) {
        last = f->marks[f->mark_count - 1];
    }
    job->n = text;
    job->side_by_side = last.source_n == 0;
    job->ahead = (size_t)last.source - last.text;
}

// `bytes` for the `source_n` bytes at `at`.
static enum aiu_status emit(struct job *job, struct span bytes, size_t at, size_t source_n)
{
    if (job->room - job->n < ROOM) {
        TRY(make_room(job, ROOM));
    }
    if (bytes.n > 0) {
        TRY(note(job, at, bytes.n, source_n));
        for (size_t i = 0; i < bytes.n; i++) { // a few: less than a call
            job->out[job->n + i] = bytes.p[i];
        }
        job->n += bytes.n;
    }
    return AIU_OK;
}

static enum aiu_status emit_blank(struct job *job, size_t at, size_t source_n)
{
    bool first = job->n == 0 || job->out[job->n - 1] == ' ';

    return first && !job->exact ? AIU_OK : emit(job, SPAN_OF(" "), at, source_n);
}

struct character {
    uint32_t code;
    const struct fold_entry *e;
    size_t at, n; // in the source
};

static inline bool is_tail(uint8_t c)
{
    return (c & 0xC0) == 0x80;
}

// Two and three bytes, which is nearly all there is, are read here.
static inline struct character character_at(const struct job *job, size_t at)
{
    struct span left = {job->source.p + at, job->source.n - at};
    const uint8_t *p = left.p;
    struct character c = {.at = at, .n = 1};

    if (p[0] < 0x80) {
        c.code = p[0];
    } else if (p[0] >= 0xC2 && p[0] < 0xE0 && left.n > 1 && is_tail(p[1])) {
        c.n = 2;
        c.code = (p[0] & 0x1FU) << 6 | (p[1] & 0x3FU);
    } else if (p[0] > 0xE0 && p[0] < 0xED && left.n > 2 && is_tail(p[1]) && is_tail(p[2])) {
        c.n = 3;
        c.code = (p[0] & 0x0FU) << 12 | (p[1] & 0x3FU) << 6 | (p[2] & 0x3FU);
    } else {
        c.code = utf8_next_lossy(&left);
        c.n = job->source.n - at - left.n;
    }
    c.e = fold_entry(c.code);
    return c;
}

// --- words ------------------------------------------------------------------------------------

// Letters of other scripts that no Latin word could borrow, against Latin ones, in all of the text
// or as much of it as makes it clear.
static bool text_has_own_words(struct job *job)
{
    enum { CLEAR = 32 };
    size_t latin = 0;
    size_t own = 0;

    for (size_t at = 0; job->own_text < 0 && at < job->source.n;) {
        struct character c = character_at(job, at);
        if (c.e->kind == CHAR_LETTER && c.e->script == SCRIPT_LATIN) {
            latin++;
        } else if (c.e->kind == CHAR_LETTER && c.e->script != SCRIPT_COMMON) {
            own += (c.e->flags & CHAR_STRICT) == 0;
        }
        if (own > CLEAR && own > latin) {
            job->own_text = true;
        }
        at += c.n;
    }
    if (job->own_text < 0) {
        job->own_text = latin == 0 || own * 8 > latin;
    }
    return job->own_text;
}

static bool is_disguised(struct job *job, const struct word *w)
{
    if (w->look == 0 || w->foreign > 0) {
        return false;
    }
    if (w->latin > 0 || (w->scripts & (w->scripts - 1)) != 0) {
        return true;
    }
    return w->strict == w->look && !text_has_own_words(job);
}

static enum aiu_status fold_range(struct job *job, size_t at, size_t upto);

static enum aiu_status end_word(struct job *job, size_t at)
{
    struct word w = job->word;

    if (!w.open || job->latinise) {
        return AIU_OK;
    }
    job->word = (struct word){0};
    if (!is_disguised(job, &w)) {
        return AIU_OK;
    }
    job->traits |= FOLD_LOOKALIKE;
    rewind_to(job, w.text);
    job->latinise = true;
    TRY(fold_range(job, w.source, at));
    job->latinise = false;
    return AIU_OK;
}

// The letters that a stride has copied before `at` belong to the word.
static void open_word(struct job *job, size_t at)
{
    size_t begin = at;
    struct word *w = &job->word;

    if (w->open || job->latinise) {
        return;
    }
    while (begin > 0 && is_alnum(job->source.p[begin - 1])) {
        begin--;
        w->latin += is_alpha(job->source.p[begin]);
    }
    w->open = true;
    w->source = begin;
    w->text = job->n - (at - begin);
}

static void count_letter(struct word *w, const struct fold_entry *e)
{
    if (e->script == SCRIPT_LATIN) {
        w->latin++;
    } else if (e->look != 0) {
        w->look++;
        w->strict += (e->flags & CHAR_STRICT) != 0;
        w->scripts |= 1U << e->script;
    } else if (e->script != SCRIPT_COMMON && !(e->flags & CHAR_STYLISH)) {
        w->foreign++;
    }
}

// --- characters -------------------------------------------------------------------------------

static uint8_t in_case(const struct job *job, const struct fold_entry *e, char c)
{
    bool upper = job->exact && (e->flags & CHAR_UPPER) && c >= 'a' && c <= 'z';

    return upper ? (uint8_t)(c - 'a' + 'A') : (uint8_t)c;
}

static bool is_ascii(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static enum aiu_status emit_folded(struct job *job, const struct character *c)
{
    struct span self = {job->source.p + c->at, c->n};
    struct span folded = {fold_table.pool + c->e->at, c->e->n};
    bool plain = job->exact && c->e->kind == CHAR_LETTER && !(c->e->flags & CHAR_STYLISH);

    if (c->code == 0xFFFD) {
        return emit(job, SPAN_OF("\xEF\xBF\xBD"), c->at, c->n);
    }
    if ((c->e->flags & CHAR_SAME) || plain || (job->exact && !is_ascii(folded))) {
        return emit(job, self, c->at, c->n);
    }
    if (folded.n == 1) {
        uint8_t byte = in_case(job, c->e, (char)folded.p[0]);
        return emit(job, span_of(&byte, 1), c->at, c->n);
    }
    return emit(job, folded, c->at, c->n);
}

// Whether `c` was joined to the letter before it.
static enum aiu_status join(struct job *job, const struct character *c, bool *ret_joined)
{
    bool joins = job->last != 0 && (c->e->flags & CHAR_JOINS) != 0;
    uint32_t whole = joins ? fold_compose(job->last, c->code) : 0;
    uint8_t bytes[4];

    *ret_joined = whole != 0;
    if (whole == 0) {
        return AIU_OK;
    }
    rewind_to(job, job->last_text);
    job->last = whole;
    return emit(job, span_of(bytes, utf8_write(whole, bytes)), job->last_source,
                c->at + c->n - job->last_source);
}

// A letter comes; whether something unseen stood between it and one before.
static void note_unseen(struct job *job)
{
    if (job->unseen_text == job->n && job->n > job->word.text && job->out[job->n - 1] < 0x80) {
        job->traits |= FOLD_UNSEEN;
    }
}

static enum aiu_status take_letter(struct job *job, const struct character *c)
{
    bool joined = false;

    if ((c->e->flags & CHAR_JOINS) != 0 && !job->exact) {
        TRY(join(job, c, &joined));
        if (joined) {
            return AIU_OK;
        }
    }
    open_word(job, c->at);
    count_letter(&job->word, c->e);
    if ((c->e->flags & CHAR_STYLISH) && !(c->code >= 0x1F1E6 && c->code <= 0x1F1FF)) {
        job->traits |= FOLD_STYLED;
    }
    note_unseen(job);
    if ((c->code >= 0x250 && c->code < 0x2B0) || c->code == 0x1DD) {
        job->traits |= FOLD_TURNED;
    }
    job->last = c->code;
    job->last_source = c->at;
    job->last_text = job->n;
    if (job->latinise && c->e->look != 0) {
        uint8_t look = in_case(job, c->e, c->e->look);
        job->last = 0;
        return emit(job, span_of(&look, 1), c->at, c->n);
    }
    return emit_folded(job, c);
}

static enum aiu_status take_mark(struct job *job, const struct character *c)
{
    bool joined = false;

    TRY(join(job, c, &joined));
    if (!joined && job->n > 0 && job->out[job->n - 1] < 0x80 && !job->latinise) {
        job->traits |= FOLD_STACKED;
    }
    return AIU_OK;
}

static enum aiu_status take_tag(struct job *job, const struct character *c)
{
    uint8_t byte = (uint8_t)(c->code & 0x7F);

    TRY(end_word(job, c->at));
    job->traits |= FOLD_TAGS;
    if (!job->tags) {
        TRY(emit_blank(job, c->at, c->n));
    }
    job->tags = true;
    byte = job->exact ? byte : to_lower(byte);
    if (byte == ' ' || byte == 0x7F) {
        return emit_blank(job, c->at, c->n);
    }
    return emit(job, span_of(&byte, 1), c->at, c->n);
}

// Whether a sign of another width stands in what may be an address.
static bool is_address_sign(const struct job *job, const struct character *c)
{
    bool wide = c->code == 0xFF20 || c->code == 0xFF0E || c->code == 0xFF0D || c->code == 0xFF3F;

    return wide && job->n > 0 && is_alnum(job->out[job->n - 1]);
}

// Punctuation and symbols. Signs that look like letters do not end a word.
static enum aiu_status take_other(struct job *job, const struct character *c)
{
    if (c->e->look != 0) {
        return take_letter(job, c);
    }
    TRY(end_word(job, c->at));
    job->last = 0;
    if (is_address_sign(job, c)) {
        job->traits |= FOLD_STYLED;
    }
    return emit_folded(job, c);
}

static enum aiu_status take_kind(struct job *job, const struct character *c)
{
    switch ((enum char_kind)c->e->kind) {
    case CHAR_LETTER:
        return take_letter(job, c);
    case CHAR_MARK:
        return take_mark(job, c);
    case CHAR_TAG:
        return take_tag(job, c);
    case CHAR_SELECTOR:
        job->traits |= job->selector_end == c->at && c->at > 0 ? FOLD_SELECTORS : 0U;
        job->selector_end = c->at + c->n;
        job->unseen_text = job->n;
        return AIU_OK;
    case CHAR_UNSEEN:
    case CHAR_UNKNOWN:
        job->unseen_text = job->n;
        return AIU_OK;
    case CHAR_BLANK:
    case CHAR_FILLER:
        TRY(end_word(job, c->at));
        job->last = 0;
        return emit_blank(job, c->at, c->n);
    case CHAR_OTHER:
        break;
    }
    return take_other(job, c);
}

// A letter inside a word that stays as it is, which is nearly all of a text in another script.
static inline bool take_plain_letter(struct job *job, const struct character *c)
{
    bool plain = c->e->kind == CHAR_LETTER &&
                 (c->e->flags & ~(CHAR_UPPER | CHAR_STRICT)) == CHAR_SAME && job->word.open;
    bool goes_on = job->side_by_side && c->at - job->n == job->ahead &&
                   job->room - job->n >= ROOM && job->unseen_text != job->n;

    if (!plain || !goes_on || job->latinise || job->tags) {
        return false;
    }
    count_letter(&job->word, c->e);
    job->last = c->code;
    job->last_source = c->at;
    job->last_text = job->n;
    for (size_t i = 0; i < c->n; i++) {
        job->out[job->n + i] = job->source.p[c->at + i];
    }
    job->n += c->n;
    return true;
}

static enum aiu_status take_character(struct job *job, size_t *at)
{
    struct character c = character_at(job, *at);

    *at += c.n;
    if (take_plain_letter(job, &c)) {
        return AIU_OK;
    }
    job->traits |= FOLD_NOT_ASCII;
    if (job->tags && c.e->kind != CHAR_TAG) {
        job->tags = false;
        TRY(emit_blank(job, c.at, c.n));
    }
    return take_kind(job, &c);
}

static enum aiu_status take_ascii(struct job *job, size_t at)
{
    uint8_t c = job->source.p[at];

    if (job->tags) {
        job->tags = false;
        TRY(emit_blank(job, at, 1));
    }
    job->last = 0;
    if (is_alnum(c)) {
        open_word(job, at);
        job->word.latin += is_alpha(c);
        note_unseen(job);
    } else {
        TRY(end_word(job, at));
    }
    if (job->exact) {
        return emit(job, span_of(&c, 1), at, 1);
    }
    if (is_blank(c)) {
        return emit_blank(job, at, 1);
    }
    c = to_lower(c);
    return c < 0x20 || c == 0x7F ? AIU_OK : emit(job, span_of(&c, 1), at, 1);
}

// --- the text ---------------------------------------------------------------------------------

// A stride in lower case with blanks as U+0020; how much of it is plain ASCII with single blanks.
static size_t copy_words(const uint8_t *from, uint8_t *to, uint8_t before)
{
    lanes v = lanes_load(from);
    lanes low = (lanes)(v <= 0x20);
    lanes blank = lanes_equal(v, ' ') | lanes_in(v, '\t', 5);
    lanes odd = (lanes)(v >= 0x7F) | (low & ~blank);
    lanes previous = __builtin_shufflevector((lanes){0}, low, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24,
                                             25, 26, 27, 28, 29, 30);

    if (before == ' ' && from[0] <= ' ') {
        return 0;
    }
    v = v | (lanes_in(v, 'A', 26) & 0x20);
    v = (v & ~low) | (low & 0x20);
    lanes_store(to, v);
    return lanes_first(odd | (low & previous));
}

static size_t copy_exact(const uint8_t *from, uint8_t *to)
{
    lanes v = lanes_load(from);

    lanes_store(to, v);
    return lanes_first((lanes)(v >= 0x80));
}

// Take as much of the stride at `at` as is plain.
static enum aiu_status take_stride(struct job *job, size_t *at, bool *ret_whole)
{
    const uint8_t *p = job->source.p + *at;
    uint8_t before = job->n == 0 ? ' ' : job->out[job->n - 1];

    TRY(make_room(job, STRIDE + ROOM));
    size_t n =
        job->exact ? copy_exact(p, job->out + job->n) : copy_words(p, job->out + job->n, before);
    if (n > 0) {
        TRY(note(job, *at, n, n));
        job->n += n;
        job->last = 0;
        *at += n;
    }
    *ret_whole = n == STRIDE;
    return AIU_OK;
}

static enum aiu_status fold_range(struct job *job, size_t at, size_t upto)
{
    while (at < upto) {
        bool whole = false;
        if (upto - at >= STRIDE && !job->word.open && !job->latinise && !job->tags) {
            TRY(take_stride(job, &at, &whole));
        }
        if (whole) {
            continue;
        }
        if (job->source.p[at] >= 0x80) {
            TRY(take_character(job, &at));
        } else {
            TRY(take_ascii(job, at));
            at++;
        }
    }
    return AIU_OK;
}

static enum aiu_status fold(struct folder *f, struct span source, bool exact,
                            struct folded *ret_folded)
{
    struct job job = {.f = f,
                      .source = source,
                      .exact = exact,
                      .side_by_side = true,
                      .unseen_text = SIZE_MAX,
                      .selector_end = SIZE_MAX,
                      .own_text = -1};

    if (source.n > FOLD_MOST) {
        return AIU_INSPECTION_FAILED;
    }
    fold_begin(f);
    TRY(make_room(&job, source.n + STRIDE + ROOM));
    TRY(fold_range(&job, 0, source.n));
    TRY(end_word(&job, source.n));
    if (!exact && job.n > 0 && job.out[job.n - 1] == ' ') {
        job.n--;
    }
    f->text.n = job.n;
    *ret_folded = fold_reading(f, job.traits);
    return AIU_OK;
}

enum aiu_status fold_text(struct folder *f, struct span source, struct folded *ret_folded)
{
    return fold(f, source, false, ret_folded);
}

enum aiu_status fold_exact(struct folder *f, struct span source, struct folded *ret_folded)
{
    return fold(f, source, true, ret_folded);
}
