// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The walk of document and schema side by side. It knows the shape of things (maps, lists, what is
// unknown, what is missing); config/value.c knows single values.
#include "config/builder.h"

#include "config/value.h"

enum { LIST_MOST = 10000, KEY_SHOWN_MOST = 32 };

// --- the path

// Only names of the schema and numbers are appended, so the buffer never runs over.
size_t builder_enter(struct builder *b, struct span name)
{
    size_t mark = b->path.n;

    CHECK(mark == 0 || buf_append_byte(&b->path, '.') == AIU_OK);
    CHECK(buf_append(&b->path, name) == AIU_OK);
    return mark;
}

size_t builder_enter_index(struct builder *b, size_t i)
{
    size_t mark = b->path.n;

    CHECK(buf_printf(&b->path, "[%zu]", i) == AIU_OK);
    return mark;
}

void builder_leave(struct builder *b, size_t mark)
{
    b->path.n = mark;
}

struct config_place builder_place(const struct builder *b, const struct node *node)
{
    return (struct config_place){
        .path = buf_span(&b->path), .line = node->line, .column = node->column};
}

enum aiu_status builder_note(struct builder *b, uint32_t line, uint32_t column,
                             struct span variable)
{
    struct snapshot *s = b->snapshot;
    struct origin *o = arena_new(&s->arena, sizeof(*o));

    if (o == NULL) {
        return AIU_NO_MEMORY;
    }
    *o = (struct origin){.variable = variable, .line = line, .column = column, .next = s->origins};
    TRY(arena_copy(&s->arena, buf_span(&b->path), &o->path));
    s->origins = o;
    s->origin_count++;
    return AIU_OK;
}

// --- defaults

static void *field_of(const struct schema_key *key, void *target)
{
    return (uint8_t *)target + key->offset;
}

static enum aiu_status set_default(struct builder *b, const struct schema_key *key, void *target)
{
    if (key->type == SCHEMA_MAP) {
        return builder_defaults(b, key->map, field_of(key, target));
    }
    if (key->preset == NULL) {
        return AIU_OK;
    }
    const struct node preset = {.kind = NODE_SCALAR, .plain = true, .text = span_str(key->preset)};
    return value_set(b, key, &preset, field_of(key, target));
}

enum aiu_status builder_defaults(struct builder *b, const struct schema_map *map, void *target)
{
    for (size_t i = 0; i < map->count; i++) {
        TRY(set_default(b, &map->keys[i], target));
    }
    return AIU_OK;
}

// --- what the file says

// A key that nobody knows could be anything, a secret included: only what looks like a name is
// shown.
static struct span shown_key(struct span key)
{
    for (size_t i = 0; i < key.n; i++) {
        uint8_t c = key.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-')) {
            return SPAN_OF("?");
        }
    }
    return key.n == 0 || key.n > KEY_SHOWN_MOST ? SPAN_OF("?") : key;
}

static void refuse_unknown(struct builder *b, const struct schema_map *map, const struct node *node)
{
    size_t mark = builder_enter(b, shown_key(node->key));
    struct config_place at = {
        .path = buf_span(&b->path), .line = node->key_line, .column = node->key_column};

    report_error(b->report, AIU_CONFIG_UNKNOWN_NAME, at, "unknown key");
    report_suggest(b->report, node->key, schema_name_at, map);
    builder_leave(b, mark);
}

static void refuse_missing(struct builder *b, const struct schema_map *map, const struct node *node)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct schema_key *key = &map->keys[i];
        if (key->required && node_member(node, span_str(key->name)) == NULL) {
            size_t mark = builder_enter(b, span_str(key->name));
            report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, node), "is missing");
            builder_leave(b, mark);
        }
    }
}

static enum aiu_status set_list(struct builder *b, const struct schema_key *key,
                                const struct node *node, void *target)
{
    const struct schema_map *map = key->map;
    size_t i = 0;

    if (node->kind != NODE_LIST || node->count > LIST_MOST) {
        report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, node),
                     "must be a list: an entry begins with \"- \"");
        return AIU_OK;
    }
    uint8_t *items = arena_array(&b->snapshot->arena, node->count + 1, map->size);
    if (items == NULL) {
        return AIU_NO_MEMORY;
    }
    for (const struct node *child = node->first; child != NULL; child = child->next, i++) {
        size_t mark = builder_enter_index(b, i);
        TRY(builder_note(b, child->line, child->column, (struct span){0}));
        TRY(builder_defaults(b, map, items + i * map->size));
        TRY(builder_map(b, map, child, items + i * map->size));
        builder_leave(b, mark);
    }
    memcpy(field_of(key, target), &items, sizeof(items));
    memcpy((uint8_t *)target + key->count_offset, &node->count, sizeof(node->count));
    return AIU_OK;
}

static enum aiu_status set_map(struct builder *b, const struct schema_key *key,
                               const struct node *node, void *target)
{
    const bool given = true;

    if (key->noted) {
        memcpy((uint8_t *)field_of(key, target) + key->count_offset, &given, sizeof(given));
    }
    return builder_map(b, key->map, node, field_of(key, target));
}

static enum aiu_status set_member(struct builder *b, const struct schema_key *key,
                                  const struct node *node, void *target)
{
    if (key->type == SCHEMA_MAP) {
        return set_map(b, key, node, target);
    }
    if (key->type == SCHEMA_LIST) {
        return set_list(b, key, node, target);
    }
    TRY(builder_note(b, node->line, node->column, (struct span){0}));
    return value_set(b, key, node, field_of(key, target));
}

enum aiu_status builder_map(struct builder *b, const struct schema_map *map,
                            const struct node *node, void *target)
{
    if (node->kind != NODE_MAP) {
        report_error(b->report, AIU_CONFIG_INVALID, builder_place(b, node),
                     "must be a map with keys such as \"%s:\"", map->keys[0].name);
        return AIU_OK;
    }
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        const struct schema_key *key = schema_find(map, child->key);
        if (key == NULL) {
            refuse_unknown(b, map, child);
            continue;
        }
        size_t mark = builder_enter(b, child->key);
        TRY(set_member(b, key, child, target));
        builder_leave(b, mark);
    }
    refuse_missing(b, map, node);
    return AIU_OK;
}
