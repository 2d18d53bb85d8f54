// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The catalog as a C file: constant tables, and the database as bytes.
#include <stdio.h>

#include "rulec.h"

#include "detect/ascii.h"

static void put_string(FILE *f, const char *s)
{
    (void)fputc('"', f);
    for (; *s != '\0'; s++) {
        uint8_t c = (uint8_t)*s;
        if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '?') {
            (void)fprintf(f, "\\%03o", c);
        } else {
            (void)fputc(c, f);
        }
    }
    (void)fputc('"', f);
}

static void put_strings(FILE *f, const char *name, size_t i, const char *const *strings)
{
    (void)fprintf(f, "static const char *const %s_%zu[] = {", name, i);
    for (; *strings != NULL; strings++) {
        put_string(f, *strings);
        (void)fputs(", ", f);
    }
    (void)fputs("NULL};\n", f);
}

static void put_info(FILE *f, const struct catalog *c)
{
    for (size_t i = 0; i < c->rule_count; i++) {
        put_strings(f, "examples", i, c->info[i].examples);
        put_strings(f, "counterexamples", i, c->info[i].counterexamples);
    }
    (void)fputs("static const struct rule_info info[] = {\n", f);
    for (size_t i = 0; i < c->rule_count; i++) {
        const struct rule_info *r = &c->info[i];
        (void)fputs("{", f);
        put_string(f, r->id);
        (void)fputs(", ", f);
        put_string(f, r->tag);
        (void)fputs(", ", f);
        put_string(f, r->description);
        (void)fprintf(
            f, ", (enum finding_kind)%u, %u, %u, %d, %d, examples_%zu, counterexamples_%zu},\n",
            (unsigned)r->kind, r->severity, r->confidence, r->certain, r->opt_in, i, i);
    }
    (void)fputs("};\nstatic const struct check checks[] = {\n", f);
    for (size_t i = 0; i < c->check_count; i++) {
        const struct check *k = &c->checks[i];
        (void)fprintf(f, "{%u, %u, %u, %u, %u, %u, %u, %d, %d, %d, %d, %d},\n", k->rule,
                      k->confidence, k->validator, k->entropy, k->context, k->place, k->near,
                      k->context_required, k->alone, k->flows, k->placeholders, k->gives_way);
    }
    (void)fputs("};\n", f);
}

static void put_class(FILE *f, const struct byte_class *k)
{
    (void)fputs("{{", f);
    for (size_t i = 0; i < ARRAY_SIZE(k->bits); i++) {
        (void)fprintf(f, "UINT64_C(0x%llx), ", (unsigned long long)k->bits[i]);
    }
    (void)fputs("}}", f);
}

static void put_programs(FILE *f, const struct catalog *c)
{
    (void)fputs("static const struct program programs[] = {\n", f);
    for (size_t i = 0; i < c->program_count; i++) {
        const struct program *p = &c->programs[i];
        (void)fprintf(f, "{%u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u},\n", p->rule,
                      p->check, p->matcher, p->edge, p->items, p->item_count, p->anchor,
                      p->span_first, p->span_end, p->left, p->right, p->before, p->after);
    }
    (void)fputs("};\nstatic const struct item items[] = {\n", f);
    for (size_t i = 0; i < c->item_count; i++) {
        const struct item *t = &c->items[i];
        (void)fprintf(f, "{%u, %d, %u, %u, %u},\n", t->kind, t->nocase, t->min, t->max, t->at);
    }
    (void)fputs("{0}};\nstatic const struct byte_class classes[] = {\n", f);
    for (size_t i = 0; i < c->class_count; i++) {
        put_class(f, &c->classes[i]);
        (void)fputs(",\n", f);
    }
    (void)fputs("{{0}}};\nstatic const struct word words[] = {\n", f);
    for (size_t i = 0; i < c->word_count; i++) {
        (void)fprintf(f, "{%u, %u},\n", c->words[i].at, c->words[i].n);
    }
    (void)fputs("{0}};\n", f);
}

static void put_bytes(FILE *f, const char *name, const uint8_t *bytes, size_t n)
{
    (void)fprintf(f, "static const uint8_t %s[] = {", name);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(f, "%s%u,", i % 24 == 0 ? "\n" : "", bytes[i]);
    }
    (void)fputs("0};\n", f);
}

static void put_numbers(FILE *f, const char *name, const uint16_t *numbers, size_t n)
{
    (void)fprintf(f, "static const uint16_t %s[] = {", name);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(f, "%s%u,", i % 16 == 0 ? "\n" : "", numbers[i]);
    }
    (void)fputs("0};\n", f);
}

static void put_context_words(FILE *f, const struct catalog *c)
{
    (void)fputs("static const struct context_word context_words[] = {\n", f);
    for (size_t i = 0; i < c->context_buckets[CONTEXT_BUCKETS]; i++) {
        const struct context_word *w = &c->context_words[i];
        (void)fprintf(f, "{%u, %u, %u},\n", w->at, w->n, w->group);
    }
    (void)fputs("{0}};\nstatic const struct shape shapes[] = {\n", f);
    for (size_t i = 0; i < c->shape_count; i++) {
        const struct shape *s = &c->shapes[i];
        (void)fprintf(f, "{UINT64_C(0x%llx), UINT64_C(0x%llx), %u, %u, %u, %u, %u, %u},\n",
                      (unsigned long long)s->want, (unsigned long long)s->care, s->check,
                      s->prefix_at, s->prefix_n, s->length, s->lead, s->between);
    }
    (void)fputs("{0}};\n", f);
    put_numbers(f, "shape_triggers", c->shape_triggers, c->shape_groups[c->context_count]);
    put_numbers(f, "shape_groups", c->shape_groups, c->context_count + 1);
}

static void put_bits(FILE *f, const char *name, const uint64_t *bits, size_t n)
{
    (void)fprintf(f, "static const uint64_t %s[] = {\n", name);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(f, "UINT64_C(0x%llx),%s", (unsigned long long)bits[i],
                      i % 6 == 5 ? "\n" : "");
    }
    (void)fputs("};\n", f);
}

static void put_phrase_words(FILE *f, const struct phrases *p)
{
    size_t links = 0;

    (void)fputs("static const struct phrase_entry phrase_entries[] = {\n", f);
    for (size_t i = 0; i < p->entry_count; i++) {
        const struct phrase_entry *e = &p->entries[i];
        (void)fprintf(f, "{%u, %u, %u, %d, %u, %u, %u, %u},\n", e->hash, e->at, e->n, e->stem,
                      e->close, e->symbols, e->root_count, e->symbol_count);
        links += e->symbol_count;
    }
    (void)fputs("{0}};\n", f);
    put_bits(f, "phrase_words", p->words, PHRASE_FILTER / 64);
    put_bits(f, "phrase_stems", p->stems, PHRASE_FILTER / 64);
    put_bits(f, "phrase_heads", p->heads, PHRASE_FILTER / 64);
    put_numbers(f, "phrase_buckets", p->buckets, PHRASE_BUCKETS + 1);
    put_numbers(f, "phrase_entry_symbols", p->entry_symbols, links);
    put_bytes(f, "phrase_pool", p->pool, p->pool_n);
}

static void put_phrases(FILE *f, const struct phrases *p)
{
    put_phrase_words(f, p);
    put_numbers(f, "phrase_children", p->children, p->node_count);
    (void)fputs("static const struct phrase_symbol phrase_symbols[] = {\n", f);
    for (size_t i = 0; i < p->symbol_count; i++) {
        const struct phrase_symbol *s = &p->symbols[i];
        (void)fprintf(f, "{%u, %u, %u},\n", s->inner, s->roots, s->end);
    }
    (void)fputs("{0}};\nstatic const struct phrase_node phrase_nodes[] = {\n", f);
    for (size_t i = 0; i < p->node_count; i++) {
        const struct phrase_node *n = &p->nodes[i];
        (void)fprintf(f, "{%u, %u, %u, %u, %u, %u, %d, %u, %u},\n", n->symbol, n->parent,
                      n->children, n->child_count, n->gap, n->sentence, n->guarded, n->strength,
                      n->rule);
    }
    (void)fputs("{0}};\n", f);
}

static void put_phrase_tables(FILE *f, const struct catalog *c)
{
    (void)fprintf(f,
                  ".phrases = {\n"
                  "    .words = phrase_words, .stems = phrase_stems, .heads = phrase_heads,\n"
                  "    .entries = phrase_entries, .entry_count = %zu, .buckets = phrase_buckets,\n"
                  "    .pool = phrase_pool, .pool_n = %zu, .entry_symbols = phrase_entry_symbols,\n"
                  "    .symbols = phrase_symbols, .symbol_count = %zu, .nodes = phrase_nodes,\n"
                  "    .node_count = %zu, .children = phrase_children,\n"
                  "}, .model = %u,\n",
                  c->phrases.entry_count, c->phrases.pool_n, c->phrases.symbol_count,
                  c->phrases.node_count, c->model);
}

static void put_anchor(FILE *f, const struct anchor *a)
{
    (void)fprintf(f, "{%u, %u, %d, %u, %u},\n", a->at, a->n, a->nocase, a->first, a->count);
}

static void put_catalog(FILE *f, const struct catalog *c)
{
    (void)fputs("static const struct anchor anchors[] = {\n", f);
    for (size_t i = 0; i < c->anchor_count; i++) {
        put_anchor(f, &c->anchors[i]);
    }
    (void)fputs("{0}};\nconst struct catalog catalog_builtin = {\n", f);
    (void)fprintf(f,
                  ".info = info, .rule_count = %zu, .checks = checks, .check_count = %zu,\n"
                  ".programs = programs,\n"
                  ".program_count = %zu, .items = items, .item_count = %zu, .classes = classes,\n"
                  ".class_count = %zu, .words = words, .word_count = %zu, .pool = pool,\n"
                  ".pool_n = %zu, .triggers = triggers, .trigger_count = %zu,\n"
                  ".context_words = context_words, .context_longest = %zu,\n"
                  ".context_count = %zu, .context_id_words = %zu, .shapes = shapes,\n"
                  ".shape_count = %zu, .shape_triggers = shape_triggers,\n"
                  ".shape_groups = shape_groups, .anchors = anchors, .anchor_count = %zu,\n"
                  ".byte_count = %zu, .reach = %zu, .database = database, .database_n = %zu,\n",
                  c->rule_count, c->check_count, c->program_count, c->item_count, c->class_count,
                  c->word_count, c->pool_n, c->trigger_count, c->context_longest, c->context_count,
                  c->context_id_words, c->shape_count, c->anchor_count, c->byte_count, c->reach,
                  c->database_n);
    put_phrase_tables(f, c);
    (void)fputs(".bytes = {\n", f);
    for (size_t i = 0; i < CATALOG_BYTES; i++) {
        put_anchor(f, &c->bytes[i]);
    }
    (void)fputs("},\n.runs = {", f);
    for (size_t i = 0; i < ARRAY_SIZE(c->runs); i++) {
        (void)fprintf(f, "%u, ", c->runs[i]);
    }
    (void)fputs("},\n.context_buckets = {", f);
    for (size_t i = 0; i < ARRAY_SIZE(c->context_buckets); i++) {
        (void)fprintf(f, "%u, ", c->context_buckets[i]);
    }
    (void)fputs("},\n.inside = ", f);
    put_class(f, &c->inside);
    (void)fputs(",\n};\n", f);
}

bool emit_catalog(const char *path, const struct catalog *c)
{
    FILE *f = fopen(path, "wbe");

    if (f == NULL) {
        return false;
    }
    (void)fputs("// Made by rulec of rules/*.yaml. Do not edit.\n"
                "#include \"detect/catalog.h\"\n\n",
                f);
    put_info(f, c);
    put_programs(f, c);
    put_bytes(f, "pool", c->pool, c->pool_n);
    put_numbers(f, "triggers", c->triggers, c->trigger_count);
    put_context_words(f, c);
    put_phrases(f, &c->phrases);
    put_bytes(f, "database", c->database, c->database_n);
    put_catalog(f, c);
    bool ok = ferror(f) == 0;
    return fclose(f) == 0 && ok;
}
