// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Text as a row of numbers, one a character ("01101001 01100111", "105 103", "0x69,0x67"), and as
// Morse. Which base a row is in is told by its digits and their number; a row that says no text in
// its base says nothing.
#include <string.h>

#include "detect/ascii.h"
#include "detect/decode.h"

enum {
    GROUPS_LEAST = DECODE_LEAST,
    GROUP_MOST = 8,  // digits of a number
    BACK_MOST = 16,  // how far before the place a row may have begun
    ROW_WITHIN = 32, // how far off a row or Morse may begin
    SIGNS_MOST = 6,  // of a letter in Morse
};

// --- numbers ----------------------------------------------------------------------------------

struct row {
    size_t count;
    size_t digits;               // of each number where all have as many, else 0
    size_t end;                  // in the text
    bool binary, octal, decimal; // whether all digits are of the base
};

static bool is_gap(uint8_t c)
{
    return c == ' ' || c == ',' || c == ':' || c == ';' || c == '\n' || c == '\r' || c == '\t';
}

static size_t skip_gap(struct span text, size_t at)
{
    for (size_t n = 0; n < 3 && at < text.n && is_gap(text.p[at]); n++) {
        at++;
    }
    if (text.n - at > 2 && text.p[at] == '0' && (text.p[at + 1] | 0x20) == 'x') {
        at += 2;
    }
    return at;
}

// The digits of the number at `at`.
static struct span number_at(struct span text, size_t at)
{
    size_t n = 0;

    while (at + n < text.n && n <= GROUP_MOST && is_hex(text.p[at + n])) {
        n++;
    }
    bool whole = n > 0 && n <= GROUP_MOST && (at + n == text.n || !is_alnum(text.p[at + n]));
    return span_of(text.p + at, whole ? n : 0);
}

static struct row row_at(struct span text, size_t at)
{
    struct row row = {.binary = true, .octal = true, .decimal = true, .end = at};
    struct span number;

    for (at = skip_gap(text, at); (number = number_at(text, at)).n > 0; row.count++) {
        for (size_t i = 0; i < number.n; i++) {
            row.binary = row.binary && number.p[i] <= '1';
            row.octal = row.octal && number.p[i] <= '7';
            row.decimal = row.decimal && is_digit(number.p[i]);
        }
        row.digits = row.count == 0 || row.digits == number.n ? number.n : 0;
        row.end = at + number.n;
        size_t next = skip_gap(text, row.end);
        if (next == row.end) {
            row.count++;
            break;
        }
        at = next;
    }
    return row;
}

static unsigned value_of(struct span number, unsigned base)
{
    unsigned value = 0;

    for (size_t i = 0; i < number.n; i++) {
        uint8_t c = number.p[i];
        unsigned digit = (uint8_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
        value = value * base + digit;
    }
    return value;
}

static enum aiu_status say_row(const struct decode_job *job, size_t at, const struct row *row,
                               unsigned base)
{
    struct decoder *d = job->d;
    struct span text = job->text;

    buf_reset(&d->bytes);
    for (size_t i = 0, next = at; i < row->count; i++) {
        next = skip_gap(text, next);
        struct span number = number_at(text, next);
        unsigned value = value_of(number, base);
        if (value > 0xFF || value == 0) {
            return AIU_OK;
        }
        TRY(buf_append_byte(&d->bytes, (uint8_t)value));
        next += number.n;
    }
    struct decoded found = {skip_gap(text, at), row->end, buf_span(&d->bytes)};
    return decode_is_text(found.bytes) ? job->take(job->ctx, &found) : AIU_OK;
}

// Eight digits a character without gaps.
static enum aiu_status say_bits(const struct decode_job *job, size_t at, size_t *ret_end)
{
    struct decoder *d = job->d;
    struct span text = job->text;
    size_t end = at;

    while (end < text.n && (text.p[end] == '0' || text.p[end] == '1')) {
        end++;
    }
    *ret_end = end;
    buf_reset(&d->bytes);
    for (size_t i = at; i + 8 <= end; i += 8) {
        TRY(buf_append_byte(&d->bytes, (uint8_t)value_of(span_of(text.p + i, 8), 2)));
    }
    struct decoded found = {at, end, buf_span(&d->bytes)};
    return decode_is_text(found.bytes) ? job->take(job->ctx, &found) : AIU_OK;
}

// Where a row around `at` begins: behind the last byte that can not be part of one.
static size_t row_start(struct span text, size_t at)
{
    size_t start = at;

    while (start > 0 && at - start < BACK_MOST &&
           (is_hex(text.p[start - 1]) || is_gap(text.p[start - 1]) || text.p[start - 1] == 'x')) {
        start--;
    }
    while (start < text.n && start < at + ROW_WITHIN &&
           !(is_hex(text.p[start]) && (start == 0 || !is_alnum(text.p[start - 1])) &&
             number_at(text, skip_gap(text, start)).n > 0)) {
        start++;
    }
    return start;
}

enum aiu_status decode_group(const struct decode_job *job, size_t at, size_t *ret_end)
{
    struct decoder *d = job->d;
    struct span text = job->text;

    d->bytes.maximum = FOLD_MOST;
    size_t bits = at;
    while (bits > 0 && at - bits < 64 && (text.p[bits - 1] | 1) == '1') {
        bits--;
    }
    if ((text.p[bits] | 1) == '1') {
        size_t end = 0;
        TRY(say_bits(job, bits, &end));
        if (end - bits >= 64 && end > at) {
            *ret_end = end;
            return AIU_OK;
        }
    }
    size_t start = row_start(text, at);
    struct row row = row_at(text, start);
    if (row.end > *ret_end) {
        *ret_end = row.end;
    }
    if (row.count < GROUPS_LEAST) {
        return AIU_OK;
    }
    const bool fits[] = {row.binary && row.digits >= 7, row.octal && row.digits <= 3,
                         row.decimal && row.digits <= 3, row.digits == 2};
    static const unsigned bases[] = {2, 8, 10, 16};
    for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
        TRY(fits[i] ? say_row(job, start, &row, bases[i]) : AIU_OK);
    }
    return AIU_OK;
}

// --- Morse ------------------------------------------------------------------------------------

// ITU-R M.1677: a letter's place is 1, then a bit a sign, the dash set.
static char morse_letter(unsigned signs)
{
    static const char letters[64] = {
        [2] = 'e',  [3] = 't',  [4] = 'i',  [5] = 'a',  [6] = 'n',  [7] = 'm',
        [8] = 's',  [9] = 'u',  [10] = 'r', [11] = 'w', [12] = 'd', [13] = 'k',
        [14] = 'g', [15] = 'o', [16] = 'h', [17] = 'v', [18] = 'f', [20] = 'l',
        [22] = 'p', [23] = 'j', [24] = 'b', [25] = 'x', [26] = 'c', [27] = 'y',
        [28] = 'z', [29] = 'q', [32] = '5', [33] = '4', [35] = '3', [39] = '2',
        [47] = '1', [48] = '6', [56] = '7', [60] = '8', [62] = '9', [63] = '0',
    };

    switch (signs) {
    case 0x4C: // ..--..
        return '?';
    case 0x55: // .-.-.-
        return '.';
    case 0x73: // --..--
        return ',';
    default:
        return letters[signs < ARRAY_SIZE(letters) ? signs : 0];
    }
}

static bool is_stroke(uint8_t c)
{
    return c == '.' || c == '-';
}

static size_t morse_start(struct span text, size_t at)
{
    size_t start = at;

    while (start > 0 && at - start < ROW_WITHIN &&
           (is_stroke(text.p[start - 1]) || text.p[start - 1] == ' ' || text.p[start - 1] == '/')) {
        start--;
    }
    return start;
}

// One letter in signs at `*at`, moved behind it; NUL where there is none.
static char take_signs(struct span text, size_t *at)
{
    unsigned signs = 1;
    size_t n = 0;

    for (; n <= SIGNS_MOST && *at + n < text.n && is_stroke(text.p[*at + n]); n++) {
        signs = signs << 1 | (text.p[*at + n] == '-');
    }
    bool whole = n > 0 && n <= SIGNS_MOST;
    char letter = morse_letter(whole ? signs : 0);
    *at += letter == 0 ? 0 : n;
    return letter;
}

enum aiu_status decode_morse(const struct decode_job *job, size_t at, size_t *ret_end)
{
    struct decoder *d = job->d;
    struct span text = job->text;
    size_t start = morse_start(text, at);
    at = start;
    d->bytes.maximum = FOLD_MOST;
    buf_reset(&d->bytes);
    for (;;) {
        size_t blanks = 0;
        bool slash = false;
        for (; at < text.n && (is_blank(text.p[at]) || text.p[at] == '/'); at++) {
            blanks++;
            slash = slash || text.p[at] == '/';
        }
        if (d->bytes.n > 0 && (blanks > 1 || slash)) {
            TRY(buf_append_byte(&d->bytes, ' '));
        }
        char letter = take_signs(text, &at);
        if (letter == '\0') {
            break;
        }
        TRY(buf_append_byte(&d->bytes, (uint8_t)letter));
    }
    *ret_end = at > *ret_end ? at : *ret_end;
    struct decoded found = {start, at, buf_span(&d->bytes)};
    return decode_is_text(found.bytes) ? job->take(job->ctx, &found) : AIU_OK;
}
