// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Parts of a text backwards, in another alphabet, upside down; and keys written so.
#include "base/utf8.h"
#include "detect/ascii.h"
#include "detect/guess_parts.h"

enum {
    NAT = 8,
    SHIFTS = 26, // the last is the mirror
    SAMPLE = 128,
    OWN = 3, // lane
    ROT13 = 12,
};

// A part of the words in another order or alphabet: hand it out.
static enum aiu_status hand_out(struct guessing *g, struct span bytes, size_t start, size_t end)
{
    size_t from = 0;
    size_t to = 0;

    folded_source(g->words, start, end, &from, &to);
    fold_begin(g->made);
    TRY(fold_put_whole(g->made, bytes, from, to - from));
    const struct folded reading = fold_reading(g->made, FOLD_GUESSED);
    return g->take(g->ctx, &reading, false);
}

// --- backwards --------------------------------------------------------------------------------

static void reverse(const uint8_t *from, uint8_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = from[n - 1 - i];
    }
}

static void reverse_words(const uint8_t *from, uint8_t *to, size_t n)
{
    for (size_t at = 0; at < n;) {
        size_t end = at;
        while (end < n && from[end] != ' ') {
            end++;
        }
        reverse(from + at, to + at, end - at);
        if (end < n) {
            to[end] = ' ';
        }
        at = end + 1;
    }
}

enum aiu_status guess_reversed(struct guessing *g, size_t start, size_t end)
{
    CLEANUP(buf_wipe) struct buf bytes = BUF_OF(FOLD_MOST);
    const uint8_t *from = g->words->text.p + start;
    uint8_t *to = NULL;

    TRY(buf_reserve(&bytes, end - start, &to));
    reverse(from, to, end - start);
    TRY(hand_out(g, span_of(to, end - start), start, end));
    reverse_words(from, to, end - start);
    return hand_out(g, span_of(to, end - start), start, end);
}

// --- other alphabets --------------------------------------------------------------------------

static uint8_t shifted(uint8_t c, unsigned shift)
{
    if (!is_alpha(c)) {
        return c;
    }
    uint8_t first = is_upper(c) ? 'A' : 'a';
    unsigned at = (unsigned)(c - first);
    return (uint8_t)(first + (shift == SHIFTS - 1 ? 25 - at : (at + shift + 1) % 26));
}

static void shift(struct span part, unsigned by, uint8_t *to)
{
    for (size_t i = 0; i < part.n; i++) {
        to[i] = shifted(part.p[i], by);
    }
}

// The alphabet in which `part` reads most like text; SHIFTS where none is much better than its own.
static unsigned best_shift(struct span part)
{
    uint8_t letters[SAMPLE];
    uint8_t alphabet[27] = {0}; // of letters counted from 1; 0 is none
    unsigned chosen = SHIFTS;

    part = span_first(part, SAMPLE);
    for (size_t i = 0; i < part.n; i++) {
        letters[i] = guess_letter(part.p[i]);
    }
    int best = guess_gain(part, OWN) + 6 * NAT;
    for (unsigned by = 0; by < SHIFTS; by++) {
        for (unsigned i = 1; i <= 26; i++) {
            alphabet[i] = guess_letter(shifted((uint8_t)('a' + i - 1), by));
        }
        int gain = guess_gain_in(span_of(letters, part.n), alphabet, OWN);
        if (gain > best) {
            best = gain;
            chosen = by;
        }
    }
    return chosen;
}

enum aiu_status guess_shifted(struct guessing *g, size_t start, size_t end)
{
    CLEANUP(buf_wipe) struct buf bytes = BUF_OF(FOLD_MOST);
    struct span part = {g->words->text.p + start, end - start};
    unsigned by = best_shift(part);
    uint8_t *to = NULL;

    if (by == SHIFTS) {
        return AIU_OK;
    }
    TRY(buf_reserve(&bytes, part.n, &to));
    shift(part, by, to);
    return hand_out(g, span_of(to, part.n), start, end);
}

// --- keys -------------------------------------------------------------------------------------

enum aiu_status guess_key(struct span source, size_t start, size_t end, struct folder *keys)
{
    for (size_t i = end; i-- > start;) {
        TRY(fold_put_whole(keys, span_of(source.p + i, 1), start, end - start));
    }
    TRY(fold_put_whole(keys, SPAN_OF("\n"), start, end - start));
    for (size_t i = start; i < end; i++) {
        uint8_t c = shifted(source.p[i], ROT13);
        TRY(fold_put_whole(keys, span_of(&c, 1), start, end - start));
    }
    return fold_put_whole(keys, SPAN_OF("\n"), start, end - start);
}

// --- upside down ------------------------------------------------------------------------------

static const struct turn {
    uint32_t code;
    char c;
} turns[] = {
    {0x250, 'a'},  {0x254, 'c'},  {0x1DD, 'e'},  {0x259, 'e'},  {0x25F, 'f'},  {0x183, 'g'},
    {0x253, 'g'},  {0x265, 'h'},  {0x1D09, 'i'}, {0x131, 'i'},  {0x27E, 'j'},  {0x17F, 'j'},
    {0x29E, 'k'},  {0x5DF, 'l'},  {0x26F, 'm'},  {0x279, 'r'},  {0x287, 't'},  {0x28C, 'v'},
    {0x28D, 'w'},  {0x28E, 'y'},  {0x2200, 'A'}, {0x15FA, 'B'}, {0x186, 'C'},  {0x15E1, 'D'},
    {0x18E, 'E'},  {0x2132, 'F'}, {0x2141, 'G'}, {0x2142, 'L'}, {0x2229, 'U'}, {0x39B, 'V'},
    {0x2144, 'Y'}, {0x22A5, 'T'}, {0x1D1A, 'R'}, {0x500, 'P'},  {0x196, '1'},  {0x1105, '2'},
    {0x190, '3'},  {0x3123, '4'}, {0x3DB, '5'},  {0x3125, '7'}, {0x203E, '_'}, {0xBF, '?'},
    {0xA1, '!'},   {0x201E, '"'}, {0x2D9, '.'},  {0x214B, '&'},
};

static const char pairs[][2] = {{'b', 'q'}, {'d', 'p'}, {'n', 'u'}, {'6', '9'}, {'M', 'W'},
                                {'(', ')'}, {'[', ']'}, {'<', '>'}, {'{', '}'}, {',', '\''}};

static char turned_ascii(uint8_t c)
{
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        if (c == (uint8_t)pairs[i][0] || c == (uint8_t)pairs[i][1]) {
            return pairs[i][c == (uint8_t)pairs[i][0]];
        }
    }
    return (char)c;
}

// NUL for a character that does not turn.
static char turned_over(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_SIZE(turns); i++) {
        if (turns[i].code == code) {
            return turns[i].c;
        }
    }
    if (code >= 0x80) {
        return '\0';
    }
    return turned_ascii((uint8_t)code);
}

enum aiu_status guess_turned(struct span source, struct folder *made, guess_handler take, void *ctx)
{
    enum { LEAST = 4 };
    size_t turned = 0;
    size_t at = source.n;

    fold_begin(made);
    TRY(fold_put_whole(made, SPAN_OF(""), 0, source.n));
    while (at > 0) {
        size_t start = at - 1;
        while (start > 0 && at - start < 4 && (source.p[start] & 0xC0) == 0x80) {
            start--;
        }
        struct span left = {source.p + start, at - start};
        uint32_t code = utf8_next_lossy(&left);
        uint8_t c = (uint8_t)turned_over(code);
        turned += code >= 0x80 && c != '\0';
        TRY(c == '\0' ? AIU_OK : buf_append_byte(&made->text, c));
        at = start;
    }
    const struct folded reading = fold_reading(made, FOLD_GUESSED);
    return turned < LEAST ? AIU_OK : take(ctx, &reading, true);
}
