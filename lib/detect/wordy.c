// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The pairs of letters were counted over 16,000 words of English prose and of identifiers. In words
// 86 of 100 pairs are among the 200 commonest, by chance 30. Pairs of the letters a to f do not
// count: half of them are common, and hexadecimal numbers have no others; nor do those where a word
// of camel case begins.
#include "detect/wordy.h"

#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"
#include "detect/validate.h"

// For each first letter, the second ones that are common.
static const uint32_t common[26] = {
    0x01EB94E, 0x0144911, 0x01E4D95, 0x0064919, 0x0AEB87D, 0x0024931, 0x0064110,
    0x0004111, 0x22EF87F, 0x0000000, 0x0000010, 0x11C4919, 0x004C111, 0x00C417D,
    0x07EF86E, 0x01EC911, 0x0100000, 0x11E795D, 0x11CC995, 0x11EC995, 0x00EB912,
    0x0000111, 0x0000101, 0x0080000, 0x0008000, 0x0000010,
};

enum { PAIRS_FEWEST = 4, PAIRS_OF_TEN = 7 };

bool is_wordy(struct span text)
{
    size_t pairs = 0;
    size_t usual = 0;

    for (size_t i = 1; i < text.n; i++) {
        bool hex = is_hex(text.p[i - 1]) && is_hex(text.p[i]);
        bool camel = !is_upper(text.p[i - 1]) && is_upper(text.p[i]);
        if (is_alpha(text.p[i - 1]) && is_alpha(text.p[i]) && !hex && !camel) {
            unsigned one = (text.p[i - 1] | 0x20U) - 'a';
            unsigned two = (text.p[i] | 0x20U) - 'a';
            pairs++;
            usual += common[one] >> two & 1;
        }
    }
    return pairs >= PAIRS_FEWEST && pairs * 3 >= text.n && usual * 10 >= pairs * PAIRS_OF_TEN;
}

static bool is_token_mark(uint8_t c)
{
    static const char marks[] = "_-+/=.~:%&!@#$^*?|";

    return memchr(marks, c, sizeof(marks) - 1) != NULL;
}

struct looks looks_of(struct span text)
{
    struct looks l = {.n = text.n, .hex = true, .token = true};

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (is_digit(c)) {
            l.digits++;
        } else if (is_alpha(c)) {
            l.upper += is_upper(c);
            l.lower += !is_upper(c);
            l.hex = l.hex && is_hex(c);
        } else {
            l.marks++;
            l.hex = false;
            l.token = l.token && is_token_mark(c);
        }
    }
    l.hex = l.hex && (l.upper == 0 || l.lower == 0);
    return l;
}

enum {
    RANDOM_FEWEST = 8,
    PASSWORD_FEWEST = 6,
    PASSWORD_MOST = 64,
    ENTROPY_SHORT = 36, // sixteenths of a bit a byte
    ENTROPY_LONG = 43,  // from 24 bytes on
    LONG = 24,
};

bool is_random(const struct looks *l, struct span text)
{
    unsigned least = l->n < LONG ? ENTROPY_SHORT : ENTROPY_LONG;

    return l->n >= RANDOM_FEWEST && l->token && l->digits > 0 && l->upper + l->lower > 0 &&
           entropy_sixteenths(text) >= least && !is_wordy(text);
}

static bool is_password_mark(uint8_t c)
{
    static const char marks[] = "!@#$%^&*?+~";

    return memchr(marks, c, sizeof(marks) - 1) != NULL;
}

bool is_password(const struct looks *l, struct span text)
{
    size_t marks = 0;

    for (size_t i = 0; i < text.n; i++) {
        marks += is_password_mark(text.p[i]);
        if (text.p[i] == '/' || text.p[i] == '\\' || text.p[i] == '.' || text.p[i] == ':') {
            return false;
        }
    }
    bool mixed = l->digits + marks > 0 || (l->upper > 1 && l->lower > 1 && !is_wordy(text));

    return l->n >= PASSWORD_FEWEST && l->n <= PASSWORD_MOST && l->upper + l->lower > 1 && mixed &&
           entropy_sixteenths(text) >= ENTROPY_SHORT;
}

bool is_uuid(struct span text)
{
    if (text.n != 36) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.p[i] != '-' : !is_hex(text.p[i])) {
            return false;
        }
    }
    return true;
}

static bool holds(struct span text, struct span lower)
{
    for (size_t i = 0; i + lower.n <= text.n; i++) {
        if (equal_lowered(text.p + i, lower.p, lower.n)) {
            return true;
        }
    }
    return false;
}

// A run of one byte, or of bytes that count up, over most of it.
static bool is_monotone(struct span text)
{
    size_t same = 0;
    size_t steps = 1;

    for (size_t i = 1; i < text.n; i++) {
        same += text.p[i] == text.p[i - 1];
        steps += text.p[i] == text.p[i - 1] + 1;
    }
    return text.n > 1 && (same * 2 > text.n || steps == text.n);
}

// Tokens of RFC 6749 and 7617, which every OAuth manual repeats.
static bool is_published(struct span text)
{
    static const struct span tokens[] = {SPAN("2YotnFZFEjr1zCsicMWpAA"),
                                         SPAN("tGzv3JOkF0XG5Qx2TlKWIA"),
                                         SPAN("czZCaGRSa3F0MzpnWDFmQmF0M2JW")};

    for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
        if (span_equal(text, tokens[i])) {
            return true;
        }
    }
    return false;
}

enum { PIECE_DIGITS = 5, PIECE_SHORT = 5 };

// A word, a number, or a word with a short number behind it: TLS13, x25519, aes, 256.
static bool is_piece(struct span piece)
{
    size_t letters = 0;

    while (letters < piece.n && is_alpha(piece.p[letters])) {
        letters++;
    }
    for (size_t i = letters; i < piece.n; i++) {
        if (!is_digit(piece.p[i])) {
            return false;
        }
    }
    return piece.n - letters <= PIECE_DIGITS &&
           (letters <= PIECE_SHORT || is_wordy(span_first(piece, letters)));
}

// Several such pieces with _ . or - between them.
static bool is_identifier(struct span text)
{
    size_t begin = 0;

    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && text.p[i] != '_' && text.p[i] != '.' && text.p[i] != '-') {
            continue;
        }
        if (!is_piece(span_of(text.p + begin, i - begin))) {
            return false;
        }
        begin = i + 1;
    }
    return true;
}

bool is_stand_in(struct span text)
{
    static const struct span words[] = {
        SPAN("your"),     SPAN("changeme"), SPAN("change_me"), SPAN("change-me"), SPAN("replace"),
        SPAN("placehol"), SPAN("insert"),   SPAN("redacted"),  SPAN("dummy"),     SPAN("xxxx"),
        SPAN("****"),     SPAN("...."),     SPAN("undefined"), SPAN("-here"),     SPAN("_here"),
        SPAN("${"),       SPAN("{{"),       SPAN("$("),        SPAN("%("),        SPAN("<%"),
        SPAN("#{"),       SPAN("://"),      SPAN("fixme"),     SPAN("todo"),      SPAN("lorem"),
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (holds(text, words[i])) {
            return true;
        }
    }
    bool password = (holds(text, SPAN_OF("passw")) || holds(text, SPAN_OF("passd"))) &&
                    text.n <= sizeof("password") + 4;
    return password || is_monotone(text) || is_published(text) || is_identifier(text);
}
