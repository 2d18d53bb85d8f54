// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A secret by the name of what it is assigned to: password = "...", "api_key": "...",
// <token>...</token>, --secret=..., export X_TOKEN=.... The anchor lies in the name. What is found
// is the value without its quotes, where its looks say that it was made by chance, or by somebody
// who was told to use a digit and a mark. What is a name, a word, a stand-in, a path, code or a
// checksum is none: most assignments to such names are no secrets.
//
// Deliberately not here: passwords that are words. Nothing tells them from names of fields.
#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"
#include "detect/matcher.h"
#include "detect/validate.h"
#include "detect/wordy.h"

enum {
    NAME_LEFT = 48,  // most bytes of a name before the anchor
    NAME_RIGHT = 40, // and behind it
    VALUE_MOST = 512,
    BLANKS_MOST = 16,
    PASSWORD_FEWEST = 6,
    TOKEN_FEWEST = 16,
    KEY_FEWEST = 20,
    ENTROPY_TOKEN = 47, // sixteenths of a bit a byte
};

enum name_kind { NAME_PASSWORD, NAME_TOKEN, NAME_KEY };

struct value {
    size_t start, end;
    uint8_t quote; // 0: none
    bool call;     // an argument: only where it is quoted
    bool second;   // behind a comma: only what is surely random
};

struct place {
    const struct view *v;
    size_t name_start, name_end;
    enum name_kind kind;
    size_t at;
    bool *cut; // the view ended where more of it was wanted
};

static bool is_name(uint8_t c)
{
    return is_alnum(c) || c == '_' || c == '-';
}

static enum name_kind kind_of(struct span anchor)
{
    uint8_t one = to_lower(anchor.p[0]);

    if (one == '_' || one == '-') {
        one = to_lower(anchor.p[1]);
    }
    if (one == 'p') {
        return NAME_PASSWORD;
    }
    return one == 't' || one == 's' || one == 'c' ? NAME_TOKEN : NAME_KEY;
}

// The whole name around the anchor. MATCH_MORE where the view ends in it.
static enum match take_name(struct place *p, const struct site *anchor)
{
    const struct view *v = p->v;
    size_t end = anchor->end;

    while (end > anchor->start && !is_name(v->p[end - 1])) {
        end--;
    }
    p->kind = kind_of(span_of(v->p + anchor->start, anchor->end - anchor->start));
    p->name_start = anchor->start;
    while (p->name_start > 0 && anchor->start - p->name_start < NAME_LEFT &&
           is_name(v->p[p->name_start - 1])) {
        p->name_start--;
    }
    p->name_end = end;
    while (p->name_end < v->n && p->name_end - end < NAME_RIGHT && is_name(v->p[p->name_end])) {
        p->name_end++;
    }
    p->at = p->name_end;
    if (p->kind == NAME_KEY && p->name_end > end && is_alpha(v->p[end])) {
        return MATCH_NO; // keys, keyword, keydata
    }
    if (p->name_end == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    return p->name_end - end < NAME_RIGHT ? MATCH_YES : MATCH_NO;
}

// A byte from here on; 0 behind the end.
static uint8_t ahead(const struct place *p, size_t n)
{
    if (p->at + n < p->v->n) {
        return p->v->p[p->at + n];
    }
    *p->cut = true;
    return 0;
}

static uint8_t here(const struct place *p)
{
    return ahead(p, 0);
}

static uint8_t next(const struct place *p)
{
    return ahead(p, 1);
}

static size_t skip_blanks(struct place *p)
{
    size_t begin = p->at;

    while (p->at - begin < BLANKS_MOST && (here(p) == ' ' || here(p) == '\t')) {
        p->at++;
    }
    return p->at - begin;
}

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'' || c == '`';
}

// Behind a name: quotes and brackets that close it, as in ["password"] or \"password\".
static size_t skip_closers(struct place *p)
{
    size_t begin = p->at;

    while (p->at - begin < 4 &&
           (is_quote(here(p)) || here(p) == ']' || here(p) == '\\' || here(p) == ')')) {
        p->at++;
    }
    return p->at - begin;
}

// " value=" of XML, or a type between ":" and "=".
static void skip_word(struct place *p)
{
    size_t begin = p->at;

    while (p->at - begin < 24 && (is_alnum(here(p)) || here(p) == '?' || here(p) == '&' ||
                                  here(p) == '\'' || here(p) == '_')) {
        p->at++;
    }
}

static bool starts(const struct place *p, struct span word)
{
    for (size_t i = 0; i < word.n; i++) {
        if (to_lower(ahead(p, i)) != word.p[i]) {
            return false;
        }
    }
    return true;
}

// ":", "=", "=>", ":=", ">", "(", "," between quotes, "==" and "!=".
static bool take_operator(struct place *p, bool closed)
{
    size_t begin = p->at;
    uint8_t c = here(p);

    if (c == ',' || c == '(') {
        p->at++;
        return closed || c == '(';
    }
    while (p->at - begin < 3 && (here(p) == '=' || here(p) == ':' || here(p) == '>' ||
                                 here(p) == '!' || here(p) == '?' || here(p) == '|')) {
        p->at++;
    }
    return p->at > begin;
}

// `name: type = value`: the value stands behind the "=".
static void skip_type(struct place *p)
{
    struct place type = *p;

    (void)skip_blanks(&type);
    size_t begin = type.at;
    skip_word(&type);
    if (type.at > begin && skip_blanks(&type) > 0 && here(&type) == '=' && next(&type) != '=') {
        type.at++;
        *p = type;
    }
}

// Blanks and what opens a value: a line end behind the operator, brackets, prefixes of strings.
static void skip_opening(struct place *p, bool lines)
{
    static const struct span schemes[] = {SPAN("bearer "), SPAN("basic "), SPAN("token ")};

    (void)skip_blanks(p);
    if (lines && (here(p) == '\n' || here(p) == '\r')) {
        struct place line = *p;
        line.at += here(p) == '\r' && next(p) == '\n' ? 2 : 1;
        (void)skip_blanks(&line);
        *p = is_quote(here(&line)) ? line : *p;
    }
    if ((here(p) == '[' || here(p) == '(' || here(p) == '@') && is_quote(next(p))) {
        p->at++;
    }
    if (is_alpha(here(p)) && (next(p) == '"' || next(p) == '\'')) {
        p->at++;
    }
    for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
        p->at += starts(p, schemes[i]) ? schemes[i].n : 0;
    }
}

// From behind the name to the first byte of the value or its quote.
static bool take_assignment(struct place *p, struct value *value)
{
    bool closed = skip_closers(p) > 0;
    size_t blanks = skip_blanks(p);
    bool dashed = p->v->p[p->name_start] == '-';

    if (blanks > 0 && starts(p, SPAN_OF("value="))) {
        p->at += sizeof("value") - 1;
    }
    bool colon = here(p) == ':';
    value->second = here(p) == ',';
    value->call = here(p) == '(' || value->second;
    if (!take_operator(p, closed)) {
        return blanks > 0 && !closed && (dashed || is_quote(here(p)));
    }
    if (colon) {
        skip_type(p);
    }
    skip_opening(p, !value->second);
    return true;
}

static bool ends_bare(uint8_t c)
{
    return c <= ' ' || c >= 0x7F || c == '"' || c == '\'' || c == '`' || c == ',' || c == ';' ||
           c == '<' || c == '>' || c == '(' || c == ')' || c == '[' || c == ']' || c == '{' ||
           c == '}' || c == '|' || c == '\\' || c == '&';
}

// "=" stands only at the end of a bare value: a=b=c are two assignments.
static enum match bare_end(const struct view *v, struct value *value)
{
    size_t end = value->start;

    while (
        end < v->n && end - value->start < VALUE_MOST && !ends_bare(v->p[end]) &&
        (v->p[end] != '=' || end + 1 == v->n || ends_bare(v->p[end + 1]) || v->p[end + 1] == '=')) {
        end++;
    }
    value->end = end;
    if (end == v->n) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    uint8_t c = v->p[end];
    bool code = c == '(' || c == '[' || c == '{' || c == '=' || c == '|' || c >= 0x7F;
    return end - value->start < VALUE_MOST && !code ? MATCH_YES : MATCH_NO;
}

static enum match quoted_end(const struct view *v, struct value *value)
{
    size_t end = value->start;
    bool escaped = value->start > 1 && v->p[value->start - 2] == '\\';

    while (end < v->n && end - value->start < VALUE_MOST && v->p[end] != value->quote &&
           v->p[end] > ' ' && v->p[end] < 0x7F) {
        end += v->p[end] == '\\' && !escaped && end + 1 < v->n ? 2U : 1U;
    }
    if (end >= v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    value->end = escaped && v->p[end - 1] == '\\' ? end - 1 : end;
    return v->p[end] == value->quote && end - value->start < VALUE_MOST ? MATCH_YES : MATCH_NO;
}

static enum match take_value(struct place *p, struct value *value)
{
    if (here(p) == '\\' && is_quote(next(p))) {
        p->at++;
    }
    if (is_quote(here(p))) {
        value->quote = here(p);
        p->at++;
    }
    value->start = p->at;
    if (value->quote == 0 && value->call) {
        return MATCH_NO;
    }
    return value->quote != 0 ? quoted_end(p->v, value) : bare_end(p->v, value);
}

static bool name_holds(struct span name, const struct span *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k + words[i].n <= name.n; k++) {
            if (equal_lowered(name.p + k, words[i].p, words[i].n)) {
                return true;
            }
        }
    }
    return false;
}

// Names of things that only look like secrets.
static bool names_other(struct span name)
{
    static const struct span words[] = {
        SPAN("public"),  SPAN("pubkey"),   SPAN("hash"),   SPAN("sha1"),    SPAN("sha2"),
        SPAN("md5"),     SPAN("checksum"), SPAN("digest"), SPAN("finger"),  SPAN("url"),
        SPAN("uri"),     SPAN("path"),     SPAN("file"),   SPAN("_dir"),    SPAN("type"),
        SPAN("regex"),   SPAN("pattern"),  SPAN("format"), SPAN("length"),  SPAN("expir"),
        SPAN("primary"), SPAN("foreign"),  SPAN("author"), SPAN("keyword"), SPAN("cache"),
        SPAN("tokeni"),  SPAN("usage"),    SPAN("algo"),   SPAN("version"), SPAN("sitekey"),
    };

    return name_holds(name, words, ARRAY_SIZE(words));
}

// An "api_key" is a token; a "key" may be that of a map.
static bool names_token(struct span name)
{
    static const struct span words[] = {SPAN("api"),     SPAN("access"), SPAN("private"),
                                        SPAN("encrypt"), SPAN("sign"),   SPAN("client")};

    return name_holds(name, words, ARRAY_SIZE(words));
}

static bool is_long_random(const struct looks *l, struct span text, enum name_kind kind)
{
    return l->n >= (kind == NAME_KEY ? (size_t)KEY_FEWEST : (size_t)TOKEN_FEWEST) &&
           is_random(l, text) && entropy_sixteenths(text) >= ENTROPY_TOKEN;
}

static bool is_reference(struct span text)
{
    uint8_t c = text.p[0];

    return ((c == '$' || c == '@' || c == '%' || c == '&' || c == '*') && text.n > 1 &&
            (is_alpha(text.p[1]) || text.p[1] == '_')) ||
           c == '/' || c == '.' || c == '~';
}

static bool is_secret(const struct place *p, const struct value *value)
{
    struct span text = span_of(p->v->p + value->start, value->end - value->start);
    struct span name = span_of(p->v->p + p->name_start, p->name_end - p->name_start);

    if (text.n < PASSWORD_FEWEST || is_reference(text)) {
        return false;
    }
    struct looks l = looks_of(text);
    enum name_kind kind = p->kind == NAME_KEY && names_token(name) ? NAME_TOKEN : p->kind;
    bool found = is_long_random(&l, text, kind) ||
                 (kind == NAME_PASSWORD && !value->second && is_password(&l, text));
    return found && !is_stand_in(text) && !names_other(name);
}

enum match matcher_generic(const struct view *v, const struct site *anchor, struct hit *hit)
{
    bool cut = false;
    struct place p = {.v = v, .cut = &cut};
    struct value value = {0};
    enum match m = take_name(&p, anchor);

    hit->start = v->n;
    if (m != MATCH_YES) {
        return m;
    }
    bool assigned = take_assignment(&p, &value);
    if (cut && !v->final) {
        return match_more(hit, p.name_end);
    }
    if (!assigned) {
        return MATCH_NO;
    }
    m = take_value(&p, &value);
    hit->start = value.start;
    hit->end = value.end;
    if (m != MATCH_YES) {
        return m;
    }
    return is_secret(&p, &value) ? MATCH_YES : MATCH_NO;
}
