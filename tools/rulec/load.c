// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// YAML to source rules. Anchors and tags of YAML are not used; a key that is not known is refused.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "rulec.h"

void fail_at(struct errors *e, const struct text *where, const char *format, ...)
{
    va_list args;

    (void)fprintf(stderr, "%s:%u: error: ", where->file, where->line);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    e->count++;
}

struct loader {
    struct arena *arena;
    struct errors *errors;
    yaml_document_t *document;
    const char *file;
};

static struct text place(const struct loader *l, const yaml_node_t *node)
{
    return (struct text){.file = l->file, .line = (unsigned)node->start_mark.line + 1};
}

static struct text scalar(const struct loader *l, const yaml_node_t *node)
{
    struct text text = place(l, node);

    if (node->type != YAML_SCALAR_NODE) {
        fail_at(l->errors, &text, "a single value is expected here");
        return text;
    }
    if (arena_copy(l->arena, span_of(node->data.scalar.value, node->data.scalar.length), &text.s) !=
        AIU_OK) {
        fail_at(l->errors, &text, "out of memory");
    }
    return text;
}

// A list, or one scalar as a list of one.
static struct texts list(const struct loader *l, yaml_node_t *node)
{
    struct text where = place(l, node);
    size_t most = 1;
    if (node->type == YAML_SEQUENCE_NODE) {
        most += (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    }
    struct texts texts = {.items = arena_array(l->arena, most, sizeof(struct text))};

    if (texts.items == NULL) {
        fail_at(l->errors, &where, "out of memory");
    } else if (node->type == YAML_SCALAR_NODE) {
        texts.items[texts.count++] = scalar(l, node);
    } else if (node->type == YAML_SEQUENCE_NODE) {
        for (yaml_node_item_t *i = node->data.sequence.items.start;
             i < node->data.sequence.items.top; i++) {
            if (texts.count == LIST_MOST) {
                fail_at(l->errors, &where, "a list of more than %d", LIST_MOST);
                break;
            }
            texts.items[texts.count++] = scalar(l, yaml_document_get_node(l->document, *i));
        }
    } else {
        fail_at(l->errors, &where, "a list is expected here");
    }
    return texts;
}

static void load_key(const struct loader *l, struct source_rule *rule, const struct text *key,
                     yaml_node_t *value)
{
    const struct {
        const char *name;
        struct text *one;
        struct texts *many;
    } keys[] = {
        {"id", &rule->id, NULL},
        {"variant_of", &rule->variant_of, NULL},
        {"description", &rule->description, NULL},
        {"severity", &rule->severity, NULL},
        {"confidence", &rule->confidence, NULL},
        {"certain", &rule->certain, NULL},
        {"opt_in", &rule->opt_in, NULL},
        {"validator", &rule->validator, NULL},
        {"entropy", &rule->entropy, NULL},
        {"context", &rule->context, NULL},
        {"context_required", &rule->context_required, NULL},
        {"placeholders", &rule->placeholders, NULL},
        {"nocase", &rule->nocase, NULL},
        {"edge", &rule->edge, NULL},
        {"left", &rule->left, NULL},
        {"right", &rule->right, NULL},
        {"matcher", &rule->matcher, NULL},
        {"runs", &rule->runs, NULL},
        {"before", &rule->before, NULL},
        {"prev", &rule->prev, NULL},
        {"next", &rule->next, NULL},
        {"place", &rule->country, NULL},
        {"near", &rule->near, NULL},
        {"alone", &rule->alone, NULL},
        {"between", &rule->between, NULL},
        {"prefix", &rule->prefix, NULL},
        {"shape", NULL, &rule->shapes},
        {"shapes", NULL, &rule->shapes},
        {"gap", &rule->gap, NULL},
        {"assigned", &rule->assigned, NULL},
        {"behind", &rule->behind, NULL},
        {"gives_way", &rule->gives_way, NULL},
        {"pattern", NULL, &rule->patterns},
        {"patterns", NULL, &rule->patterns},
        {"phrases", NULL, &rule->phrases},
        {"scored", &rule->scored, NULL},
        {"anchors", NULL, &rule->anchors},
        {"keywords", NULL, &rule->keywords},
        {"examples", NULL, &rule->examples},
        {"counterexamples", NULL, &rule->counterexamples},
    };

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!span_equal(key->s, span_str(keys[i].name))) {
            continue;
        }
        if (keys[i].one != NULL) {
            *keys[i].one = scalar(l, value);
        } else {
            *keys[i].many = list(l, value);
        }
        return;
    }
    fail_at(l->errors, key, "unknown key \"%.*s\"", (int)key->s.n, (const char *)key->s.p);
}

static void load_rule(const struct loader *l, yaml_node_t *node, struct source *source)
{
    struct source_rule *rule = &source->rules[source->rule_count];
    struct text where = place(l, node);

    if (node->type != YAML_MAPPING_NODE || source->rule_count == SOURCES_MOST) {
        fail_at(l->errors, &where, "a rule is a mapping, and there are at most %d", SOURCES_MOST);
        return;
    }
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        struct text key = scalar(l, yaml_document_get_node(l->document, pair->key));
        load_key(l, rule, &key, yaml_document_get_node(l->document, pair->value));
    }
    if ((rule->id.s.n == 0) == (rule->variant_of.s.n == 0)) {
        fail_at(l->errors, &where, "a rule has an id, or is a variant_of another");
        return;
    }
    rule->place = source->rule_count++;
}

// A mapping of names to lists of words.
static void load_words(const struct loader *l, yaml_node_t *node, struct source_context *groups,
                       size_t *count)
{
    struct text where = place(l, node);

    if (node->type != YAML_MAPPING_NODE) {
        fail_at(l->errors, &where, "a mapping of names to words is expected here");
        return;
    }
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        if (*count == CONTEXTS_MOST - 1) {
            fail_at(l->errors, &where, "more than %d groups of words", CONTEXTS_MOST - 1);
            return;
        }
        struct source_context *context = &groups[(*count)++];
        context->name = scalar(l, yaml_document_get_node(l->document, pair->key));
        context->words = list(l, yaml_document_get_node(l->document, pair->value));
    }
}

static void load_document(const struct loader *l, struct source *source)
{
    yaml_node_t *root = yaml_document_get_root_node(l->document);
    struct text where = {.file = l->file, .line = 1};

    if (root == NULL || root->type != YAML_MAPPING_NODE) {
        fail_at(l->errors, &where, "a file is a mapping with \"rules\" or \"contexts\"");
        return;
    }
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        struct text key = scalar(l, yaml_document_get_node(l->document, pair->key));
        yaml_node_t *value = yaml_document_get_node(l->document, pair->value);
        if (span_equal(key.s, SPAN_OF("contexts"))) {
            load_words(l, value, source->contexts, &source->context_count);
        } else if (span_equal(key.s, SPAN_OF("words"))) {
            load_words(l, value, source->classes, &source->class_count);
        } else if (span_equal(key.s, SPAN_OF("rules")) && value->type == YAML_SEQUENCE_NODE) {
            for (yaml_node_item_t *i = value->data.sequence.items.start;
                 i < value->data.sequence.items.top; i++) {
                load_rule(l, yaml_document_get_node(l->document, *i), source);
            }
        } else {
            fail_at(l->errors, &key,
                    "\"rules\" (a list), \"words\" or \"contexts\" is expected here");
        }
    }
}

void load_file(struct arena *a, struct errors *e, const char *path, struct source *source)
{
    struct text where = {.file = path, .line = 1};
    yaml_parser_t parser;
    yaml_document_t document;
    FILE *f = fopen(path, "rbe");

    if (f == NULL || yaml_parser_initialize(&parser) == 0) {
        fail_at(e, &where, "cannot be read");
        return;
    }
    yaml_parser_set_input_file(&parser, f);
    if (yaml_parser_load(&parser, &document) == 0) {
        where.line = (unsigned)parser.problem_mark.line + 1;
        fail_at(e, &where, "%s", parser.problem == NULL ? "no YAML" : parser.problem);
    } else {
        struct loader l = {a, e, &document, path};
        load_document(&l, source);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    (void)fclose(f);
}

bool source_init(struct arena *a, struct source *source)
{
    *source = (struct source){0};
    source->rules = arena_array(a, SOURCES_MOST + 1, sizeof(*source->rules));
    source->contexts = arena_array(a, CONTEXTS_MOST, sizeof(*source->contexts));
    source->classes = arena_array(a, CONTEXTS_MOST, sizeof(*source->classes));
    return source->rules != NULL && source->contexts != NULL && source->classes != NULL;
}
