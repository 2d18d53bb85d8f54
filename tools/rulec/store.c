// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "build.h"

#include <string.h>

#include "detect/ascii.h"
#include "detect/program.h"

bool full(const struct build *b, const struct text *where, const char *what)
{
    fail_at(b->errors, where, "the catalog is full: %s", what);
    return false;
}

uint16_t put_class(struct build *b, const struct byte_class *class)
{
    for (size_t i = 0; i < b->class_count; i++) {
        if (memcmp(&b->classes[i], class, sizeof(*class)) == 0) {
            return (uint16_t)i;
        }
    }
    CHECK(b->class_count < CLASSES);
    b->classes[b->class_count] = *class;
    return (uint16_t)b->class_count++;
}

bool put_bytes(struct build *b, const struct text *where, struct span bytes, uint32_t *ret_at)
{
    size_t at = b->pool_n == 0 ? 0 : span_find_span(span_of(b->pool, b->pool_n), bytes);

    if (at == b->pool_n) {
        if (bytes.n > POOL - b->pool_n) {
            return full(b, where, "bytes of literals");
        }
        memcpy(b->pool + at, bytes.p, bytes.n);
        b->pool_n += bytes.n;
    }
    *ret_at = (uint32_t)at;
    return true;
}

static bool has_letter(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_alpha(s.p[i])) {
            return true;
        }
    }
    return false;
}

bool hook_on(struct build *b, const struct text *where, struct span literal, bool nocase,
             uint16_t program)
{
    uint32_t at = 0;
    size_t i = 0;

    nocase = nocase && has_letter(literal);
    if (!put_bytes(b, where, literal, &at)) {
        return false;
    }
    for (; i < b->anchor_count; i++) {
        const struct anchor *a = &b->anchors[i];
        if (a->nocase == nocase && span_equal(span_of(b->pool + a->at, a->n), literal)) {
            break;
        }
    }
    if (i == ANCHORS || b->hook_count == TRIGGERS) {
        return full(b, where, "anchors");
    }
    if (i == b->anchor_count) {
        b->anchors[b->anchor_count++] =
            (struct anchor){.at = at, .n = (uint16_t)literal.n, .nocase = nocase};
    }
    b->hooks[b->hook_count++] = (struct hook){(uint16_t)i, program};
    return true;
}

bool hook_on_run(struct build *b, const struct text *where, size_t digits, uint16_t program)
{
    if (b->hook_count == TRIGGERS) {
        return full(b, where, "anchors");
    }
    b->hooks[b->hook_count++] = (struct hook){(uint16_t)(ANCHORS + digits), program};
    return true;
}

void add_class(struct byte_class *to, const struct byte_class *class)
{
    for (size_t i = 0; i < ARRAY_SIZE(class->bits); i++) {
        to->bits[i] |= class->bits[i];
    }
}

void class_of_words(const struct part *part, struct byte_class *class)
{
    for (size_t i = 0; i < part->word_count; i++) {
        for (size_t k = 0; k < part->words[i].n; k++) {
            uint8_t c = part->words[i].p[k];
            class_add(class, c);
            if (part->nocase && is_alpha(c)) {
                class_add(class, (uint8_t)(c ^ 0x20));
            }
        }
    }
}

struct byte_class class_of_part(const struct part *part)
{
    struct byte_class class = part->class;

    if (part->kind != ITEM_CLASS) {
        class = (struct byte_class){0};
        class_of_words(part, &class);
    }
    return class;
}

size_t part_most(const struct part *part)
{
    if (part->kind == ITEM_GAP) {
        return part->max;
    }
    if (part->kind != ITEM_CLASS) {
        return part->words[0].n; // the longest stands first
    }
    return part->max == ITEM_OPEN ? (part->min > PROGRAM_CERTAIN ? part->min : PROGRAM_CERTAIN)
                                  : part->max;
}
