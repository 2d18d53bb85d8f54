// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Digits and signs in the place of letters ("1gn0r3 4ll"). A few are in every text ("3rd", "x86");
// a reading is made where several words have them.
#include "detect/ascii.h"
#include "detect/guess_parts.h"
#include "detect/lanes.h"

enum { WORDS_LEAST = 3, OWN = 3, SHORT = 4 * LANES };

static uint8_t letter_of(uint8_t c)
{
    static const char letters[128] = {
        ['0'] = 'o', ['1'] = 'i', ['3'] = 'e', ['4'] = 'a', ['5'] = 's', ['6'] = 'g', ['7'] = 't',
        ['8'] = 'b', ['9'] = 'g', ['@'] = 'a', ['$'] = 's', ['!'] = 'i', ['+'] = 't', ['|'] = 'l',
    };

    return c < 128 ? (uint8_t)letters[c] : 0;
}

static lanes signs_in(lanes v)
{
    return lanes_in(v, '0', 9) | lanes_equal(v, '@') | lanes_equal(v, '$');
}

// Whether a letter and a digit of those most used stand beside each other.
static bool any_mixed(const uint8_t *p)
{
    lanes a = lanes_load(p);
    lanes b = lanes_load(p + 1);

    return lanes_any((lanes_letters(a) & signs_in(b)) | (signs_in(a) & lanes_letters(b)));
}

static bool is_leet(struct span word)
{
    size_t plain = 0;
    size_t signs = 0;

    for (size_t i = 0; i < word.n; i++) {
        plain += is_alpha(word.p[i]);
        signs += letter_of(word.p[i]) != '\0' && word.p[i] != '!';
    }
    return word.n >= 3 && plain > 0 && signs > 0 && plain + signs + 1 >= word.n &&
           plain * 4 >= word.n;
}

static size_t count_leet(struct span words)
{
    size_t count = 0;

    for (size_t at = 0; at < words.n;) {
        struct span left = span_drop_first(words, at);
        size_t n = span_find_byte(left, ' ');
        count += is_leet(span_first(left, n));
        at += n + 1;
    }
    return count;
}

// "1" is "i" or "l", whichever goes better with the letters beside it.
static uint8_t one_of(uint8_t before, uint8_t after)
{
    const uint8_t i[3] = {before, 'i', after};
    const uint8_t l[3] = {before, 'l', after};

    return guess_gain(span_of(l, 3), OWN) > guess_gain(span_of(i, 3), OWN) ? 'l' : 'i';
}

static enum aiu_status put_letters(struct guessing *g)
{
    struct span words = g->words->text;
    uint8_t *out = NULL;

    fold_begin(g->made);
    TRY(buf_reserve(&g->made->text, words.n, &out));
    for (size_t i = 0; i < words.n; i++) {
        uint8_t c = letter_of(words.p[i]);
        out[i] = c == '\0' ? words.p[i] : c;
        if (words.p[i] == '1' || words.p[i] == '|') {
            uint8_t after = i + 1 < words.n ? words.p[i + 1] : ' ';
            uint8_t next = letter_of(after);
            out[i] = one_of(i > 0 ? out[i - 1] : ' ', next == '\0' ? after : next);
        }
    }
    buf_grow(&g->made->text, words.n);
    return AIU_OK;
}

// Whether there is reason to look at words.
static bool may_be_leet(struct span words)
{
    size_t mixed = words.n <= SHORT ? WORDS_LEAST : 0;

    for (size_t at = 0; words.n - at > LANES && mixed < WORDS_LEAST; at += LANES) {
        mixed += any_mixed(words.p + at);
    }
    return mixed >= WORDS_LEAST;
}

enum aiu_status guess_leet(struct guessing *g)
{
    struct span words = g->words->text;

    if (!may_be_leet(words) || count_leet(words) < WORDS_LEAST) {
        return AIU_OK;
    }
    TRY(put_letters(g));
    const struct folded reading = {buf_span(&g->made->text), g->words->marks, g->words->mark_count,
                                   FOLD_GUESSED};
    return g->take(g->ctx, &reading, false);
}
