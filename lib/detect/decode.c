// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A run of LEAST bytes covers eight bytes at a place that eight divides, which are looked at at
// once. A run that is no code is given up at its first bytes, because what it would say is no text.
#include "detect/decode.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "detect/ascii.h"
#include "detect/lanes.h"

enum {
    LEAST = 20, // shortest run
    NARROW_LEAST = 2 * DECODE_LEAST,
    DECODED_MOST = FOLD_MOST,
    STRIDE = 32,
    LINE_LEAST = 32, // shortest line of base64 that goes on in the next
};

bool decode_is_text(struct span bytes)
{
    size_t plain = 0;

    if (bytes.n < DECODE_LEAST || !utf8_valid(bytes)) {
        return false;
    }
    for (size_t i = 0; i < bytes.n; i++) {
        uint8_t c = bytes.p[i];
        if ((c < 0x20 && !is_blank(c)) || c == 0x7F) {
            return false;
        }
        plain += is_alnum(c) || c == ' ' || c >= 0x80;
    }
    return plain * 4 >= bytes.n * 3 - bytes.n / 4;
}

// Whether text may have `c` as its n-th byte, UTF-16 of ASCII too.
static bool may_have(uint8_t c, size_t n)
{
    if (n == 0) {
        return c >= 0x20 && c < 0xF5 && c != 0x7F && (c & 0xC0) != 0x80;
    }
    return c == 0 || is_blank(c) || (c >= 0x20 && c != 0x7F);
}

// --- alphabets --------------------------------------------------------------------------------

static inline bool is_base64(uint8_t c)
{
    static const bool digits[256] = {
        ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['+'] = true,
        ['/'] = true,         ['-'] = true,         ['_'] = true,
    };

    return digits[c];
}

static uint8_t value16(uint8_t c)
{
    return is_digit(c) ? (uint8_t)(c - '0') : (uint8_t)((c | 0x20) - 'a' + 10);
}

static bool is_base32(uint8_t c)
{
    return is_upper(c) || (c >= '2' && c <= '7');
}

static bool all(struct span s, bool (*is)(uint8_t))
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is(s.p[i])) {
            return false;
        }
    }
    return true;
}

// --- decoding ---------------------------------------------------------------------------------

static enum aiu_status room_for(struct decoder *d, size_t n, uint8_t **ret_p)
{
    d->bytes.maximum = DECODED_MOST;
    buf_reset(&d->bytes);
    enum aiu_status st = buf_reserve(&d->bytes, n + 8, ret_p);
    return st == AIU_TOO_LONG ? AIU_INSPECTION_FAILED : st;
}

// Digits of `bits` bits each, blanks between lines skipped. Gives up where it begins like no text.
static size_t decode_bits(struct span run, unsigned bits, uint32_t (*value)(uint8_t), uint8_t *out)
{
    uint64_t held = 0;
    unsigned have = 0;
    size_t n = 0;

    for (size_t i = 0; i < run.n; i++) {
        if (is_blank(run.p[i])) {
            continue;
        }
        held = held << bits | value(run.p[i]);
        have += bits;
        if (have >= 8) {
            have -= 8;
            out[n] = (uint8_t)(held >> have);
            if (!may_have(out[n], n)) {
                return 0;
            }
            n++;
        }
    }
    return n;
}

static uint32_t value32(uint8_t c)
{
    return (uint8_t)(is_upper(c) ? c - 'A' : c - '2' + 26);
}

static uint32_t value_hex(uint8_t c)
{
    return value16(c);
}

// UTF-16 without its zero bytes, as scripts of one vendor's shell are written.
static size_t narrow(uint8_t *p, size_t n)
{
    if (n < NARROW_LEAST || p[1] != 0 || p[3] != 0) {
        return n;
    }
    size_t kept = 0;
    for (size_t i = 0; i + 1 < n; i += 2) {
        if (p[i + 1] != 0) {
            return n;
        }
        p[kept++] = p[i];
    }
    return kept;
}

// A character that was cut at the end, and fill at both.
static struct span trimmed(const uint8_t *p, size_t n)
{
    for (size_t cut = 0; cut < 4 && n > cut; cut++) {
        if (utf8_valid(span_of(p, n - cut))) {
            return span_of(p, n - cut);
        }
    }
    return span_of(p, n);
}

// Digits in hex are one number as well as another.
static bool any_letter(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_alpha(s.p[i]) || s.p[i] >= 0x80) {
            return true;
        }
    }
    return false;
}

struct code {
    unsigned bits;
    uint32_t (*value)(uint8_t);
};

static const struct code base64 = {6, base64_value};
static const struct code base32 = {5, value32};
static const struct code hex = {4, value_hex};

static enum aiu_status try_code(const struct decode_job *job, size_t start, size_t end,
                                const struct code *code, bool *ret_taken)
{
    struct decoder *d = job->d;
    uint8_t *p = NULL;

    *ret_taken = false;
    TRY(room_for(d, end - start, &p));
    size_t n = decode_bits(span_of(job->text.p + start, end - start), code->bits, code->value, p);
    struct span bytes = trimmed(p, narrow(p, n));
    buf_grow(&d->bytes, n);
    if (!decode_is_text(bytes) || (code == &hex && !any_letter(bytes))) {
        return AIU_OK;
    }
    *ret_taken = true;
    struct decoded found = {start, end, bytes};
    return job->take(job->ctx, &found);
}

// --- runs -------------------------------------------------------------------------------------

static size_t run_end(struct span text, size_t at)
{
    while (at < text.n && is_base64(text.p[at])) {
        at++;
    }
    return at;
}

// Lines of base64 (MIME) are one run: all but the last are of one length.
static size_t lines_end(struct span text, size_t start, size_t end)
{
    size_t line = end - start;

    while (line >= LINE_LEAST && end < text.n) {
        size_t next = end + (text.p[end] == '\r');
        if (next >= text.n || text.p[next] != '\n') {
            break;
        }
        size_t stop = run_end(text, next + 1);
        if (stop == next + 1 || stop - next - 1 > line) {
            break;
        }
        end = stop;
        if (stop - next - 1 < line) {
            break;
        }
    }
    return end;
}

static enum aiu_status take_run(struct decoder *d, struct span text, size_t start, size_t end,
                                const struct decode_handlers *to)
{
    const struct decode_job job = {d, text, to->decoded, to->ctx};
    struct span run = {text.p + start, end - start};
    bool taken = false;

    if (all(run, is_hex)) {
        TRY(try_code(&job, start, end - run.n % 2, &hex, &taken));
    }
    if (!taken && all(run, is_base32)) {
        TRY(try_code(&job, start, end, &base32, &taken));
    }
    // A path or a word in front may put base64 out of step.
    for (size_t skip = 0; skip < 4 && !taken && run.n - skip >= LEAST; skip++) {
        TRY(try_code(&job, start + skip, end, &base64, &taken));
    }
    return taken ? AIU_OK : to->token(to->ctx, start, end);
}

// Which halves of the lanes are all digits of base64.
static void whole_halves(const uint8_t *p, bool whole[2])
{
    lanes v = lanes_load(p);
    lanes other = ~(lanes_letters(v) | lanes_digits(v) | lanes_equal(v, '+') | lanes_equal(v, '/') |
                    lanes_equal(v, '-') | lanes_equal(v, '_'));
    uint64_t half[2];

    memcpy(half, &other, sizeof(half));
    whole[0] = half[0] == 0;
    whole[1] = half[1] == 0;
}

// The run around `at`; `*ret_end` is its end, or `at` where it is too short.
static enum aiu_status take_run_around(struct decoder *d, struct span text, size_t at, size_t done,
                                       const struct decode_handlers *to, size_t *ret_end)
{
    size_t start = at;

    while (start > done && is_base64(text.p[start - 1])) {
        start--;
    }
    size_t end = run_end(text, at);
    *ret_end = end;
    if (end - start < LEAST) {
        return AIU_OK;
    }
    *ret_end = lines_end(text, start, end);
    return take_run(d, text, start, *ret_end, to);
}

static enum aiu_status take_all_runs(struct decoder *d, struct span text,
                                     const struct decode_handlers *to)
{
    uint8_t last[LANES] = {0};
    size_t done = 0;

    for (size_t at = 0; at < text.n; at += LANES) {
        const uint8_t *p = text.p + at;
        bool whole[2];
        if (text.n - at < LANES) {
            memcpy(last, p, text.n - at);
            p = last;
        }
        whole_halves(p, whole);
        for (size_t half = 0; half < 2; half++) {
            size_t from = at + half * LANES / 2;
            if (whole[half] && from >= done) {
                TRY(take_run_around(d, text, from, done, to, &done));
            }
        }
    }
    return AIU_OK;
}

// --- selectors --------------------------------------------------------------------------------

// The byte that the variation selector at `at` stands for: 0 to 15 for VS1 to VS16, 16 to 255 for
// VS17 to VS256; `*ret_n` bytes, 0 where there is none.
static uint8_t selector_byte(struct span text, size_t at, size_t *ret_n)
{
    const uint8_t *p = text.p + at;

    *ret_n = 0;
    if (text.n - at >= 3 && p[0] == 0xEF && p[1] == 0xB8 && p[2] >= 0x80 && p[2] <= 0x8F) {
        *ret_n = 3;
        return p[2] & 0x0F;
    }
    if (text.n - at >= 4 && p[0] == 0xF3 && p[1] == 0xA0 && p[2] >= 0x84 && p[2] <= 0x87) {
        *ret_n = 4;
        return (uint8_t)(((p[2] & 3U) << 6 | (p[3] & 0x3FU)) + 16);
    }
    return 0;
}

enum aiu_status decode_selectors(struct decoder *d, struct span text, decoded_handler take,
                                 void *ctx)
{
    for (size_t at = 0; at < text.n;) {
        uint8_t *out = NULL;
        size_t n = 0;
        size_t size = 0;
        size_t end = at;
        (void)selector_byte(text, at, &size);
        if (size == 0) {
            at++;
            continue;
        }
        TRY(room_for(d, (text.n - at) / 3 + 1, &out));
        while (end < text.n) {
            uint8_t byte = selector_byte(text, end, &size);
            if (size == 0) {
                break;
            }
            out[n++] = byte;
            end += size;
        }
        buf_grow(&d->bytes, n);
        if (decode_is_text(span_of(out, n))) {
            struct decoded found = {at, end, {out, n}};
            TRY(take(ctx, &found));
        }
        at = end;
    }
    return AIU_OK;
}

// --- hints ------------------------------------------------------------------------------------

// How many lanes of both halves hold.
static unsigned count_both(lanes a, lanes b)
{
    return lanes_sum((a & 1) + (b & 1));
}

static unsigned count_gaps(lanes v)
{
    lanes gaps =
        lanes_equal(v, ' ') | lanes_equal(v, ',') | lanes_equal(v, ':') | lanes_equal(v, '\n');

    return lanes_sum(gaps & 1);
}

static unsigned stride_hints(const uint8_t *p)
{
    lanes a = lanes_load(p);
    lanes b = lanes_load(p + LANES);
    lanes escapes = lanes_in(a, '%', 2) | lanes_in(b, '%', 2) | lanes_equal(a, '\\') |
                    lanes_equal(b, '\\'); // % & and the backslash
    unsigned hints = lanes_any(escapes) ? DECODE_ESCAPES : 0U;
    lanes a_counted = lanes_in(a, '-', 13); // - . / and the digits
    lanes b_counted = lanes_in(b, '-', 13);

    if (count_both(a_counted, b_counted) < STRIDE / 4) {
        return hints;
    }
    unsigned digits = count_both(lanes_digits(a), lanes_digits(b));
    unsigned strokes = count_both(lanes_in(a, '-', 2), lanes_in(b, '-', 2));
    unsigned gaps = count_gaps(a) + count_gaps(b);
    bool numbers = digits >= STRIDE / 4 && (gaps >= 3 || digits >= STRIDE - 1);
    bool morse = strokes >= STRIDE / 2 && gaps >= 3;
    return hints | (numbers ? DECODE_NUMBERS | DECODE_ESCAPES : 0U) | (morse ? DECODE_MORSE : 0U);
}

unsigned decode_hints(struct span text)
{
    uint8_t last[STRIDE] = {0};
    unsigned hints = 0;
    size_t at = 0;

    for (; text.n - at >= STRIDE; at += STRIDE) {
        hints |= stride_hints(text.p + at);
    }
    if (at < text.n) {
        memcpy(last, text.p + at, text.n - at);
        hints |= stride_hints(last);
    }
    return hints;
}

static enum aiu_status take_groups(const struct decode_job *job, unsigned hint)
{
    struct span text = job->text;
    size_t at = 0;

    while (text.n - at >= STRIDE) {
        size_t end = at + STRIDE;
        if ((stride_hints(text.p + at) & hint) != 0) {
            TRY((hint == DECODE_MORSE ? decode_morse : decode_group)(job, at, &end));
        }
        at = end;
    }
    return AIU_OK;
}

enum aiu_status decode_runs(struct decoder *d, struct span text, unsigned hints,
                            const struct decode_handlers *to)
{
    const struct decode_job job = {d, text, to->decoded, to->ctx};

    TRY(take_all_runs(d, text, to));
    if ((hints & DECODE_NUMBERS) != 0) {
        TRY(take_groups(&job, DECODE_NUMBERS));
    }
    if ((hints & DECODE_MORSE) != 0) {
        TRY(take_groups(&job, DECODE_MORSE));
    }
    return AIU_OK;
}

void decoder_wipe(struct decoder *d)
{
    if (d->bytes.n > 0) {
        mem_wipe(d->bytes.p, d->bytes.n);
    }
    buf_reset(&d->bytes);
}

void decoder_done(struct decoder *d)
{
    buf_wipe(&d->bytes);
}
