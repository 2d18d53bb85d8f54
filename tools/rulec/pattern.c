// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The language of patterns: a regular expression without what needs giving back.
//
//   abc \. \x41 \n \t        bytes
//   [0-9a-f] [^"] . \d \w \s   a byte of a class
//   {8} {8,40} {8,} ? * +      how many, after a byte or a class; no end only at the end
//   (?:live|test)              one of these words; "?" may follow
//   ( ... )                    the finding, once; without it all of the pattern
#include "rulec.h"

#include "detect/ascii.h"

struct parser {
    struct arena *arena;
    struct errors *errors;
    const struct text *text;
    struct span left;
    bool nocase;
    struct pattern *out;
};

enum { UNLIMITED = ITEM_OPEN };

static bool refuse(const struct parser *p, const char *why)
{
    fail_at(p->errors, p->text, "bad pattern at byte %zu: %s", p->text->s.n - p->left.n, why);
    return false;
}

static bool next_is(const struct parser *p, uint8_t c)
{
    return p->left.n > 0 && p->left.p[0] == c;
}

static uint8_t take(struct parser *p)
{
    uint8_t c = p->left.p[0];

    p->left = span_drop_first(p->left, 1);
    return c;
}

static int hex_value(uint8_t c)
{
    return is_digit(c) ? c - '0' : is_hex(c) ? to_lower(c) - 'a' + 10 : -1;
}

static void add_range(struct byte_class *class, unsigned from, unsigned to)
{
    for (unsigned c = from; c <= to; c++) {
        class_add(class, (uint8_t)c);
    }
}

static void invert(struct byte_class *class)
{
    for (size_t i = 0; i < ARRAY_SIZE(class->bits); i++) {
        class->bits[i] = ~class->bits[i];
    }
}

static void both_cases(struct byte_class *class)
{
    for (unsigned c = 'a'; c <= 'z'; c++) {
        if (class_has(class, (uint8_t)c) || class_has(class, (uint8_t)(c - 32))) {
            class_add(class, (uint8_t)c);
            class_add(class, (uint8_t)(c - 32));
        }
    }
}

static bool named_class(uint8_t name, struct byte_class *class)
{
    switch (name) {
    case 'd':
        add_range(class, '0', '9');
        return true;
    case 'w':
        add_range(class, '0', '9');
        add_range(class, 'A', 'Z');
        add_range(class, 'a', 'z');
        class_add(class, '_');
        return true;
    case 's':
        add_range(class, '\t', '\r');
        class_add(class, ' ');
        return true;
    default:
        return false;
    }
}

// Behind a backslash: one byte.
static bool take_escape(struct parser *p, uint8_t *ret)
{
    if (p->left.n == 0) {
        return refuse(p, "a backslash at the end");
    }
    uint8_t c = take(p);
    if (c == 'x') {
        int high = p->left.n < 2 ? -1 : hex_value(p->left.p[0]);
        int low = p->left.n < 2 ? -1 : hex_value(p->left.p[1]);
        if (high < 0 || low < 0) {
            return refuse(p, "\\x wants two hexadecimal digits");
        }
        p->left = span_drop_first(p->left, 2);
        *ret = (uint8_t)(high << 4 | low);
        return true;
    }
    if (is_alnum(c) && c != 'n' && c != 't' && c != 'r') {
        return refuse(p, "unknown escape");
    }
    *ret = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
    return true;
}

static bool take_class_byte(struct parser *p, uint8_t *ret)
{
    if (p->left.n == 0) {
        return refuse(p, "a class without end");
    }
    *ret = take(p);
    return *ret != '\\' || take_escape(p, ret);
}

// Behind the opening bracket.
static bool take_class(struct parser *p, struct byte_class *class)
{
    bool negated = next_is(p, '^');

    *class = (struct byte_class){0};
    if (negated) {
        (void)take(p);
    }
    while (!next_is(p, ']')) {
        uint8_t from = 0;
        uint8_t to = 0;
        if (p->left.n > 1 && p->left.p[0] == '\\' && named_class(p->left.p[1], class)) {
            p->left = span_drop_first(p->left, 2);
            continue;
        }
        if (!take_class_byte(p, &from)) {
            return false;
        }
        to = from;
        if (p->left.n > 1 && p->left.p[0] == '-' && p->left.p[1] != ']') {
            (void)take(p);
            if (!take_class_byte(p, &to)) {
                return false;
            }
        }
        if (to < from) {
            return refuse(p, "a range that goes down");
        }
        add_range(class, from, to);
    }
    (void)take(p);
    if (p->nocase) {
        both_cases(class);
    }
    if (negated) {
        invert(class);
    }
    return true;
}

static bool take_number(struct parser *p, unsigned *ret)
{
    if (p->left.n == 0 || !is_digit(p->left.p[0])) {
        return refuse(p, "a number is expected");
    }
    *ret = 0;
    while (p->left.n > 0 && is_digit(p->left.p[0]) && *ret < UNLIMITED) {
        *ret = *ret * 10 + (unsigned)(take(p) - '0');
    }
    return *ret < UNLIMITED || refuse(p, "a number that is too large");
}

static bool take_braces(struct parser *p, unsigned *min, unsigned *max)
{
    (void)take(p);
    if (!take_number(p, min)) {
        return false;
    }
    *max = *min;
    if (next_is(p, ',')) {
        (void)take(p);
        *max = UNLIMITED;
        if (!next_is(p, '}') && !take_number(p, max)) {
            return false;
        }
    }
    if (!next_is(p, '}') || *max < *min) {
        return refuse(p, "a bad quantifier");
    }
    (void)take(p);
    return true;
}

// `*ret_given` where there is a quantifier.
static bool take_quantifier(struct parser *p, unsigned *min, unsigned *max, bool *ret_given)
{
    *ret_given = true;
    *min = *max = 1;
    if (next_is(p, '{')) {
        return take_braces(p, min, max);
    }
    if (next_is(p, '?') || next_is(p, '*') || next_is(p, '+')) {
        uint8_t c = take(p);
        *min = c == '+';
        *max = c == '?' ? 1 : UNLIMITED;
        return true;
    }
    *ret_given = false;
    return true;
}

static struct part *new_part(struct parser *p, enum item_kind kind)
{
    if (p->out->count == ITEMS_MOST) {
        (void)refuse(p, "too long");
        return NULL;
    }
    struct part *part = &p->out->parts[p->out->count++];
    *part = (struct part){.kind = kind, .min = 1, .max = 1, .nocase = p->nocase};
    return part;
}

static bool put_class(struct parser *p, const struct byte_class *class, unsigned min, unsigned max)
{
    struct part *part = new_part(p, ITEM_CLASS);

    if (part == NULL) {
        return false;
    }
    part->class = *class;
    part->min = min;
    part->max = max;
    return true;
}

// Put a byte behind the literal that ends the pattern so far, or begin one.
static bool put_byte(struct parser *p, uint8_t c, bool join)
{
    struct part *last = join && p->out->count > 0 ? &p->out->parts[p->out->count - 1] : NULL;
    uint8_t *bytes = NULL;
    struct span before = {NULL, 0};

    if (last != NULL && last->kind == ITEM_LITERAL) {
        before = last->words[0];
    } else {
        last = new_part(p, ITEM_LITERAL);
    }
    bytes = arena_new(p->arena, before.n + 1);
    if (last == NULL || bytes == NULL) {
        return false;
    }
    if (before.n > 0) {
        memcpy(bytes, before.p, before.n);
    }
    bytes[before.n] = p->nocase ? to_lower(c) : c;
    last->words[0] = span_of(bytes, before.n + 1);
    last->word_count = 1;
    return true;
}

static void sort_longest_first(struct part *part)
{
    for (size_t i = 1; i < part->word_count; i++) {
        for (size_t k = i; k > 0 && part->words[k].n > part->words[k - 1].n; k--) {
            struct span swapped = part->words[k];
            part->words[k] = part->words[k - 1];
            part->words[k - 1] = swapped;
        }
    }
}

// Behind "(?:": words up to the closing bracket.
static bool take_words(struct parser *p)
{
    struct part *part = new_part(p, ITEM_WORDS);
    uint8_t *bytes = arena_new(p->arena, p->left.n + 1);
    size_t n = 0;
    size_t begin = 0;

    while (part != NULL && bytes != NULL) {
        uint8_t c = 0;
        bool escaped = next_is(p, '\\');
        if (!take_class_byte(p, &c)) {
            return false;
        }
        if (escaped || (c != '|' && c != ')')) {
            bytes[n++] = p->nocase ? to_lower(c) : c;
            continue;
        }
        if (n == begin || part->word_count == LIST_MOST) {
            return refuse(p, "an empty word, or too many");
        }
        part->words[part->word_count++] = span_of(bytes + begin, n - begin);
        begin = n;
        if (c == ')') {
            break;
        }
    }
    if (part == NULL || bytes == NULL) {
        return false;
    }
    sort_longest_first(part);
    part->min = !next_is(p, '?');
    if (part->min == 0) {
        (void)take(p);
    }
    return true;
}

static bool take_group(struct parser *p, uint8_t c)
{
    if (c == ')') {
        if (p->out->span_end != 0 || p->out->span_first == SIZE_MAX) {
            return refuse(p, "a bracket that was not opened");
        }
        p->out->span_end = p->out->count;
        return true;
    }
    if (span_starts_with(p->left, SPAN_OF("?:"))) {
        p->left = span_drop_first(p->left, 2);
        return take_words(p);
    }
    if (p->out->span_first != SIZE_MAX) {
        return refuse(p, "only one group can be the finding");
    }
    p->out->span_first = p->out->count;
    return true;
}

static bool take_byte_or_class(struct parser *p, uint8_t c, bool join)
{
    struct byte_class class = {0};
    bool is_class = c == '[' || c == '.';
    unsigned min = 1;
    unsigned max = 1;
    bool given = false;

    if (c == '[' && !take_class(p, &class)) {
        return false;
    }
    if (c == '.') {
        class_add(&class, '\n');
        class_add(&class, '\r');
        invert(&class);
    }
    if (c == '\\') {
        is_class = p->left.n > 0 && named_class(p->left.p[0], &class);
        if (is_class) {
            (void)take(p);
        } else if (!take_escape(p, &c)) {
            return false;
        }
    }
    if (!take_quantifier(p, &min, &max, &given)) {
        return false;
    }
    if (!is_class && given) {
        class_add(&class, c);
        if (p->nocase) {
            both_cases(&class);
        }
    }
    return is_class || given ? put_class(p, &class, min, max) : put_byte(p, c, join);
}

static bool parse_parts(struct parser *p)
{
    bool join = false; // a byte goes on with the literal before it

    while (p->left.n > 0) {
        uint8_t c = take(p);
        if (c == '(' || c == ')') {
            join = false;
            if (!take_group(p, c)) {
                return false;
            }
            continue;
        }
        if (c == '|' || c == '*' || c == '+' || c == '?' || c == '{') {
            return refuse(p, "this character needs a backslash or something before it");
        }
        if (!take_byte_or_class(p, c, join)) {
            return false;
        }
        join = p->out->parts[p->out->count - 1].kind == ITEM_LITERAL;
    }
    return true;
}

enum { SPELT_MOST = 4 };

// One byte of a few becomes one of a few words, which can join the literal beside it: "hc[abx]_" is
// "hca_", "hcb_" or "hcx_".
static bool spell_class(const struct parser *p, struct part *part)
{
    struct part words = {.kind = ITEM_WORDS, .min = 1, .max = 1};

    if (part->kind != ITEM_CLASS || part->min != 1 || part->max != 1 || p->nocase) {
        return true;
    }
    for (unsigned c = 0; c < 256; c++) {
        if (!class_has(&part->class, (uint8_t)c)) {
            continue;
        }
        uint8_t *byte = arena_new(p->arena, 1);
        if (byte == NULL || words.word_count == SPELT_MOST || is_blank((uint8_t)c)) {
            return byte != NULL; // an anchor in a finding has no blanks
        }
        *byte = (uint8_t)c;
        words.words[words.word_count++] = span_of(byte, 1);
    }
    *part = words;
    return true;
}

static bool is_fixed(const struct part *part)
{
    return part->kind != ITEM_CLASS && part->min == 1;
}

// Every word of `one` with every word of `two` behind it, in `one`.
static bool join_words(const struct parser *p, struct part *one, const struct part *two)
{
    struct part joined = {.kind = ITEM_WORDS, .min = 1, .max = 1, .nocase = one->nocase};

    for (size_t i = 0; i < one->word_count; i++) {
        for (size_t k = 0; k < two->word_count; k++) {
            size_t n = one->words[i].n;
            uint8_t *bytes = arena_new(p->arena, n + two->words[k].n);
            if (bytes == NULL) {
                return false;
            }
            memcpy(bytes, one->words[i].p, n);
            memcpy(bytes + n, two->words[k].p, two->words[k].n);
            joined.words[joined.word_count++] = span_of(bytes, n + two->words[k].n);
        }
    }
    sort_longest_first(&joined);
    *one = joined;
    return true;
}

// Words and literals side by side become words: they are better anchors together.
static bool fold(struct parser *p)
{
    struct pattern *out = p->out;

    for (size_t i = 0; i < out->count; i++) {
        bool beside = (i > 0 && is_fixed(&out->parts[i - 1])) ||
                      (i + 1 < out->count && is_fixed(&out->parts[i + 1]));
        if (beside && !spell_class(p, &out->parts[i])) {
            return false;
        }
    }
    for (size_t i = 0; i + 1 < out->count;) {
        struct part *one = &out->parts[i];
        const struct part *two = one + 1;
        bool border = out->span_first == i + 1 || out->span_end == i + 1;
        if (border || !is_fixed(one) || !is_fixed(two) ||
            one->word_count * two->word_count > LIST_MOST) {
            i++;
            continue;
        }
        if (!join_words(p, one, two)) {
            return false;
        }
        memmove(one + 1, one + 2, (out->count - i - 2) * sizeof(*one));
        out->count--;
        out->span_first -= out->span_first > i + 1;
        out->span_end -= out->span_end > i + 1;
    }
    return true;
}

static bool check_parts(const struct parser *p)
{
    unsigned min = 0;

    for (size_t i = 0; i < p->out->count; i++) {
        const struct part *part = &p->out->parts[i];
        min += part->min;
        if (part->max == UNLIMITED && i + 1 < p->out->count) {
            return refuse(p, "only the last part may be without end");
        }
    }
    return min > 0 || refuse(p, "it matches the empty string");
}

bool parse_pattern(struct arena *a, struct errors *e, const struct text *text, bool nocase,
                   struct pattern *ret)
{
    struct parser p = {a, e, text, text->s, nocase, ret};

    *ret = (struct pattern){.parts = arena_array(a, ITEMS_MOST, sizeof(struct part)),
                            .span_first = SIZE_MAX};
    if (ret->parts == NULL || !parse_parts(&p)) {
        return false;
    }
    if (ret->span_first == SIZE_MAX) {
        ret->span_first = 0;
        ret->span_end = ret->count;
    }
    if (ret->span_end <= ret->span_first) {
        return refuse(&p, "the finding has no end, or nothing in it");
    }
    return fold(&p) && check_parts(&p);
}

static bool put_keyword(struct arena *a, struct errors *e, const struct text *word,
                        struct part *part)
{
    uint8_t *lower = arena_new(a, word->s.n + 1);

    if (lower == NULL || word->s.n < 3 || word->s.n > 32) {
        fail_at(e, word, "a keyword has 3 to 32 bytes");
        return false;
    }
    for (size_t i = 0; i < word->s.n; i++) {
        lower[i] = to_lower(word->s.p[i]);
    }
    part->words[part->word_count++] = span_of(lower, word->s.n);
    return true;
}

bool lead_pattern(struct arena *a, struct errors *e, const struct texts *keywords, unsigned gap,
                  bool assigned, struct pattern *p)
{
    struct part words = {.kind = ITEM_WORDS, .min = 1, .max = 1, .nocase = true};

    if (p->count + 2 > ITEMS_MOST || keywords->count > LIST_MOST) {
        fail_at(e, &keywords->items[0], "too many keywords, or too long a pattern");
        return false;
    }
    for (size_t i = 0; i < keywords->count; i++) {
        if (!put_keyword(a, e, &keywords->items[i], &words)) {
            return false;
        }
    }
    sort_longest_first(&words);
    memmove(p->parts + 2, p->parts, p->count * sizeof(*p->parts));
    p->parts[0] = words;
    p->parts[1] = (struct part){.kind = ITEM_GAP, .min = assigned, .max = gap};
    p->count += 2;
    p->span_first += 2;
    p->span_end += 2;
    p->keywords = true;
    return true;
}

bool parse_class(struct arena *a, struct errors *e, const struct text *text, bool nocase,
                 struct part *ret)
{
    struct pattern pattern;

    if (!parse_pattern(a, e, text, nocase, &pattern)) {
        return false;
    }
    if (pattern.count != 1 || pattern.parts[0].kind != ITEM_CLASS) {
        fail_at(e, text, "one class is expected here");
        return false;
    }
    *ret = pattern.parts[0];
    return true;
}

bool parse_literal(struct arena *a, struct errors *e, const struct text *text, struct span *ret)
{
    struct pattern pattern;

    if (!parse_pattern(a, e, text, false, &pattern)) {
        return false;
    }
    if (pattern.count != 1 || pattern.parts[0].kind != ITEM_LITERAL) {
        fail_at(e, text, "plain bytes are expected here");
        return false;
    }
    *ret = pattern.parts[0].words[0];
    return true;
}
