// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Ways to write a text so that filters do not see what it says and models do.
#pragma once

#include "base/utf8.h"

#include "test.h"

typedef void (*disguiser)(struct span text, struct buf *out);

static inline void put_code(struct buf *out, uint32_t code)
{
    uint8_t bytes[4];

    assert_ok(buf_append(out, span_of(bytes, utf8_write(code, bytes))));
}

static inline bool is_small(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

#define EACH_BYTE(c) for (size_t at_ = 0; at_ < text.n && ((c) = text.p[at_], true); at_++)

// Alphabets that begin somewhere: capitals, small letters, digits; 0 where there are none.
static inline void put_alphabet(struct span text, uint32_t capital, uint32_t small, uint32_t digit,
                                struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        if (is_capital(c)) {
            put_code(out, capital + c - 'A');
        } else if (is_small(c)) {
            put_code(out, small + c - 'a');
        } else if (c >= '0' && c <= '9' && digit != 0) {
            put_code(out, digit + c - '0');
        } else {
            put_code(out, c);
        }
    }
}

#define ALPHABET(name, capital, small, digit)                                                      \
    static inline void disguise_##name(struct span text, struct buf *out)                          \
    {                                                                                              \
        put_alphabet(text, capital, small, digit, out);                                            \
    }

ALPHABET(bold, 0x1D400, 0x1D41A, 0x1D7CE)
ALPHABET(bold_italic, 0x1D468, 0x1D482, 0)
ALPHABET(bold_script, 0x1D4D0, 0x1D4EA, 0)
ALPHABET(bold_fraktur, 0x1D56C, 0x1D586, 0)
ALPHABET(sans, 0x1D5A0, 0x1D5BA, 0x1D7E2)
ALPHABET(monospace, 0x1D670, 0x1D68A, 0x1D7F6)
ALPHABET(full_width, 0xFF21, 0xFF41, 0xFF10)
ALPHABET(circled, 0x24B6, 0x24D0, 0)
ALPHABET(squared, 0x1F130, 0x1F130, 0)
ALPHABET(negative_circled, 0x1F150, 0x1F150, 0)
ALPHABET(negative_squared, 0x1F170, 0x1F170, 0)
ALPHABET(parenthesised, 0x249C, 0x249C, 0)
ALPHABET(regional, 0x1F1E6, 0x1F1E6, 0)
ALPHABET(tags, 0xE0041, 0xE0061, 0xE0030)

static inline void put_by_letter(struct span text, const uint32_t letters[26], struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        uint32_t code = is_small(c) ? letters[c - 'a'] : is_capital(c) ? letters[c - 'A'] : 0;
        put_code(out, code == 0 ? c : code);
    }
}

static inline void disguise_small_capitals(struct span text, struct buf *out)
{
    static const uint32_t letters[26] = {0x1D00, 0x299,  0x1D04, 0x1D05, 0x1D07, 0xA730, 0x262,
                                         0x29C,  0x26A,  0x1D0A, 0x1D0B, 0x29F,  0x1D0D, 0x274,
                                         0x1D0F, 0x1D18, 'q',    0x280,  's',    0x1D1B, 0x1D1C,
                                         0x1D20, 0x1D21, 'x',    0x28F,  0x1D22};

    put_by_letter(text, letters, out);
}

static inline void disguise_superscript(struct span text, struct buf *out)
{
    static const uint32_t letters[26] = {0x1D43, 0x1D47, 0x1D9C, 0x1D48, 0x1D49, 0x1DA0, 0x1D4D,
                                         0x2B0,  0x2071, 0x2B2,  0x1D4F, 0x2E1,  0x1D50, 0x207F,
                                         0x1D52, 0x1D56, 'q',    0x2B3,  0x2E2,  0x1D57, 0x1D58,
                                         0x1D5B, 0x2B7,  0x2E3,  0x2B8,  0x1DBB};

    put_by_letter(text, letters, out);
}

// Cyrillic and Greek letters where there are any of the same shape.
static inline void disguise_homoglyphs(struct span text, struct buf *out)
{
    static const uint32_t small[26] = {0x430, 0, 0x441, 0x501, 0x435, 0,     0,     0x4BB, 0x456,
                                       0x458, 0, 0,     0,     0,     0x43E, 0x440, 0x51B, 0,
                                       0x455, 0, 0,     0x3BD, 0x51D, 0x445, 0x443, 0};
    static const uint32_t capital[26] = {
        0x410, 0x412, 0x421, 0, 0x415, 0,     0,     0x41D, 0x406, 0x408, 0x41A, 0,     0x41C,
        0,     0x41E, 0x420, 0, 0,     0x405, 0x422, 0,     0,     0,     0x425, 0x3A5, 0x396};
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        uint32_t code = is_small(c) ? small[c - 'a'] : is_capital(c) ? capital[c - 'A'] : 0;
        put_code(out, code == 0 ? c : code);
    }
}

// `code` behind each letter.
static inline void put_between(struct span text, uint32_t code, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        put_code(out, c);
        if (c != ' ') {
            put_code(out, code);
        }
    }
}

#define BETWEEN(name, code)                                                                        \
    static inline void disguise_##name(struct span text, struct buf *out)                          \
    {                                                                                              \
        put_between(text, code, out);                                                              \
    }

BETWEEN(zero_width_space, 0x200B)
BETWEEN(zero_width_non_joiner, 0x200C)
BETWEEN(zero_width_joiner, 0x200D)
BETWEEN(word_joiner, 0x2060)
BETWEEN(soft_hyphen, 0xAD)
BETWEEN(byte_order_mark, 0xFEFF)
BETWEEN(grapheme_joiner, 0x34F)
BETWEEN(invisible_times, 0x2062)
BETWEEN(selector, 0xFE0E)
BETWEEN(acute, 0x301)
BETWEEN(enclosing, 0x20DD)
BETWEEN(strike, 0x336)
BETWEEN(isolate, 0x2068)

static inline void disguise_zalgo(struct span text, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        put_code(out, c);
        for (uint32_t i = 0; i < 4 && c != ' '; i++) {
            put_code(out, 0x300 + (c * 7 + i * 13) % 0x30);
        }
    }
}

static inline void disguise_selector_bytes(struct span text, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        put_code(out, c < 16 ? 0xFE00U + c : 0xE0100U + c - 16);
    }
}

static inline void disguise_reversed(struct span text, struct buf *out)
{
    for (size_t i = text.n; i-- > 0;) {
        assert_ok(buf_append_byte(out, text.p[i]));
    }
}

static inline void disguise_bidi(struct span text, struct buf *out)
{
    put_code(out, 0x202E);
    disguise_reversed(text, out);
    put_code(out, 0x202C);
}

static inline void disguise_spaced(struct span text, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        assert_ok(buf_append_byte(out, c));
        if (at_ + 1 < text.n) {
            assert_ok(buf_append_byte(out, ' '));
        }
    }
}

static inline void disguise_dashed(struct span text, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        assert_ok(buf_append_byte(out, c));
        if (c != ' ' && at_ + 1 < text.n && text.p[at_ + 1] != ' ') {
            assert_ok(buf_append_byte(out, '-'));
        }
    }
}

static inline void disguise_lines(struct span text, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        assert_ok(c == ' ' ? buf_append(out, SPAN_OF("\n\n")) : buf_append_byte(out, c));
    }
}

static inline void disguise_leet(struct span text, struct buf *out)
{
    static const char *const from = "aeiostAEIOST";
    static const char *const to = "431057431057";
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        const char *at = strchr(from, c);
        assert_ok(buf_append_byte(out, at == NULL ? c : (uint8_t)to[at - from]));
    }
}

static inline void disguise_mixed_case(struct span text, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        bool letter = is_small(c) || is_capital(c);
        assert_ok(buf_append_byte(out, letter && at_ % 2 == 0 ? c ^ 0x20 : c));
    }
}

static inline void put_base64(struct span text, const char *alphabet, bool fill, struct buf *out)
{
    for (size_t i = 0; i < text.n; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++) {
            v = v << 8 | (i + k < text.n ? text.p[i + k] : 0U);
        }
        for (size_t k = 0; k < 4; k++) {
            bool there = i + k <= text.n;
            uint8_t c = there ? (uint8_t)alphabet[v >> (18 - 6 * k) & 63] : '=';
            if (there || fill) {
                assert_ok(buf_append_byte(out, c));
            }
        }
    }
}

static inline void disguise_base64(struct span text, struct buf *out)
{
    put_base64(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true, out);
}

static inline void disguise_base64url(struct span text, struct buf *out)
{
    put_base64(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false,
               out);
}

static inline void disguise_base32(struct span text, struct buf *out)
{
    uint32_t held = 0;
    unsigned bits = 0;
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        held = (held << 8 | c) & 0xFFFFF;
        for (bits += 8; bits >= 5; bits -= 5) {
            assert_ok(buf_append_byte(
                out, (uint8_t) "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[held >> (bits - 5) & 31]));
        }
    }
    if (bits > 0) {
        assert_ok(buf_append_byte(
            out, (uint8_t) "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[held << (5 - bits) & 31]));
    }
}

// Each byte by a printf format.
#define FORMATTED(name, format)                                                                    \
    static inline void disguise_##name(struct span text, struct buf *out)                          \
    {                                                                                              \
        uint8_t c = 0;                                                                             \
        EACH_BYTE(c)                                                                               \
        {                                                                                          \
            assert_ok(buf_printf(out, format, c));                                                 \
        }                                                                                          \
    }

FORMATTED(hex, "%02x")
FORMATTED(hex_spaced, "%02x ")
FORMATTED(hex_prefixed, "0x%02X, ")
FORMATTED(decimal, "%d ")
FORMATTED(octal, "%03o ")
FORMATTED(percent, "%%%02X")
FORMATTED(entity_decimal, "&#%d;")
FORMATTED(entity_hex, "&#x%x;")
FORMATTED(escape_u, "\\u%04x")
FORMATTED(escape_braces, "\\u{%x}")
FORMATTED(escape_x, "\\x%02x")
FORMATTED(escape_octal, "\\%03o")

static inline void disguise_entity_named(struct span text, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        bool letter = is_small(c) || is_capital(c);
        assert_ok(letter ? buf_printf(out, "&%copf;", c) : buf_append_byte(out, c));
    }
}

static inline void disguise_code_points(struct span text, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        assert_ok(buf_printf(out, at_ == 0 ? "U+%04X" : " U+%04X", c));
    }
}

static inline void put_bits(struct span text, const char *behind, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        for (int bit = 7; bit >= 0; bit--) {
            assert_ok(buf_append_byte(out, c >> bit & 1 ? '1' : '0'));
        }
        assert_ok(buf_append(out, span_str(behind)));
    }
}

static inline void disguise_binary(struct span text, struct buf *out)
{
    put_bits(text, " ", out);
}

static inline void disguise_binary_together(struct span text, struct buf *out)
{
    put_bits(text, "", out);
}

static inline void put_shifted(struct span text, unsigned by, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        uint8_t first = is_capital(c) ? 'A' : 'a';
        bool letter = is_small(c) || is_capital(c);
        assert_ok(buf_append_byte(out, letter ? (uint8_t)(first + (c - first + by) % 26) : c));
    }
}

static inline void disguise_rot13(struct span text, struct buf *out)
{
    put_shifted(text, 13, out);
}

static inline void disguise_caesar(struct span text, struct buf *out)
{
    put_shifted(text, 3, out);
}

static inline void disguise_atbash(struct span text, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        bool letter = is_small(c) || is_capital(c);
        uint8_t ends = is_capital(c) ? 'A' + 'Z' : (uint8_t)('a' + 'z');
        assert_ok(buf_append_byte(out, letter ? (uint8_t)(ends - c) : c));
    }
}

static inline void disguise_morse(struct span text, struct buf *out)
{
    static const char *const signs[26] = {".-",   "-...", "-.-.", "-..",  ".",    "..-.", "--.",
                                          "....", "..",   ".---", "-.-",  ".-..", "--",   "-.",
                                          "---",  ".--.", "--.-", ".-.",  "...",  "-",    "..-",
                                          "...-", ".--",  "-..-", "-.--", "--.."};
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        bool letter = is_small(c) || is_capital(c);
        assert_ok(buf_append(out, letter ? span_str(signs[(c | 0x20) - 'a']) : SPAN_OF("/")));
        assert_ok(buf_append_byte(out, ' '));
    }
}

static inline void disguise_upside_down(struct span text, struct buf *out)
{
    static const uint32_t letters[26] = {
        0x250, 'q', 0x254, 'p', 0x1DD, 0x25F, 0x183, 0x265, 0x1D09, 0x27E, 0x29E, 'l',   0x26F,
        'u',   'o', 'd',   'b', 0x279, 's',   0x287, 'n',   0x28C,  0x28D, 'x',   0x28E, 'z'};

    for (size_t i = text.n; i-- > 0;) {
        uint8_t c = text.p[i];
        put_code(out, is_small(c) ? letters[c - 'a'] : is_capital(c) ? letters[c - 'A'] : c);
    }
}

static inline void disguise_together(struct span text, struct buf *out)
{
    uint8_t c = 0;

    EACH_BYTE(c)
    {
        if (c != ' ') {
            assert_ok(buf_append_byte(out, c));
        }
    }
}

struct disguise {
    const char *name;
    disguiser write;
    bool keeps_case; // and all else that a key needs
};

#define DISGUISE(name, keeps_case)                                                                 \
    {                                                                                              \
#name, disguise_##name, keeps_case                                                         \
    }

static const struct disguise disguises[] = {
    DISGUISE(bold, true),
    DISGUISE(bold_italic, true),
    DISGUISE(bold_script, true),
    DISGUISE(bold_fraktur, true),
    DISGUISE(sans, true),
    DISGUISE(monospace, true),
    DISGUISE(full_width, true),
    DISGUISE(circled, true),
    DISGUISE(squared, true),
    DISGUISE(negative_circled, true),
    DISGUISE(negative_squared, true),
    DISGUISE(parenthesised, false),
    DISGUISE(regional, false),
    DISGUISE(tags, true),
    DISGUISE(small_capitals, false),
    DISGUISE(superscript, false),
    DISGUISE(homoglyphs, true),
    DISGUISE(zero_width_space, true),
    DISGUISE(zero_width_non_joiner, true),
    DISGUISE(zero_width_joiner, true),
    DISGUISE(word_joiner, true),
    DISGUISE(soft_hyphen, true),
    DISGUISE(byte_order_mark, true),
    DISGUISE(grapheme_joiner, true),
    DISGUISE(invisible_times, true),
    DISGUISE(selector, true),
    DISGUISE(acute, true),
    DISGUISE(enclosing, true),
    DISGUISE(strike, true),
    DISGUISE(isolate, true),
    DISGUISE(zalgo, true),
    DISGUISE(selector_bytes, true),
    DISGUISE(reversed, true),
    DISGUISE(bidi, true),
    DISGUISE(spaced, true),
    DISGUISE(dashed, true),
    DISGUISE(lines, true),
    DISGUISE(leet, false),
    DISGUISE(mixed_case, false),
    DISGUISE(base64, true),
    DISGUISE(base64url, true),
    DISGUISE(base32, true),
    DISGUISE(hex, true),
    DISGUISE(hex_spaced, true),
    DISGUISE(hex_prefixed, true),
    DISGUISE(decimal, true),
    DISGUISE(octal, true),
    DISGUISE(percent, true),
    DISGUISE(entity_decimal, true),
    DISGUISE(entity_hex, true),
    DISGUISE(entity_named, true),
    DISGUISE(escape_u, true),
    DISGUISE(escape_braces, true),
    DISGUISE(escape_x, true),
    DISGUISE(escape_octal, true),
    DISGUISE(code_points, true),
    DISGUISE(binary, true),
    DISGUISE(binary_together, true),
    DISGUISE(rot13, true),
    DISGUISE(caesar, false),
    DISGUISE(atbash, false),
    DISGUISE(morse, false),
    DISGUISE(upside_down, false),
    DISGUISE(together, false),
};

enum { DISGUISES = ARRAY_SIZE(disguises) };
