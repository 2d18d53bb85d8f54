// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// E-mail addresses (guide S56): RFC 5321 sizes, the dot-atom form without the characters that
// separate things in running text, domains of ASCII and of other letters (IDN).
//
// Deliberately not found: quoted local parts, address literals, the `=/!#$&*?^|~` of RFC 5322,
// which in running text are nearly always something else's.
#include "base/status.h"
#include "detect/ascii.h"
#include "detect/matcher.h"
#include "detect/unicode.h"

enum {
    LOCAL_MOST = 64,
    DOMAIN_MOST = 253,
    LABEL_MOST = 63,
    URL_BEFORE = 100, // how far "://" may stand before the local part
};

// Bytes of two-byte characters count as letters: languages that use them put blanks between words.
static bool is_local(const struct view *v, size_t i)
{
    uint8_t c = v->p[i];

    if (is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' || c == '\'') {
        return true;
    }
    if (c >= 0xC2 && c < 0xE0) {
        return true;
    }
    return c >= 0x80 && c < 0xC0 && i > 0 && v->p[i - 1] >= 0xC2 && v->p[i - 1] < 0xE0;
}

static bool begins_local(uint8_t c)
{
    return is_alnum(c) || c == '_' || c >= 0xC2;
}

// Start of the local part that ends at `end`; `end` where there is none.
static size_t local_start(const struct view *v, size_t end)
{
    size_t start = end;

    if (end == 0 || v->p[end - 1] == '.') {
        return end;
    }
    while (start > 0 && end - start <= LOCAL_MOST && is_local(v, start - 1) &&
           !(v->p[start - 1] == '.' && v->p[start] == '.')) {
        start--;
    }
    if (end - start > LOCAL_MOST) {
        return end;
    }
    while (start < end && !begins_local(v->p[start])) {
        start++;
    }
    return start;
}

// "scheme://user:password@host" and "scheme://user@host" are no addresses.
static bool in_authority(const struct view *v, size_t start)
{
    size_t i = start;

    if (start == 0 || (v->p[start - 1] != ':' && v->p[start - 1] != '/')) {
        return false;
    }
    while (i > 0 && start - i < URL_BEFORE && v->p[i - 1] != '/' && !is_blank(v->p[i - 1])) {
        i--;
    }
    return i >= 3 && v->p[i - 1] == '/' && v->p[i - 2] == '/' && v->p[i - 3] == ':';
}

struct domain {
    size_t end;    // of the last good label
    size_t labels; // good ones up to there
};

// Bytes of the letter, digit or hyphen at `at`, 0 for anything else. General punctuation, CJK
// punctuation and full-width forms end a label.
static size_t label_char(const struct view *v, size_t at)
{
    uint8_t c = v->p[at];

    if (is_alnum(c) || c == '-') {
        return 1;
    }
    size_t n = char_size(c);
    if (n == 1 || v->n - at < n || c == 0xC2 || c == 0xE2 || c == 0xEF || n == 4) {
        return 0;
    }
    return c == 0xE3 && v->p[at + 1] == 0x80 ? 0 : n;
}

// End of the label at `at`. A label that begins with a letter of an alphabet has no characters of
// three bytes: the text goes on behind the address ("ada@example.com" in Chinese has no blank).
static size_t label_end(const struct view *v, size_t at)
{
    size_t most = at < v->n && v->p[at] < 0xE0 ? 2 : 3;
    size_t n = 0;

    while (at < v->n && (n = label_char(v, at)) > 0 && n <= most) {
        at += n;
    }
    return at;
}

// Things that have the form of an address and are names of files: "icon@2x.png".
static bool is_file_ending(struct span label)
{
    static const char *const endings[] = {"png",  "jpg",  "jpeg", "gif", "svg", "webp", "css",
                                          "js",   "json", "html", "xml", "txt", "pdf",  "yml",
                                          "yaml", "lock", "tgz",  "whl", "jar", "dll"};

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        if (span_equal_nocase(label, span_str(endings[i]))) {
            return true;
        }
    }
    return false;
}

// Top-level labels of other scripts that stand in text without blanks.
static bool is_wide_top(struct span label)
{
    static const char *const tops[] = {"中国", "中國", "公司",   "网络",   "網絡", "香港",
                                       "台湾", "台灣", "新加坡", "한국",   "在线", "网址",
                                       "商城", "网站", "コム",   "みんな", "ไทย",  "भारत"};

    for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
        if (span_equal(label, span_str(tops[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_top(struct span label)
{
    if (label.n < 2 || label.n > 24) {
        return false;
    }
    if (label.p[0] >= 0xE0) {
        return is_wide_top(label);
    }
    if (span_starts_with(label, SPAN_OF("xn--"))) {
        return true;
    }
    for (size_t i = 0; i < label.n; i++) {
        if (!is_alpha(label.p[i]) && label.p[i] < 0x80) {
            return false;
        }
    }
    return !is_file_ending(label);
}

static bool is_good_label(struct span label)
{
    return label.n > 0 && label.n <= LABEL_MOST && label.p[0] != '-' && label.p[label.n - 1] != '-';
}

// Labels up to the last that can be a top-level one. False where the view ends too early.
static bool domain_seen(const struct view *v, size_t at, struct domain *d)
{
    size_t begin = at;
    size_t labels = 0;

    *d = (struct domain){.end = at};
    for (;;) {
        size_t end = label_end(v, at);
        if (char_cut(v, end) && end - begin <= DOMAIN_MOST) {
            return false;
        }
        struct span label = span_of(v->p + at, end - at);
        if (!is_good_label(label) || end - begin > DOMAIN_MOST) {
            return true;
        }
        labels++;
        if (labels > 1 && is_top(label)) {
            *d = (struct domain){.end = end, .labels = labels};
        }
        if (end == v->n || v->p[end] != '.') {
            return true;
        }
        at = end + 1;
    }
}

enum match matcher_email(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct domain domain;
    size_t start = local_start(v, anchor->start);

    if (start == anchor->start || in_authority(v, start)) {
        return MATCH_NO;
    }
    if (!domain_seen(v, anchor->end, &domain)) {
        return match_more(hit, start);
    }
    if (domain.labels < 2) {
        return MATCH_NO;
    }
    // "git@host:path" is a place, not a person.
    struct span local = span_of(v->p + start, anchor->start - start);
    if (span_equal(local, SPAN_OF("git"))) {
        return MATCH_NO;
    }
    hit->start = start;
    hit->end = domain.end;
    return MATCH_YES;
}
