// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A check is a list of steps in the guide's order, each of which reports what it finds to a
// `struct found`; the first report ends validator_check, none ends validator_check_all. Characters
// are looked for by a loop of their own: runs of plain ASCII go by eight bytes at a time, and a
// byte table sends only those bytes to the decoder that could begin a character that is not
// allowed.
//
// Deliberately not here: what a text means. Hidden characters that need their surroundings to be
// judged (zero-width, bidi, variation selectors) are findings of `detect`, not invalid characters.
#include "policy/validator.h"

#include "base/utf8.h"
#include "policy/pytext.h"

enum { GUIDE_MAX_CHARACTERS = 10000 };

const struct validator validator_guide = {
    .max_characters = GUIDE_MAX_CHARACTERS,
    .characters = VALIDATOR_GUIDE,
    .refuse_blank = true,
    .trim = true,
};

struct validator validator_of(const struct policy *p)
{
    enum validator_characters characters = VALIDATOR_ANY;

    if (p->allow_list) {
        characters = VALIDATOR_GUIDE;
    } else if (p->actions[DIRECTION_REQUEST][KIND_HIDDEN] == ACTION_BLOCK) {
        characters = VALIDATOR_NO_CONTROLS;
    }
    return (struct validator){
        .max_characters = p->max_characters,
        .characters = characters,
        .refuse_blank = p->refuse_blank,
        .trim = p->trim,
    };
}

// --- characters

static bool is_guide_punctuation(uint32_t code)
{
    switch (code) {
    case '.':
    case ',':
    case '!':
    case '?':
    case ';':
    case ':':
    case '-':
    case '\\':
    case '"':
    case '\'':
    case '(':
    case ')':
    case '[':
    case ']':
    case '{':
    case '}':
        return true;
    default:
        return false;
    }
}

static bool is_control(uint32_t code)
{
    bool c0 = code < 0x20 && code != '\t' && code != '\n' && code != '\r';

    return c0 || (code >= 0x7F && code <= 0x9F);
}

// Unicode 23.7: never assigned, for internal use.
static bool is_noncharacter(uint32_t code)
{
    return (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
}

static bool is_allowed(enum validator_characters c, uint32_t code)
{
    switch (c) {
    case VALIDATOR_ANY:
        return true;
    case VALIDATOR_NO_CONTROLS:
        return !is_control(code) && !is_noncharacter(code);
    case VALIDATOR_GUIDE:
        return is_guide_punctuation(code) || pytext_is(&pytext_word, code) ||
               pytext_is(&pytext_space, code);
    }
    return false;
}

// Bytes that may begin a character that is not allowed; all others are skipped without a look.
// C2: C1 controls. EF: U+FDD0 to U+FDEF, U+FFFE, U+FFFF. F0 to F4: U+1FFFE and so on. The rest of
// the upper half appears in broken text only.
static const bool suspects_no_controls[256] = {
    [0x00 ... 0x08] = true, [0x0B ... 0x0C] = true, [0x0E ... 0x1F] = true,
    [0x7F] = true,          [0xC2] = true,          [0xEF ... 0xFF] = true,
};

static const bool suspects_guide[256] = {
    [0x00 ... 0x08] = true, [0x0E ... 0x1B] = true, ['#' ... '&'] = true,  ['*' ... '+'] = true,
    ['/'] = true,           ['<' ... '>'] = true,   ['@'] = true,          ['^'] = true,
    ['`'] = true,           ['|'] = true,           ['~' ... 0xFF] = true,
};

// Whether all of eight bytes are between SP and "~": no control and no part of a longer character.
static bool is_plain_ascii(const uint8_t *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t high = ones * 0x80;
    uint64_t w;

    memcpy(&w, p, sizeof(w));
    // The high bit of a byte of w - 0x20 or w + 1 is set where the byte is below SP or DEL; borrows
    // and carries only come from bytes that are found themselves.
    return ((w | (w - ones * ' ') | (w + ones)) & high) == 0;
}

// Index of the next character that is not allowed, from byte `at`; text.n where there is none.
static size_t next_invalid(enum validator_characters c, struct span text, size_t at,
                           uint32_t *ret_code)
{
    const bool *suspect = c == VALIDATOR_GUIDE ? suspects_guide : suspects_no_controls;

    while (at < text.n) {
        if (c == VALIDATOR_NO_CONTROLS && text.n - at >= 8 && is_plain_ascii(text.p + at)) {
            at += 8;
            continue;
        }
        if (!suspect[text.p[at]]) {
            at++;
            continue;
        }
        struct span rest = span_drop_first(text, at);
        uint32_t code = utf8_next_lossy(&rest);
        if (!is_allowed(c, code)) {
            *ret_code = code;
            return at;
        }
        at = text.n - rest.n;
    }
    return at;
}

// --- steps

struct found {
    struct validator_result *results;
    size_t most;
    size_t count;
    bool first_only;
};

// Returns whether the check ends here.
static bool report(struct found *f, struct validator_result r)
{
    if (f->count < f->most) {
        f->results[f->count] = r;
    }
    f->count++;
    return f->first_only;
}

static bool check_utf8(struct span text, struct found *f)
{
    struct span rest = text;

    while (rest.n > 0) {
        size_t at = text.n - rest.n;
        size_t before = rest.n;
        uint32_t code = utf8_next_lossy(&rest);
        bool broken = code == 0xFFFD && before - rest.n == 1;
        if (broken &&
            report(f, (struct validator_result){.reason = VALIDATOR_INVALID_UTF8, .at = at})) {
            return true;
        }
    }
    return false;
}

static bool check_blank(const struct validator *v, struct span trimmed, struct found *f)
{
    return v->refuse_blank && trimmed.n == 0 &&
           report(f, (struct validator_result){.reason = VALIDATOR_EMPTY});
}

static bool check_length(const struct validator *v, struct span text, struct found *f)
{
    struct span rest = text;

    if (text.n <= v->max_characters) { // a code point has at least one byte
        return false;
    }
    for (size_t i = 0; i < v->max_characters && rest.n > 0; i++) {
        (void)utf8_next_lossy(&rest);
    }
    return rest.n > 0 && report(f, (struct validator_result){.reason = VALIDATOR_TOO_LONG,
                                                             .at = text.n - rest.n,
                                                             .limit = v->max_characters});
}

// `before` bytes of the text were trimmed off at the front.
static bool check_characters(const struct validator *v, struct span text, size_t before,
                             struct found *f)
{
    uint32_t code = 0;

    if (v->characters == VALIDATOR_ANY) {
        return false;
    }
    for (size_t at = 0; (at = next_invalid(v->characters, text, at, &code)) < text.n;) {
        struct span rest = span_drop_first(text, at);
        if (report(f, (struct validator_result){.reason = VALIDATOR_INVALID_CHARACTERS,
                                                .at = before + at,
                                                .code = code})) {
            return true;
        }
        (void)utf8_next_lossy(&rest);
        at = text.n - rest.n;
    }
    return false;
}

// Returns the text that may be sent, if nothing was found.
static struct span check(const struct validator *v, struct span text, struct found *f)
{
    bool valid = utf8_valid(text);
    size_t before = 0;
    // A broken text has no blank ends to speak of, and is never sent.
    struct span trimmed = valid ? pytext_strip(text, &before) : text;
    struct span sent = v->trim ? trimmed : text;

    if (!valid && check_utf8(text, f)) {
        return sent;
    }
    if (v->length_first && check_length(v, text, f)) {
        return sent;
    }
    if (check_blank(v, trimmed, f)) {
        return sent;
    }
    if (!v->length_first && check_length(v, text, f)) {
        return sent;
    }
    (void)check_characters(v, sent, v->trim ? before : 0, f);
    return sent;
}

enum aiu_status validator_check(const struct validator *v, struct span text,
                                struct validator_result *result)
{
    struct found f = {.results = result, .most = 1, .first_only = true};
    struct span sent = check(v, text, &f);

    if (f.count > 0) {
        return AIU_INVALID_PROMPT;
    }
    *result = (struct validator_result){.reason = VALIDATOR_FINE, .text = sent};
    return AIU_OK;
}

size_t validator_check_all(const struct validator *v, struct span text,
                           struct validator_result *results, size_t most)
{
    struct found f = {.results = results, .most = most};

    (void)check(v, text, &f);
    return f.count;
}

// --- texts

const char *validator_reason_text(enum validator_reason r)
{
    switch (r) {
    case VALIDATOR_FINE:
        return "fine";
    case VALIDATOR_EMPTY:
        return "prompt_empty";
    case VALIDATOR_TOO_LONG:
        return "prompt_too_long";
    case VALIDATOR_INVALID_CHARACTERS:
        return "prompt_invalid_characters";
    case VALIDATOR_INVALID_UTF8:
        return "prompt_invalid_utf8";
    }
    return "unknown";
}

enum aiu_status validator_message(const struct validator_result *r, struct buf *dst)
{
    switch (r->reason) {
    case VALIDATOR_FINE:
        return buf_append(dst, SPAN_OF("Prompt is valid"));
    case VALIDATOR_EMPTY:
        return buf_append(dst, SPAN_OF("Prompt cannot be empty"));
    case VALIDATOR_TOO_LONG:
        return buf_printf(dst, "Prompt too long (max %zu chars)", r->limit);
    case VALIDATOR_INVALID_CHARACTERS:
        return buf_append(dst, SPAN_OF("Prompt contains invalid characters"));
    case VALIDATOR_INVALID_UTF8:
        return buf_append(dst, SPAN_OF("Prompt is not valid UTF-8"));
    }
    return AIU_INTERNAL;
}

struct validator_metadata validator_describe(struct span text)
{
    struct validator_metadata m = {.bytes = text.n};
    bool in_word = false;

    while (text.n > 0) {
        uint32_t code = utf8_next_lossy(&text);
        bool space = pytext_is(&pytext_space, code);
        m.length++;
        m.word_count += !space && !in_word;
        m.has_numbers = m.has_numbers || pytext_is(&pytext_decimal, code);
        in_word = !space;
    }
    return m;
}
