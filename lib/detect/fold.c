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

enum {
    STRIDE = 32,
    ROOM = 64 // most bytes of one character folded
};

// The word that is being folded.
struct word {
    bool open;
    size_t source, text; // where it begins
    size_t marks;        // how many there were
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
    uint32_t traits;
    struct word word;
    uint32_t last;        // the last letter, which a mark may join
    size_t last_source;   // where it began
    size_t last_text;     // and where it went
    size_t unseen_text;   // n when a character was last dropped
    size_t selector_end;  // source offset behind the last variation selector
    bool tags;            // within tag characters
    signed char own_text; // whether words of look-alikes are words of their script; -1 unknown
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

// `bytes` for the `source_n` bytes at `at`.
static enum aiu_status emit(struct job *job, struct span bytes, size_t at, size_t source_n)
{
    TRY(make_room(job, ROOM));
    if (bytes.n > 0) {
        TRY(fold_note(job->f, job->n, bytes.n, at, source_n));
        memcpy(job->out + job->n, bytes.p, bytes.n);
        job->n += bytes.n;
    }
    return AIU_OK;
}

static enum aiu_status emit_blank(struct job *job, size_t at, size_t source_n)
{
    bool first = job->n == 0 || job->out[job->n - 1] == ' ';

    return first && !job->exact ? AIU_OK : emit(job, SPAN_OF(" "), at, source_n);
}

// --- words ------------------------------------------------------------------------------------

// Letters of other scripts that no Latin word could borrow, against Latin ones, in all of the text.
static bool text_has_own_words(struct job *job)
{
    struct span left = job->source;
    size_t latin = 0;
    size_t own = 0;

    if (job->own_text >= 0) {
        return job->own_text;
    }
    while (left.n > 0) {
        uint32_t code = utf8_next_lossy(&left);
        const struct fold_entry *e = fold_entry(code);
        if (e->kind == CHAR_LETTER && e->script == SCRIPT_LATIN) {
            latin++;
        } else if (e->kind == CHAR_LETTER && e->script != SCRIPT_COMMON) {
            own += (e->flags & CHAR_STRICT) == 0;
        }
    }
    job->own_text = latin == 0 || own * 8 > latin;
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
    job->n = w.text;
    job->f->mark_count = w.marks;
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
    w->marks = job->f->mark_count;
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

struct character {
    uint32_t code;
    const struct fold_entry *e;
    size_t at, n; // in the source
};

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
    uint32_t whole = job->last == 0 ? 0 : fold_compose(job->last, c->code);
    uint8_t bytes[4];

    *ret_joined = whole != 0;
    if (whole == 0) {
        return AIU_OK;
    }
    while (job->f->mark_count > 0 && job->f->marks[job->f->mark_count - 1].text >= job->last_text) {
        job->f->mark_count--;
    }
    job->n = job->last_text;
    job->last = whole;
    return emit(job, span_of(bytes, utf8_write(whole, bytes)), job->last_source,
                c->at + c->n - job->last_source);
}

static enum aiu_status take_letter(struct job *job, const struct character *c)
{
    bool joined = false;

    if (!job->exact) {
        TRY(join(job, c, &joined));
    }
    if (joined) {
        return AIU_OK;
    }
    open_word(job, c->at);
    count_letter(&job->word, c->e);
    if ((c->e->flags & CHAR_STYLISH) && !(c->code >= 0x1F1E6 && c->code <= 0x1F1FF)) {
        job->traits |= FOLD_STYLED;
    }
    if (job->unseen_text == job->n && job->n > job->word.text) {
        job->traits |= FOLD_UNSEEN;
    }
    job->last = c->e->flags & CHAR_SAME ? c->code : 0;
    if (!job->exact && c->e->n > 1 && job->last == 0) {
        struct span folded = {fold_table.pool + c->e->at, c->e->n};
        job->last = utf8_next_lossy(&folded);
    }
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
    if (!joined && job->n > 0 && !job->latinise) {
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

// Punctuation and symbols. Signs that look like letters do not end a word.
static enum aiu_status take_other(struct job *job, const struct character *c)
{
    bool address = c->e->n == 1 && memchr("@.-_/+=:", fold_table.pool[c->e->at], 8) != NULL;

    if (c->e->look != 0) {
        return take_letter(job, c);
    }
    TRY(end_word(job, c->at));
    job->last = 0;
    if (address && c->code > 0x3000) {
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

static enum aiu_status take_character(struct job *job, size_t *at)
{
    struct span left = span_drop_first(job->source, *at);
    struct character c = {.at = *at};

    c.code = utf8_next_lossy(&left);
    c.n = job->source.n - *at - left.n;
    c.e = fold_entry(c.code);
    *at += c.n;
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
        if (job->unseen_text == job->n && job->n > job->word.text) {
            job->traits |= FOLD_UNSEEN;
        }
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

// A stride in lower case with blanks as U+0020; false where it holds anything but plain ASCII with
// single blanks.
static bool copy_words(const uint8_t *from, uint8_t *to, uint8_t before)
{
    uint8_t odd = 0;

    for (size_t i = 0; i < STRIDE; i++) {
        uint8_t c = from[i];
        bool blank = (uint8_t)(c - '\t') < 5;
        bool upper = (uint8_t)(c - 'A') < 26;
        odd |= (uint8_t)(c >= 0x7F) | (uint8_t)((c < 0x20) & !blank);
        to[i] = blank ? ' ' : (uint8_t)(c | (upper ? 0x20 : 0));
    }
    odd |= (uint8_t)((before == ' ') & (to[0] == ' '));
    for (size_t i = 0; i + 1 < STRIDE; i++) {
        odd |= (uint8_t)((to[i] == ' ') & (to[i + 1] == ' '));
    }
    return odd == 0;
}

static bool copy_exact(const uint8_t *from, uint8_t *to)
{
    uint8_t odd = 0;

    for (size_t i = 0; i < STRIDE; i++) {
        odd |= from[i] & 0x80;
        to[i] = from[i];
    }
    return odd == 0;
}

// Whether the bytes at `at` went out as a stride.
static enum aiu_status take_stride(struct job *job, size_t at, bool *ret_taken)
{
    const uint8_t *p = job->source.p + at;
    uint8_t before = job->n == 0 ? ' ' : job->out[job->n - 1];

    *ret_taken = false;
    TRY(make_room(job, STRIDE + ROOM));
    if (job->exact ? copy_exact(p, job->out + job->n) : copy_words(p, job->out + job->n, before)) {
        TRY(fold_note(job->f, job->n, STRIDE, at, STRIDE));
        job->n += STRIDE;
        job->last = 0;
        *ret_taken = true;
    }
    return AIU_OK;
}

static enum aiu_status fold_range(struct job *job, size_t at, size_t upto)
{
    size_t next = at; // where a stride may be tried again

    while (at < upto) {
        bool taken = false;
        if (at >= next && upto - at >= STRIDE && !job->word.open && !job->latinise && !job->tags) {
            TRY(take_stride(job, at, &taken));
            next = at + STRIDE;
        }
        if (taken) {
            at += STRIDE;
        } else if (job->source.p[at] < 0x80) {
            TRY(take_ascii(job, at));
            at++;
        } else {
            TRY(take_character(job, &at));
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
