// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A pattern becomes a row of tokens; matching keeps the set of tokens that may come next, one bit
// each, and moves it over the path a byte at a time. Most patterns are decided before that by the
// plain bytes at their two ends.
#include "scan/glob.h"

#include "base/alloc.h"
#include "base/status.h"

enum token_kind {
    TOKEN_BYTE,
    TOKEN_ANY,  // one byte but '/'
    TOKEN_SET,  // one byte of a class, never '/'
    TOKEN_STAR, // any bytes but '/'
    TOKEN_DIRS, // "**/" at the start of a name: any folders, or none
    TOKEN_DEEP, // "**" at the end: anything
};

struct glob_token {
    uint64_t set[4];
    uint8_t kind;
    uint8_t byte;
};

struct reader {
    struct span rest;
    struct glob *glob;
    bool name_begins; // at the start of the pattern or after '/'
    bool broken;
};

static void put(struct reader *r, enum token_kind kind, uint8_t byte)
{
    struct glob_token *t = &r->glob->tokens[r->glob->count++];

    *t = (struct glob_token){.kind = (uint8_t)kind, .byte = byte};
    r->name_begins = kind == TOKEN_DIRS || (kind == TOKEN_BYTE && byte == '/');
}

static int next_byte(struct span *s)
{
    if (s->n == 0) {
        return -1;
    }
    int byte = s->p[0];
    *s = span_drop_first(*s, 1);
    return byte;
}

static void add(uint64_t set[4], unsigned from, unsigned to)
{
    for (unsigned b = from; b <= to && b < 256; b++) {
        set[b >> 6] |= UINT64_C(1) << (b & 63);
    }
}

struct posix_class {
    const char *name;
    const char *ranges; // pairs of first and last byte
};

static const struct posix_class posix_classes[] = {
    {"alnum", "09AZaz"},   {"alpha", "AZaz"},   {"blank", "\t\t  "}, {"cntrl", "\1\x1f\x7f\x7f"},
    {"digit", "09"},       {"graph", "!~"},     {"lower", "az"},     {"print", " ~"},
    {"punct", "!/:@[`{~"}, {"space", "\t\r  "}, {"upper", "AZ"},     {"xdigit", "09AFaf"},
};

// "[:alpha:]" behind its first bracket; false where it is none.
static bool read_posix(struct reader *r, uint64_t set[4])
{
    size_t n = span_find_span(r->rest, SPAN_OF(":]"));

    if (r->rest.p[0] != ':' || n == 0 || n >= r->rest.n) {
        return false;
    }
    struct span name = span_drop_first(span_first(r->rest, n), 1);
    r->rest = span_drop_first(r->rest, n + 2);
    for (size_t i = 0; i < ARRAY_SIZE(posix_classes); i++) {
        if (span_equal(name, span_str(posix_classes[i].name))) {
            for (const char *p = posix_classes[i].ranges; *p != '\0'; p += 2) {
                add(set, (uint8_t)p[0], (uint8_t)p[1]);
            }
            return true;
        }
    }
    r->broken = true;
    return true;
}

// One byte of a class, or the range that begins with it.
static void read_range(struct reader *r, int first, uint64_t set[4])
{
    if (first == '\\') {
        first = next_byte(&r->rest);
    }
    int last = first;
    if (r->rest.n > 1 && r->rest.p[0] == '-' && r->rest.p[1] != ']') {
        r->rest = span_drop_first(r->rest, 1);
        last = next_byte(&r->rest);
        if (last == '\\') {
            last = next_byte(&r->rest);
        }
    }
    if (first < 0 || last < 0) {
        r->broken = true;
        return;
    }
    add(set, (unsigned)first, (unsigned)last);
}

static void read_class(struct reader *r)
{
    uint64_t set[4] = {0};
    bool negated = r->rest.n > 0 && (r->rest.p[0] == '!' || r->rest.p[0] == '^');
    bool first = true;

    r->rest = span_drop_first(r->rest, negated ? 1 : 0);
    while (!r->broken) {
        int byte = next_byte(&r->rest);
        if (byte < 0) {
            r->broken = true; // never closed: matches nothing, as in git
        } else if (byte == ']' && !first) {
            break;
        } else if (byte != '[' || r->rest.n == 0 || !read_posix(r, set)) {
            read_range(r, byte, set);
        }
        first = false;
    }
    put(r, TOKEN_SET, 0);
    for (size_t i = 0; i < 4; i++) {
        r->glob->tokens[r->glob->count - 1].set[i] = negated ? ~set[i] : set[i];
    }
}

// Stars behind the first. Two mean more than one only as a whole name.
static void read_stars(struct reader *r)
{
    size_t more = 0;

    while (more < r->rest.n && r->rest.p[more] == '*') {
        more++;
    }
    r->rest = span_drop_first(r->rest, more);
    bool name = more > 0 && r->name_begins;
    if (name && r->rest.n == 0) {
        put(r, TOKEN_DEEP, 0);
    } else if (name && r->rest.p[0] == '/') {
        r->rest = span_drop_first(r->rest, 1);
        put(r, TOKEN_DIRS, 0);
    } else {
        put(r, TOKEN_STAR, 0);
    }
}

static void read_tokens(struct reader *r)
{
    int byte = next_byte(&r->rest);

    while (byte >= 0 && !r->broken) {
        if (byte == '*') {
            read_stars(r);
        } else if (byte == '?') {
            put(r, TOKEN_ANY, 0);
        } else if (byte == '[') {
            read_class(r);
        } else {
            if (byte == '\\') {
                byte = next_byte(&r->rest);
                r->broken = byte < 0;
            }
            put(r, TOKEN_BYTE, (uint8_t)byte);
        }
        byte = next_byte(&r->rest);
    }
}

static void note_plain_ends(struct glob *g)
{
    while (g->literals < g->count && g->tokens[g->literals].kind == TOKEN_BYTE) {
        g->literals++;
    }
    g->plain = g->literals == g->count;
    while (!g->plain && g->tokens[g->count - 1 - g->tail].kind == TOKEN_BYTE) {
        g->tail++;
    }
}

enum aiu_status glob_compile(struct span pattern, struct glob *ret_glob)
{
    struct glob g = {0};

    if (pattern.n > GLOB_MOST) {
        return AIU_TOO_LONG;
    }
    g.tokens = mem_new(pattern.n + 1, sizeof(*g.tokens));
    if (g.tokens == NULL) {
        return AIU_NO_MEMORY;
    }
    struct reader r = {.rest = pattern, .glob = &g, .name_begins = true};
    read_tokens(&r);
    if (r.broken) {
        glob_done(&g);
        return AIU_USAGE;
    }
    note_plain_ends(&g);
    *ret_glob = g;
    return AIU_OK;
}

void glob_done(struct glob *g)
{
    mem_free(g->tokens);
    *g = (struct glob){0};
}

static bool ends_fit(const struct glob *g, struct span path)
{
    if (path.n < g->literals + g->tail) {
        return false;
    }
    for (size_t i = 0; i < g->literals; i++) {
        if (path.p[i] != g->tokens[i].byte) {
            return false;
        }
    }
    for (size_t i = 1; i <= g->tail; i++) {
        if (path.p[path.n - i] != g->tokens[g->count - i].byte) {
            return false;
        }
    }
    return true;
}

// The tokens that may come next. Bit `count` is the end. A TOKEN_DIRS has been entered where its
// bit in `inside` is set; in `at` it has not.
struct places {
    uint64_t at[GLOB_MOST / 64 + 1];
    uint64_t inside[GLOB_MOST / 64 + 1];
    size_t low, high; // no bits outside [low, high)
};

static bool has(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> (i % 64) & 1) != 0;
}

// Token `i` may come next, and those behind it where it may stand for nothing.
static void enter(const struct glob *g, struct places *p, size_t i)
{
    while (true) {
        p->at[i / 64] |= UINT64_C(1) << (i % 64);
        p->low = i < p->low ? i : p->low;
        p->high = i + 1 > p->high ? i + 1 : p->high;
        if (i == g->count || (g->tokens[i].kind != TOKEN_STAR && g->tokens[i].kind != TOKEN_DIRS &&
                              g->tokens[i].kind != TOKEN_DEEP)) {
            return;
        }
        i++;
    }
}

static void step_dirs(const struct glob *g, struct places *to, size_t i, uint8_t byte)
{
    to->inside[i / 64] |= UINT64_C(1) << (i % 64);
    to->low = i < to->low ? i : to->low;
    to->high = i + 1 > to->high ? i + 1 : to->high;
    if (byte == '/') {
        enter(g, to, i + 1);
    }
}

static void step_token(const struct glob *g, struct places *to, size_t i, uint8_t byte)
{
    const struct glob_token *t = &g->tokens[i];

    switch ((enum token_kind)t->kind) {
    case TOKEN_BYTE:
        if (byte == t->byte) {
            enter(g, to, i + 1);
        }
        return;
    case TOKEN_ANY:
        if (byte != '/') {
            enter(g, to, i + 1);
        }
        return;
    case TOKEN_SET:
        if (byte != '/' && (t->set[byte >> 6] >> (byte & 63) & 1) != 0) {
            enter(g, to, i + 1);
        }
        return;
    case TOKEN_STAR:
        if (byte != '/') {
            enter(g, to, i);
        }
        return;
    case TOKEN_DEEP:
        enter(g, to, i);
        return;
    case TOKEN_DIRS:
        step_dirs(g, to, i, byte);
        return;
    }
}

static void step(const struct glob *g, const struct places *from, struct places *to, uint8_t byte)
{
    size_t words = g->count / 64 + 1;

    memset(to->at, 0, words * sizeof(to->at[0]));
    memset(to->inside, 0, words * sizeof(to->inside[0]));
    to->low = SIZE_MAX;
    to->high = 0;
    for (size_t i = from->low; i < from->high && i < g->count; i++) {
        if (has(from->at, i)) {
            step_token(g, to, i, byte);
        } else if (has(from->inside, i)) {
            step_dirs(g, to, i, byte);
        }
    }
}

bool glob_match(const struct glob *g, struct span path)
{
    struct places places[2];
    unsigned now = 0;

    if (!ends_fit(g, path)) {
        return false;
    }
    if (g->plain) {
        return path.n == g->count;
    }
    size_t words = g->count / 64 + 1;
    memset(places[0].at, 0, words * sizeof(places[0].at[0]));
    memset(places[0].inside, 0, words * sizeof(places[0].inside[0]));
    places[0].low = SIZE_MAX;
    places[0].high = 0;
    enter(g, &places[0], 0);
    for (size_t i = 0; i < path.n && places[now].high > 0; i++, now ^= 1) {
        step(g, &places[now], &places[now ^ 1], path.p[i]);
    }
    return places[now].high > 0 && has(places[now].at, g->count);
}
