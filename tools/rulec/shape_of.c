// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A shape as it is written, "A99999999" or "99999999X", becomes two masks: A a letter, 9 a digit,
// X either.
#include "build.h"

#include "detect/ascii.h"
#include "detect/shape.h"

static bool put_between(struct build *b, const struct source_rule *s, struct shape *shape)
{
    static const char separators[] = " -./";

    for (size_t i = 0; i < s->between.s.n; i++) {
        const char *at = strchr(separators, s->between.s.p[i]);
        if (at == NULL || *at == '\0') {
            fail_at(b->errors, &s->between, "between is some of \" -./\"");
            return false;
        }
        shape->between |= (uint8_t)(1U << (at - separators));
    }
    return true;
}

static bool put_prefix(struct build *b, const struct source_rule *s, struct shape *shape)
{
    if (s->prefix.s.n == 0) {
        return true;
    }
    for (size_t i = 0; i < s->prefix.s.n; i++) {
        if (!is_upper(s->prefix.s.p[i]) || s->prefix.s.n + shape->lead > SHAPE_LEAD) {
            fail_at(b->errors, &s->prefix, "a prefix is a few capital letters");
            return false;
        }
    }
    shape->prefix_n = (uint8_t)s->prefix.s.n;
    return put_bytes(b, &s->prefix, s->prefix.s, &shape->prefix_at);
}

// The characters from the first digit on.
static bool put_masks(struct build *b, const struct text *where, struct shape *shape)
{
    size_t n = where->s.n - shape->lead;

    if (n == 0 || where->s.n < 5 || where->s.n > SHAPE_MOST) {
        fail_at(b->errors, where, "a shape has a digit and at most %d characters", SHAPE_MOST);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t c = where->s.p[shape->lead + i];
        uint64_t want = c == '9' ? SHAPE_DIGIT : SHAPE_LETTER;
        if (c != '9' && c != 'A' && c != 'X') {
            fail_at(b->errors, where, "a shape is made of A, 9 and X");
            return false;
        }
        if (c != 'X') {
            shape->want |= want << (2 * i);
            shape->care |= UINT64_C(3) << (2 * i);
        }
    }
    return true;
}

void build_shape(struct build *b, size_t rule, const struct text *where)
{
    const struct source_rule *s = &b->source->rules[rule];
    struct shape shape = {.check = (uint16_t)rule, .length = (uint8_t)where->s.n};

    if (b->shape_count == SHAPES) {
        (void)full(b, where, "shapes");
        return;
    }
    while (shape.lead < where->s.n && where->s.p[shape.lead] == 'A') {
        shape.lead++;
    }
    if (shape.lead > SHAPE_LEAD) {
        fail_at(b->errors, where, "more than %d letters before the first digit", SHAPE_LEAD);
        return;
    }
    if (put_masks(b, where, &shape) && put_between(b, s, &shape) && put_prefix(b, s, &shape)) {
        b->shapes[b->shape_count++] = shape;
    }
    // What a window holds back: letters, digits, a dash or a point before the first run of digits.
    for (unsigned c = 0; c < 128; c++) {
        if (is_alnum((uint8_t)c) || c == '-' || c == '.') {
            class_add(&b->inside, (uint8_t)c);
        }
    }
    size_t reach = SHAPE_LEAD + 1 + CATALOG_RUN;
    b->reach = reach > b->reach ? reach : b->reach;
}

static bool belongs(const struct check *check, size_t group)
{
    return check->context == group + 1 || check->place == group + 1;
}

bool group_shapes(struct build *b, struct catalog *c)
{
    uint16_t *triggers = arena_array(b->arena, (size_t)2 * SHAPES, sizeof(*triggers));
    uint16_t *groups = arena_array(b->arena, CONTEXTS_MOST + 1, sizeof(*groups));
    size_t n = 0;

    if (triggers == NULL || groups == NULL) {
        return false;
    }
    for (size_t group = 0; group < c->context_count; group++) {
        groups[group] = (uint16_t)n;
        for (size_t i = 0; i < b->shape_count; i++) {
            if (belongs(&b->checks[b->shapes[i].check], group)) {
                triggers[n++] = (uint16_t)i;
            }
        }
    }
    groups[c->context_count] = (uint16_t)n;
    c->shape_triggers = triggers;
    c->shape_groups = groups;
    return true;
}
