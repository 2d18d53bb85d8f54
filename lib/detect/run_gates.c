// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Which programs may run at a run of digits, told by the bytes beside it. What a program of items
// can have there is read from its items; what it may not have before it, from its edges. The answer
// is too generous where that is hard to tell, and never too narrow.
#include <string.h>

#include "detect/ascii.h"
#include "detect/engine_parts.h"
#include "detect/matcher.h"

enum { WORD_LETTERS = 40 };

static const struct byte_class any = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};

static void add_class(struct byte_class *to, const struct byte_class *from)
{
    for (size_t i = 0; i < 4; i++) {
        to->bits[i] |= from->bits[i];
    }
}

static void add_byte(struct byte_class *to, uint8_t c, bool nocase)
{
    class_add(to, c);
    if (nocase && is_alpha(c)) {
        class_add(to, c ^ 0x20);
    }
}

static void reach(const struct catalog *c, const struct program *program, size_t i, size_t ahead,
                  struct byte_class *to);

// What a word of an item has `ahead` bytes on, or what follows the word.
static void reach_word(const struct catalog *c, const struct program *program, size_t i,
                       struct span word, size_t ahead, struct byte_class *to)
{
    if (ahead < word.n) {
        add_byte(to, word.p[ahead], c->items[program->items + i].nocase);
    } else {
        reach(c, program, i + 1, ahead - word.n, to);
    }
}

// The bytes that the items from `i` on can have `ahead` bytes behind their beginning.
static void reach(const struct catalog *c, const struct program *program, size_t i, size_t ahead,
                  struct byte_class *to)
{
    const struct item *item = &c->items[program->items + i];

    if (i >= program->item_count || item->kind == ITEM_GAP) {
        add_class(to, &any);
        return;
    }
    if (item->kind == ITEM_LITERAL) {
        reach_word(c, program, i, span_of(c->pool + item->at, item->max), ahead, to);
    } else if (item->kind == ITEM_WORDS) {
        for (size_t k = 0; k < item->max; k++) {
            const struct word *word = &c->words[item->at + k];
            reach_word(c, program, i, span_of(c->pool + word->at, word->n), ahead, to);
        }
    } else {
        if (ahead < item->max) {
            add_class(to, &c->classes[item->at]);
        }
        for (size_t n = item->min; n <= ahead && n <= item->max; n++) {
            reach(c, program, i + 1, ahead - n, to);
        }
    }
    if (item->kind != ITEM_CLASS && item->min == 0) {
        reach(c, program, i + 1, ahead, to);
    }
}

// What must stand before a run that begins a finding.
static void note_edge(struct run_gate *gate, const struct program *program, uint32_t bit)
{
    switch (program->matcher) {
    case MATCHER_card:
    case MATCHER_street:
    case MATCHER_date:
        gate->number_edge |= bit;
        break;
    case MATCHER_phone_exit:
    case MATCHER_phone_nanp:
    case MATCHER_phone_national:
    case MATCHER_phone_named_behind:
    case MATCHER_phone_region:
        gate->phone_edge |= bit;
        break;
    case MATCHER_crypto:
    case MATCHER_iban:
    case MATCHER_ip:
    case MATCHER_mac:
        gate->word_edge |= bit;
        break;
    default:
        gate->number_edge |=
            program->matcher == MATCHER_NONE && program->edge == EDGE_NUMBER && program->anchor == 0
                ? bit
                : 0;
        break;
    }
}

static void note_beside(uint32_t gate[256], const struct byte_class *may, uint32_t bit)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        gate[byte] |= class_has(may, (uint8_t)byte) ? bit : 0;
    }
}

void run_gate_open(struct run_gate *gate, const struct catalog *c, size_t n)
{
    size_t first = c->runs[n];
    size_t count = c->runs[n + 1] - first;

    for (size_t i = 0; i < count && i < RUN_GATED; i++) {
        const struct program *program = &c->programs[c->triggers[first + i]];
        uint32_t bit = UINT32_C(1) << i;
        gate->context |= check_waits(&c->checks[program->check]) ? bit : 0;
        note_edge(gate, program, bit);
        note_beside(gate->before,
                    program->before == INDEX_NONE ? &any : &c->classes[program->before], bit);
        for (size_t ahead = 0; ahead < RUN_AHEAD; ahead++) {
            struct byte_class may = any;
            if (program->matcher == MATCHER_NONE) {
                may = (struct byte_class){{0}};
                reach(c, program, program->anchor + 1U, ahead, &may);
            }
            for (size_t k = 0; k < 4 && ahead == 0 && program->after != INDEX_NONE; k++) {
                may.bits[k] &= c->classes[program->after].bits[k];
            }
            note_beside(gate->ahead[ahead], &may, bit);
        }
    }
}

bool run_goes_on_word(const struct view *v, size_t at)
{
    size_t n = 0;

    while (n < WORD_LETTERS && n < at && is_alpha(v->p[at - 1 - n])) {
        n++;
    }
    return n > 0 && n < at && is_digit(v->p[at - 1 - n]);
}

uint32_t run_gate_pass(const struct run_gate *gate, const struct view *v, const struct site *run,
                       bool inner)
{
    uint32_t open = run->start > 0 ? gate->before[v->p[run->start - 1]] : UINT32_MAX;

    for (size_t ahead = 0; ahead < RUN_AHEAD && run->end + ahead < v->n; ahead++) {
        open &= gate->ahead[ahead][v->p[run->end + ahead]];
    }
    if ((open & gate->number_edge) != 0 && !number_edge_left(v, run->start)) {
        open &= ~gate->number_edge;
    }
    if (inner) {
        open &= ~gate->word_edge;
    }
    bool bracket = run->start > 0 && v->p[run->start - 1] == '(';
    if ((open & gate->phone_edge) != 0 && !bracket && !phone_edge_left(v, run->start)) {
        open &= ~gate->phone_edge;
    }
    return open;
}
