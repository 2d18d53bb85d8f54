// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Digits and signs in the place of letters ("1gn0r3 4ll"). A few are in every text ("3rd", "x86");
// a reading is made where several words have them.
#include <string.h>

#include "detect/ascii.h"
#include "detect/guess_parts.h"

enum { STRIDE = 32, WORDS_LEAST = 3, OWN = 3 };

static const char digits[] = "0134567890@$!+|";
static const char letters[] = "oieasgtbgoasitl";

static uint8_t letter_of(uint8_t c)
{
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? '\0' : (uint8_t)letters[at - digits];
}

// Whether a letter and a digit of those most used stand beside each other.
static bool any_mixed(const uint8_t *p)
{
    uint8_t odd = 0;
    uint8_t letter[STRIDE];
    uint8_t digit[STRIDE];

    for (size_t i = 0; i < STRIDE; i++) {
        letter[i] = (uint8_t)(p[i] - 'a') < 26;
        digit[i] = (uint8_t)(p[i] - '0') < 9 || p[i] == '@' || p[i] == '$';
    }
    for (size_t i = 0; i + 1 < STRIDE; i++) {
        odd |= (uint8_t)((letter[i] & digit[i + 1]) | (digit[i] & letter[i + 1]));
    }
    return odd != 0;
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

enum aiu_status guess_leet(struct guessing *g)
{
    struct span words = g->words->text;
    bool mixed = words.n < STRIDE;

    for (size_t at = 0; words.n - at >= STRIDE && !mixed; at += STRIDE) {
        mixed = any_mixed(words.p + at);
    }
    if (!mixed || count_leet(words) < WORDS_LEAST) {
        return AIU_OK;
    }
    TRY(put_letters(g));
    const struct folded reading = {buf_span(&g->made->text), g->words->marks, g->words->mark_count,
                                   FOLD_GUESSED};
    return g->take(g->ctx, &reading, false);
}
