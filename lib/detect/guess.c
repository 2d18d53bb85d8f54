// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Each hypothesis has a running sum of how much better it explains the pairs of letters than the
// text as it stands; it never falls below zero, so that its rise tells where a part begins (Page's
// test). The first pass looks at every other pair, which is enough to see that there is something;
// what it marks is measured again with all pairs.
#include "detect/guess.h"

#include <string.h>

#include "detect/ascii.h"
#include "detect/guess_parts.h"
#include "detect/lanes.h"

enum {
    STRIDE = 16,       // bytes of a step, half as many pairs
    BIAS = 128,        // of a lane of a pair
    NAT = 8,           // steps
    SUSPECT = 4 * NAT, // a sum that is worth a closer look
    OVER = 5 * NAT,    // this far below its peak, a part has ended
    LETTERS_LEAST = 10,
    WORD_MOST = 256,    // of a row without a blank, how far around a part it is read
    SHORT = 4 * STRIDE, // text of which every way is tried
};

enum lane { LANE_BACK, LANE_ROT13, LANE_OTHER, LANE_OWN };

struct rise {
    int sum, peak;
    size_t start, end; // of the part that rises
};

// What the first pass sees on its way.
struct seen {
    bool digits; // in some stride
    bool gaps;   // so many in some stride that letters may be apart
};

// The lanes of every other pair of a stride, summed.
static uint64_t stride_sum(const uint8_t *p, struct seen *seen)
{
    typedef uint16_t pairs __attribute__((vector_size(STRIDE)));
    lanes v = lanes_load(p);
    lanes letters = lanes_in(v, 'a', 26);
    lanes digits = lanes_digits(v);
    pairs both = (pairs)(v & 31 & letters);
    uint16_t at[STRIDE / 2];
    uint64_t sum = 0;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    both = both >> 8 | both << 8;
#endif
    seen->digits = seen->digits || lanes_any(digits | lanes_equal(v, '@') | lanes_equal(v, '$'));
    seen->gaps = seen->gaps || lanes_sum(~(letters | digits) & 1) >= STRIDE / 2 - 2;
    both = (both & 31) | (both / 8 & 0x3E0);
    memcpy(at, &both, sizeof(at));
    for (size_t i = 0; i < STRIDE / 2; i++) {
        sum += guess_pairs[at[i]];
    }
    return sum;
}

static int lane_of(uint64_t sum, enum lane lane, int pairs)
{
    return (int)(sum >> (16 * lane) & 0xFFFF) - pairs * BIAS;
}

// --- a closer look ----------------------------------------------------------------------------

int guess_gain(struct span part, int lane)
{
    int sum = 0;

    for (size_t i = 0; i + 1 < part.n; i++) {
        uint64_t pair = guess_pairs[guess_letter(part.p[i]) | guess_letter(part.p[i + 1]) << 5];
        sum += lane_of(pair, (enum lane)lane, 1);
    }
    return sum;
}

int guess_gain_in(struct span letters, const uint8_t alphabet[27], int lane)
{
    int sum = 0;
    size_t before = letters.n > 0 ? alphabet[letters.p[0]] : 0;

    for (size_t i = 1; i < letters.n; i++) {
        size_t now = alphabet[letters.p[i]];
        sum += lane_of(guess_pairs[before | now << 5], (enum lane)lane, 1);
        before = now;
    }
    return sum;
}

static size_t letters_of(struct span part)
{
    size_t n = 0;

    for (size_t i = 0; i < part.n; i++) {
        n += guess_letter(part.p[i]) != 0;
    }
    return n;
}

// The part in whole words, but for the far ends of rows without a blank: each part of base64 would
// else be all of it. Whether both ends are whole.
static bool widen(struct span words, struct rise *r)
{
    size_t least = r->start > WORD_MOST ? r->start - WORD_MOST : 0;
    size_t most = words.n - r->end > WORD_MOST ? r->end + WORD_MOST : words.n;

    while (r->start > least && words.p[r->start - 1] != ' ') {
        r->start--;
    }
    while (r->end < most && words.p[r->end] != ' ') {
        r->end++;
    }
    return (r->start == 0 || words.p[r->start - 1] == ' ') &&
           (r->end == words.n || words.p[r->end] == ' ');
}

static enum aiu_status take_part(struct guessing *g, enum lane lane, struct rise part)
{
    struct span words = g->words->text;

    bool whole = widen(words, &part);
    struct span text = {words.p + part.start, part.end - part.start};
    size_t letters = letters_of(text);
    if (letters < LETTERS_LEAST || letters * 3 < text.n * 2 ||
        (!whole && letters * 10 < text.n * 9)) {
        return AIU_OK;
    }
    if (lane == LANE_BACK) {
        return guess_gain(text, LANE_BACK) < 6 * NAT ? AIU_OK
                                                     : guess_reversed(g, part.start, part.end);
    }
    return guess_shifted(g, part.start, part.end);
}

// --- the first pass ---------------------------------------------------------------------------

static enum aiu_status step(struct guessing *g, enum lane lane, struct rise *r, size_t at, int gain)
{
    bool risen = r->peak > SUSPECT;

    if (r->sum + gain <= 0 || (risen && r->sum + gain < r->peak - OVER)) {
        struct rise part = *r;
        *r = (struct rise){0};
        return risen ? take_part(g, lane, part) : AIU_OK;
    }
    r->start = r->sum == 0 ? at : r->start;
    r->sum += gain;
    if (r->sum > r->peak) {
        r->peak = r->sum;
        r->end = at + STRIDE;
    }
    return AIU_OK;
}

// Whether no hypothesis gains by the stride: three lanes are compared at once.
static bool gains_nothing(uint64_t sum)
{
    enum { LEVEL = STRIDE / 2 * BIAS };
    const uint64_t ones = UINT64_C(0x0000000100010001);

    return ((sum + (0x7FFF - LEVEL) * ones) & 0x8000 * ones) == 0;
}

static enum aiu_status step_all(struct guessing *g, struct rise *rises, size_t at, uint64_t sum)
{
    for (unsigned lane = LANE_BACK; lane < LANE_OWN; lane++) {
        TRY(step(g, (enum lane)lane, &rises[lane], at, lane_of(sum, (enum lane)lane, STRIDE / 2)));
    }
    return AIU_OK;
}

static enum aiu_status find_parts(struct guessing *g, struct seen *seen)
{
    struct span words = g->words->text;
    struct rise rises[LANE_OWN] = {{0}};
    uint8_t last[STRIDE] = {0};

    for (size_t at = 0; at < words.n; at += STRIDE) {
        const uint8_t *p = words.p + at;
        if (words.n - at < STRIDE) {
            memcpy(last, p, words.n - at);
            p = last;
        }
        uint64_t sum = stride_sum(p, seen);
        if (gains_nothing(sum) && rises[0].sum + rises[1].sum + rises[2].sum == 0) {
            continue;
        }
        TRY(step_all(g, rises, at, sum));
    }
    for (unsigned lane = LANE_BACK; lane < LANE_OWN; lane++) {
        if (rises[lane].peak > SUSPECT) {
            rises[lane].end = rises[lane].end < words.n ? rises[lane].end : words.n;
            TRY(take_part(g, (enum lane)lane, rises[lane]));
        }
    }
    return AIU_OK;
}

enum aiu_status guess_readings(const struct folded *words, struct span source, struct folder *made,
                               guess_handler take, void *ctx)
{
    struct guessing g = {words, source, made, take, ctx};

    struct seen seen = {false, words->text.n < SHORT};

    TRY(find_parts(&g, &seen));
    TRY(seen.gaps ? guess_apart(&g) : AIU_OK);
    return seen.digits ? guess_leet(&g) : AIU_OK;
}
