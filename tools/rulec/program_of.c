// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A pattern becomes a program: its anchor, what may not stand beside it, and what a window must
// hold back for it.
#include "build.h"

#include "base/num.h"
#include "detect/ascii.h"

enum {
    GAP_USUAL = 48,
    GAP_MOST = 128,
    PATTERN_MEMORY = 16 << 20,
};

static bool has_blank(const struct byte_class *class)
{
    for (unsigned c = 0; c < 256; c++) {
        if (is_blank((uint8_t)c) && class_has(class, (uint8_t)c)) {
            return true;
        }
    }
    return false;
}

static bool has_digit(const struct byte_class *class)
{
    for (unsigned c = '0'; c <= '9'; c++) {
        if (class_has(class, (uint8_t)c)) {
            return true;
        }
    }
    return false;
}

static bool only_digits(const struct byte_class *class)
{
    for (unsigned c = 0; c < 256; c++) {
        if (class_has(class, (uint8_t)c) != is_digit((uint8_t)c)) {
            return false;
        }
    }
    return true;
}

static bool is_run(const struct pattern *p, size_t i)
{
    const struct part *part = &p->parts[i];

    if (part->kind != ITEM_CLASS || !only_digits(&part->class) || part->min == 0 ||
        part->max > CATALOG_RUN) {
        return false;
    }
    for (size_t k = i == 0 ? i + 1 : i - 1; k <= i + 1 && k < p->count; k += 2) {
        struct byte_class beside = class_of_part(&p->parts[k]);
        if (has_digit(&beside)) {
            return false;
        }
    }
    return true;
}

// How good an anchor a part is: bytes of its shortest literal, 1 for a run of digits. A window
// could not hold back a literal with blanks until it is whole.
static size_t anchor_worth(const struct pattern *p, size_t i)
{
    const struct part *part = &p->parts[i];
    struct byte_class class = class_of_part(part);

    if (part->kind == ITEM_CLASS) {
        return is_run(p, i) ? 1 : 0;
    }
    size_t shortest = part->words[part->word_count - 1].n;
    bool held = i >= p->span_first && has_blank(&class);
    return part->min == 0 || shortest < 2 || held ? 0 : shortest;
}

// "AB 12": a blank that a window holds back because one to four capital letters stand before it
// (examine.c, break_point).
static bool is_code_before(const struct pattern *p, size_t i, size_t anchor)
{
    const struct part *part = &p->parts[i];

    if (i + 1 != anchor || i != p->span_first + 1 || part->kind != ITEM_LITERAL ||
        part->words[0].n != 1 || part->words[0].p[0] != ' ') {
        return false;
    }
    const struct part *code = &p->parts[i - 1];
    for (unsigned c = 0; c < 256; c++) {
        if (class_has(&code->class, (uint8_t)c) && !is_upper((uint8_t)c)) {
            return false;
        }
    }
    return code->kind == ITEM_CLASS && code->min > 0 && code->max <= SHAPE_CODE;
}

// Whether a window can hold back what the finding has before this anchor: blanks it can not.
static bool can_hold(const struct pattern *p, size_t anchor)
{
    for (size_t i = p->span_first; i < anchor; i++) {
        struct byte_class class = class_of_part(&p->parts[i]);
        if (has_blank(&class) && !is_code_before(p, i, anchor)) {
            return false;
        }
    }
    return true;
}

static size_t choose_anchor(const struct pattern *p)
{
    size_t best = SIZE_MAX;
    size_t worth = 0;

    if (p->keywords) {
        return 0;
    }
    for (size_t i = 0; i < p->count; i++) {
        size_t w = anchor_worth(p, i);
        if (w > worth && (can_hold(p, i) || best == SIZE_MAX)) {
            worth = can_hold(p, i) ? w : 0;
            best = i;
        }
    }
    return best;
}

// Bytes that a span may have up to the end of its anchor: those a window must hold back.
static bool note_inside(struct build *b, const struct text *where, const struct pattern *p,
                        size_t anchor)
{
    size_t most = 0;
    size_t before = 0;

    for (size_t i = 0; i < p->span_first; i++) {
        before += part_most(&p->parts[i]);
    }
    if (before > CATALOG_CONTEXT - 16) {
        fail_at(b->errors, where, "more than %d bytes before the finding", CATALOG_CONTEXT - 16);
        return false;
    }
    for (size_t i = p->span_first; i <= anchor; i++) {
        struct byte_class class = class_of_part(&p->parts[i]);
        if (has_blank(&class) && !is_code_before(p, i, anchor)) {
            fail_at(b->errors, where, "blanks in the finding before its anchor");
            return false;
        }
        if (!has_blank(&class)) {
            add_class(&b->inside, &class);
        }
        most += part_most(&p->parts[i]);
    }
    b->reach = most > b->reach ? most : b->reach;
    return true;
}

static bool put_words(struct build *b, const struct text *where, const struct part *part,
                      struct item *item)
{
    if (part->kind == ITEM_LITERAL) {
        item->max = (uint16_t)part->words[0].n;
        return put_bytes(b, where, part->words[0], &item->at);
    }
    item->at = (uint32_t)b->word_count;
    item->max = (uint16_t)part->word_count;
    for (size_t i = 0; i < part->word_count; i++) {
        if (b->word_count == WORDS) {
            return full(b, where, "words");
        }
        struct word *word = &b->words[b->word_count++];
        word->n = (uint16_t)part->words[i].n;
        if (!put_bytes(b, where, part->words[i], &word->at)) {
            return false;
        }
    }
    return true;
}

static bool put_items(struct build *b, const struct text *where, const struct pattern *p)
{
    size_t most = 0;

    for (size_t i = 0; i < p->count; i++) {
        const struct part *part = &p->parts[i];
        if (b->item_count == ITEMS) {
            return full(b, where, "items");
        }
        struct item *item = &b->items[b->item_count++];
        *item = (struct item){.kind = (uint8_t)part->kind,
                              .nocase = part->nocase,
                              .min = (uint16_t)part->min,
                              .max = (uint16_t)part->max};
        if (part->kind == ITEM_CLASS) {
            item->at = put_class(b, &part->class);
        } else if (part->kind != ITEM_GAP && !put_words(b, where, part, item)) {
            return false;
        }
        most += part_most(part);
    }
    if (most > CATALOG_PROGRAM) {
        fail_at(b->errors, where, "longer than %d bytes", CATALOG_PROGRAM);
        return false;
    }
    return true;
}

static void add_alnum(struct byte_class *class)
{
    for (unsigned c = 0; c < 128; c++) {
        if (is_alnum((uint8_t)c)) {
            class_add(class, (uint8_t)c);
        }
    }
}

// What may not stand beside one end of a pattern: letters, digits and the alphabet of the token, so
// that no part of a longer token is taken for one. Nothing beside a literal that ends otherwise.
static uint16_t default_edge(struct build *b, const struct pattern *p, bool left)
{
    const struct part *end = &p->parts[left ? (p->keywords ? 2 : 0) : p->count - 1];
    struct byte_class class = {0};

    if (end->kind != ITEM_CLASS) {
        struct span word = end->words[0];
        if (!is_alnum(word.p[left ? 0 : word.n - 1])) {
            return INDEX_NONE;
        }
    }
    for (size_t i = 0; i < p->count; i++) {
        bool counts = left || &p->parts[i] == end;
        if (counts && p->parts[i].kind == ITEM_CLASS && !has_blank(&p->parts[i].class)) {
            add_class(&class, &p->parts[i].class);
        }
    }
    add_alnum(&class);
    if (left) { // these stand between a name and its value
        class.bits['=' >> 6] &= ~(UINT64_C(1) << ('=' & 63));
        class.bits[':' >> 6] &= ~(UINT64_C(1) << (':' & 63));
    }
    return put_class(b, &class);
}

// "none", "number", or what the pattern says.
static bool set_edges(struct build *b, const struct source_rule *s, const struct pattern *p,
                      struct program *program)
{
    bool run = p->parts[program->anchor].kind == ITEM_CLASS;
    struct part given;

    program->left = program->right = INDEX_NONE;
    program->edge = EDGE_CLASS;
    if (span_equal(s->edge.s, SPAN_OF("number")) || (s->edge.s.n == 0 && run)) {
        program->edge = EDGE_NUMBER;
        return true;
    }
    if (s->edge.s.n > 0 && !span_equal(s->edge.s, SPAN_OF("none"))) {
        fail_at(b->errors, &s->edge, "edge is \"none\" or \"number\"");
        return false;
    }
    if (s->edge.s.n == 0) {
        program->left = default_edge(b, p, true);
        program->right = default_edge(b, p, false);
    }
    if (s->left.s.n > 0) {
        if (!parse_class(b->arena, b->errors, &s->left, false, &given)) {
            return false;
        }
        program->left = put_class(b, &given.class);
    }
    if (s->right.s.n > 0) {
        if (!parse_class(b->arena, b->errors, &s->right, false, &given)) {
            return false;
        }
        program->right = put_class(b, &given.class);
    }
    return true;
}

static struct byte_class all_but(const struct byte_class *class)
{
    struct byte_class rest;

    for (size_t i = 0; i < ARRAY_SIZE(rest.bits); i++) {
        rest.bits[i] = ~class->bits[i];
    }
    return rest;
}

// What must stand beside the anchor: the part there, or at an end what the edge allows.
static uint16_t gate_beside(struct build *b, const struct pattern *p, const struct program *program,
                            bool before)
{
    size_t i = before ? program->anchor - 1U : program->anchor + 1U;
    uint16_t edge = before ? program->left : program->right;
    struct byte_class class = {0};

    if (p->keywords) {
        return INDEX_NONE;
    }
    if (i < p->count) {
        if (p->parts[i].min == 0) {
            return INDEX_NONE;
        }
        class = class_of_part(&p->parts[i]);
        return put_class(b, &class);
    }
    if (program->edge == EDGE_NUMBER) {
        add_alnum(&class);
        class_add(&class, '_');
    } else if (edge != INDEX_NONE) {
        class = b->classes[edge];
    } else {
        return INDEX_NONE;
    }
    class = all_but(&class);
    return put_class(b, &class);
}

struct program *new_program(struct build *b, const struct text *where, size_t rule)
{
    if (b->program_count == PROGRAMS) {
        (void)full(b, where, "programs");
        return NULL;
    }
    struct program *program = &b->programs[b->program_count++];
    *program = (struct program){.rule = b->checks[rule].rule,
                                .check = (uint16_t)rule,
                                .items = (uint32_t)b->item_count,
                                .left = INDEX_NONE,
                                .right = INDEX_NONE,
                                .before = INDEX_NONE,
                                .after = INDEX_NONE};
    return program;
}

static bool hook_program(struct build *b, const struct text *where, const struct part *part)
{
    uint16_t program = (uint16_t)(b->program_count - 1);

    if (part->kind == ITEM_CLASS) {
        for (size_t n = part->min; n <= part->max; n++) {
            if (!hook_on_run(b, where, n, program)) {
                return false;
            }
        }
        return true;
    }
    for (size_t i = 0; i < part->word_count; i++) {
        if (!hook_on(b, where, part->words[i], part->nocase, program)) {
            return false;
        }
    }
    return true;
}

// Parse a pattern, with the keywords before it.
static bool parse_whole(struct build *b, struct arena *arena, const struct source_rule *s,
                        const struct text *where, struct pattern *p)
{
    uint64_t gap = GAP_USUAL;

    if (s->gap.s.n > 0 && (num_parse_u64(s->gap.s, GAP_MOST, &gap) != AIU_OK || gap == 0)) {
        fail_at(b->errors, &s->gap, "a gap is 1 to %d bytes", GAP_MOST);
        return false;
    }
    return parse_pattern(arena, b->errors, where, is_true(b, &s->nocase, false), p) &&
           (s->keywords.count == 0 || lead_pattern(arena, b->errors, &s->keywords, (unsigned)gap,
                                                   is_true(b, &s->assigned, true), p));
}

static void put_program(struct build *b, size_t rule, const struct text *where,
                        const struct pattern *p)
{
    const struct source_rule *s = &b->source->rules[rule];
    size_t anchor = choose_anchor(p);

    if (anchor == SIZE_MAX) {
        fail_at(b->errors, where, "no anchor: a literal of two bytes or a run of digits is needed");
        return;
    }
    struct program *program = new_program(b, where, rule);
    if (program == NULL) {
        return;
    }
    program->item_count = (uint8_t)p->count;
    program->anchor = (uint8_t)anchor;
    program->span_first = (uint8_t)p->span_first;
    program->span_end = (uint8_t)p->span_end;
    if (p->parts[p->count - 1].max == ITEM_OPEN) {
        b->checks[rule].flows = true;
        if (p->span_end != p->count || s->validator.s.n > 0) {
            fail_at(b->errors, where, "a finding without end stands last and has no validator");
            return;
        }
    }
    if (put_items(b, where, p) && note_inside(b, where, p, anchor) && set_edges(b, s, p, program) &&
        hook_program(b, where, &p->parts[anchor])) {
        program->before = gate_beside(b, p, program, true);
        program->after = gate_beside(b, p, program, false);
    }
}

void build_pattern(struct build *b, size_t rule, const struct text *where)
{
    struct arena arena; // of the parts, which the catalog holds in its own form
    struct pattern p;

    arena_init(&arena, PATTERN_MEMORY);
    if (parse_whole(b, &arena, &b->source->rules[rule], where, &p)) {
        put_program(b, rule, where, &p);
    }
    arena_done(&arena);
}
