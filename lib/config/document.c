// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// libyaml's events, turned into nodes by a function that calls itself once a level. The first fault
// of the YAML itself ends it: what follows such a fault can only be guessed.
#include "config/document.h"

#include <yaml.h>

#include "base/utf8.h"
#include "config/report.h"

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    struct config_report *report;
    size_t nodes;
};

static struct config_place mark_place(yaml_mark_t mark)
{
    return (struct config_place){.line = (uint32_t)mark.line + 1,
                                 .column = (uint32_t)mark.column + 1};
}

static enum aiu_status refuse(struct reader *r, yaml_mark_t mark, const char *message)
{
    report_error(r->report, AIU_CONFIG_INVALID, mark_place(mark), "%s", message);
    return AIU_CONFIG_INVALID;
}

// libyaml's `problem` is one of its own constant sentences.
static enum aiu_status refuse_syntax(struct reader *r)
{
    if (r->parser.error == YAML_MEMORY_ERROR) {
        return AIU_NO_MEMORY;
    }
    struct config_place at = mark_place(r->parser.problem_mark);
    if (r->parser.error == YAML_READER_ERROR) {
        report_error(r->report, AIU_CONFIG_INVALID, at, "not YAML: %s", "a byte that is not text");
    } else {
        report_error(r->report, AIU_CONFIG_INVALID, at, "not YAML: %s",
                     r->parser.problem != NULL ? r->parser.problem : "syntax error");
    }
    return AIU_CONFIG_INVALID;
}

static enum aiu_status next_event(struct reader *r, yaml_event_t *ret_event)
{
    return yaml_parser_parse(&r->parser, ret_event) ? AIU_OK : refuse_syntax(r);
}

static enum aiu_status new_node(struct reader *r, const yaml_event_t *e, enum node_kind kind,
                                struct node **ret_node)
{
    if (++r->nodes > DOCUMENT_NODES) {
        return refuse(r, e->start_mark, "the file has too many values");
    }
    struct node *n = arena_new(r->arena, sizeof(*n));
    if (n == NULL) {
        return AIU_NO_MEMORY;
    }
    n->kind = kind;
    n->line = (uint32_t)e->start_mark.line + 1;
    n->column = (uint32_t)e->start_mark.column + 1;
    *ret_node = n;
    return AIU_OK;
}

static enum aiu_status refuse_anchor_and_tag(struct reader *r, const yaml_event_t *e,
                                             const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL) {
        return refuse(r, e->start_mark, "anchors are not supported");
    }
    return tag == NULL ? AIU_OK : refuse(r, e->start_mark, "tags are not supported");
}

static enum aiu_status read_scalar(struct reader *r, const yaml_event_t *e, struct node **ret_node)
{
    struct node *n = NULL;
    struct span value = {e->data.scalar.value, e->data.scalar.length};

    TRY(refuse_anchor_and_tag(r, e, e->data.scalar.anchor, e->data.scalar.tag));
    TRY(new_node(r, e, NODE_SCALAR, &n));
    if (span_find_byte(value, 0) < value.n) {
        return refuse(r, e->start_mark, "a NUL byte is not allowed");
    }
    TRY(arena_copy(r->arena, value, &n->text));
    n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    *ret_node = n;
    return AIU_OK;
}

static enum aiu_status read_node(struct reader *r, const yaml_event_t *e, unsigned depth,
                                 struct node **ret_node);

static void append_child(struct node *parent, struct node **last, struct node *child)
{
    if (*last == NULL) {
        parent->first = child;
    } else {
        (*last)->next = child;
    }
    *last = child;
    parent->count++;
}

static enum aiu_status read_list(struct reader *r, unsigned depth, struct node *list)
{
    struct node *last = NULL;

    for (;;) {
        CLEANUP(yaml_event_delete) yaml_event_t e = {0};
        struct node *child = NULL;
        TRY(next_event(r, &e));
        if (e.type == YAML_SEQUENCE_END_EVENT) {
            return AIU_OK;
        }
        TRY(read_node(r, &e, depth, &child));
        append_child(list, &last, child);
    }
}

static enum aiu_status read_key(struct reader *r, const yaml_event_t *e, const struct node *map,
                                struct node **ret_key)
{
    if (e->type != YAML_SCALAR_EVENT) {
        return refuse(r, e->start_mark, "a key must be a word");
    }
    TRY(read_scalar(r, e, ret_key));
    const struct node *twin = node_member(map, (*ret_key)->text);
    if (twin != NULL) {
        report_error(r->report, AIU_CONFIG_INVALID, mark_place(e->start_mark),
                     "the same key stands at line %u", twin->key_line);
    }
    return map->count < DOCUMENT_KEYS ? AIU_OK
                                      : refuse(r, e->start_mark, "too many keys in one place");
}

static enum aiu_status read_map(struct reader *r, unsigned depth, struct node *map)
{
    struct node *last = NULL;

    for (;;) {
        CLEANUP(yaml_event_delete) yaml_event_t e = {0};
        CLEANUP(yaml_event_delete) yaml_event_t v = {0};
        struct node *key = NULL;
        struct node *value = NULL;
        TRY(next_event(r, &e));
        if (e.type == YAML_MAPPING_END_EVENT) {
            return AIU_OK;
        }
        TRY(read_key(r, &e, map, &key));
        TRY(next_event(r, &v));
        TRY(read_node(r, &v, depth, &value));
        value->key = key->text;
        value->key_line = key->line;
        value->key_column = key->column;
        append_child(map, &last, value);
    }
}

static enum aiu_status read_inner(struct reader *r, const yaml_event_t *e, unsigned depth,
                                  struct node **ret_node)
{
    bool is_map = e->type == YAML_MAPPING_START_EVENT;

    if (depth >= DOCUMENT_DEPTH) {
        return refuse(r, e->start_mark, "nested too deeply");
    }
    TRY(refuse_anchor_and_tag(r, e,
                              is_map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor,
                              is_map ? e->data.mapping_start.tag : e->data.sequence_start.tag));
    TRY(new_node(r, e, is_map ? NODE_MAP : NODE_LIST, ret_node));
    return is_map ? read_map(r, depth + 1, *ret_node) : read_list(r, depth + 1, *ret_node);
}

static enum aiu_status read_node(struct reader *r, const yaml_event_t *e, unsigned depth,
                                 struct node **ret_node)
{
    if (e->type == YAML_SCALAR_EVENT) {
        return read_scalar(r, e, ret_node);
    }
    if (e->type == YAML_ALIAS_EVENT) {
        return refuse(r, e->start_mark, "aliases are not supported");
    }
    return read_inner(r, e, depth, ret_node);
}

// Take the next event, which must be of `type`.
static enum aiu_status expect(struct reader *r, yaml_event_type_t type, const char *message)
{
    CLEANUP(yaml_event_delete) yaml_event_t e = {0};

    TRY(next_event(r, &e));
    return e.type == type ? AIU_OK : refuse(r, e.start_mark, message);
}

static enum aiu_status read_document(struct reader *r, struct node **ret_root)
{
    CLEANUP(yaml_event_delete) yaml_event_t e = {0};

    TRY(expect(r, YAML_STREAM_START_EVENT, "not YAML"));
    TRY(expect(r, YAML_DOCUMENT_START_EVENT, "the file is empty"));
    TRY(next_event(r, &e));
    TRY(read_node(r, &e, 0, ret_root));
    TRY(expect(r, YAML_DOCUMENT_END_EVENT, "not YAML"));
    return expect(r, YAML_STREAM_END_EVENT, "a second document is not allowed");
}

// libyaml stops at the first broken byte, but says where in bytes only.
static enum aiu_status check_text(struct span text, struct config_report *report)
{
    struct config_place at = {.line = 1, .column = 1};
    struct utf8 u = {0};
    size_t bad = text.n;

    if (text.n > DOCUMENT_SIZE) {
        report_error(report, AIU_FILE_TOO_LARGE, (struct config_place){0},
                     "the file is over 1 MiB");
        return AIU_FILE_TOO_LARGE;
    }
    if (utf8_feed(&u, text, &bad) == AIU_OK && utf8_complete(&u)) {
        return AIU_OK;
    }
    for (size_t i = 0; i < bad && i < text.n; i++) {
        at.column = text.p[i] == '\n' ? 1 : at.column + 1;
        at.line += text.p[i] == '\n';
    }
    report_error(report, AIU_CONFIG_INVALID, at, "not UTF-8");
    return AIU_CONFIG_INVALID;
}

enum aiu_status document_parse(struct span text, struct arena *a, struct config_report *report,
                               const struct node **ret_root)
{
    struct reader r = {.arena = a, .report = report};
    struct node *root = NULL;

    TRY(check_text(text, report));
    if (!yaml_parser_initialize(&r.parser)) {
        return AIU_NO_MEMORY;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, text.p, text.n);
    enum aiu_status st = read_document(&r, &root);
    yaml_parser_delete(&r.parser);
    TRY(st);
    *ret_root = root;
    return AIU_OK;
}

const struct node *node_member(const struct node *map, struct span key)
{
    for (const struct node *n = map->first; n != NULL; n = n->next) {
        if (span_equal(n->key, key)) {
            return n;
        }
    }
    return NULL;
}
