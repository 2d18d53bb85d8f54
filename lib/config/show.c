// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One walk over schema and struct hands each value to a visitor; every output is a visitor.
#include "config/show.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "codec/json_write.h"
#include "config/schema.h"
#include "config/snapshot.h"
#include "config/value.h"

enum { SHOW_VALUE_MOST = 1 << 20, SHOW_PATH_MOST = 4096, KEY_COLUMN = 44, VALUE_COLUMN = 36 };

struct item {
    struct span path;
    struct span value;
    const struct origin *origin; // NULL: a default
};

struct walk {
    const struct config *config;
    bool by_name; // keys[app1] instead of keys[0]
    struct buf path;
    struct buf value;
    enum aiu_status (*visit)(void *ctx, const struct item *item);
    void *ctx;
};

static enum aiu_status walk_map(struct walk *w, const struct schema_map *map, const void *target);

static enum aiu_status append_label(struct walk *w, const struct schema_map *map, const void *item,
                                    size_t i)
{
    if (!w->by_name) {
        return buf_printf(&w->path, "[%zu]", i);
    }
    TRY(buf_append_byte(&w->path, '['));
    TRY(value_text(&map->keys[0], (const uint8_t *)item + map->keys[0].offset, &w->path));
    return buf_append_byte(&w->path, ']');
}

static enum aiu_status walk_list(struct walk *w, const struct schema_key *key, const void *target)
{
    const uint8_t *items = NULL;
    size_t count = 0;
    size_t mark = w->path.n;

    memcpy(&items, (const uint8_t *)target + key->offset, sizeof(items));
    memcpy(&count, (const uint8_t *)target + key->count_offset, sizeof(count));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *item = items + i * key->map->size;
        TRY(append_label(w, key->map, item, i));
        TRY(walk_map(w, key->map, item));
        w->path.n = mark;
    }
    return AIU_OK;
}

static enum aiu_status walk_value(struct walk *w, const struct schema_key *key, const void *field)
{
    if (value_is_empty(key, field)) {
        return AIU_OK;
    }
    buf_reset(&w->value);
    TRY(value_text(key, field, &w->value));
    const struct item item = {
        .path = buf_span(&w->path),
        .value = buf_span(&w->value),
        .origin = snapshot_origin(snapshot_of(w->config), buf_span(&w->path)),
    };
    return w->visit(w->ctx, &item);
}

static enum aiu_status walk_member(struct walk *w, const struct schema_key *key, const void *target)
{
    const uint8_t *field = (const uint8_t *)target + key->offset;
    bool given = true;

    if (key->type == SCHEMA_LIST) {
        return walk_list(w, key, target);
    }
    if (key->type != SCHEMA_MAP) {
        return walk_value(w, key, field);
    }
    if (key->noted) {
        memcpy(&given, field + key->count_offset, sizeof(given));
    }
    return given ? walk_map(w, key->map, field) : AIU_OK;
}

static enum aiu_status walk_map(struct walk *w, const struct schema_map *map, const void *target)
{
    size_t mark = w->path.n;

    for (size_t i = 0; i < map->count; i++) {
        TRY(buf_append(&w->path, mark == 0 ? SPAN_OF("") : SPAN_OF(".")));
        TRY(buf_append(&w->path, span_str(map->keys[i].name)));
        TRY(walk_member(w, &map->keys[i], target));
        w->path.n = mark;
    }
    return AIU_OK;
}

static enum aiu_status walk(const struct config *c, bool by_name,
                            enum aiu_status (*visit)(void *ctx, const struct item *item), void *ctx)
{
    struct walk w = {.config = c, .by_name = by_name, .visit = visit, .ctx = ctx};

    buf_init(&w.path, SHOW_PATH_MOST);
    buf_init(&w.value, SHOW_VALUE_MOST);
    enum aiu_status st = walk_map(&w, &schema_root, c);
    buf_wipe(&w.path);
    buf_wipe(&w.value);
    return st;
}

// --- lines

static enum aiu_status visit_text(void *ctx, const struct item *item)
{
    struct buf *dst = ctx;

    TRY(buf_append(dst, item->path));
    TRY(buf_append(dst, SPAN_OF(" = ")));
    TRY(buf_append(dst, item->value));
    return buf_append_byte(dst, '\n');
}

enum aiu_status show_text(const struct config *c, struct buf *dst)
{
    return walk(c, false, visit_text, dst);
}

struct table {
    const struct config *config;
    struct buf *dst;
};

// At least one blank behind what was written since `from`.
static enum aiu_status pad(struct buf *dst, size_t from, size_t column)
{
    do {
        TRY(buf_append_byte(dst, ' '));
    } while (dst->n - from < column);
    return AIU_OK;
}

static enum aiu_status append_origin(const struct table *t, const struct origin *o)
{
    if (o == NULL) {
        return buf_append(t->dst, SPAN_OF("default"));
    }
    if (o->variable.n > 0) {
        return buf_append(t->dst, o->variable);
    }
    TRY(buf_append(t->dst, t->config->path));
    return buf_printf(t->dst, ":%u", o->line);
}

static enum aiu_status visit_table(void *ctx, const struct item *item)
{
    const struct table *t = ctx;
    size_t from = t->dst->n;

    TRY(buf_append(t->dst, item->path));
    TRY(pad(t->dst, from, KEY_COLUMN));
    TRY(buf_append(t->dst, item->value));
    TRY(pad(t->dst, from, KEY_COLUMN + VALUE_COLUMN));
    TRY(append_origin(t, item->origin));
    return buf_append_byte(t->dst, '\n');
}

enum aiu_status show_table(const struct config *c, struct buf *dst)
{
    struct table t = {c, dst};

    return walk(c, false, visit_table, &t);
}

static enum aiu_status visit_json(void *ctx, const struct item *item)
{
    struct json_writer *w = ctx;

    json_write_object(w);
    json_write_member_string(w, "key", item->path);
    json_write_member_string(w, "value", item->value);
    if (item->origin == NULL) {
        json_write_member_string(w, "origin", SPAN_OF("default"));
    } else if (item->origin->variable.n > 0) {
        json_write_member_string(w, "origin", SPAN_OF("environment"));
        json_write_member_string(w, "variable", item->origin->variable);
    } else {
        json_write_member_string(w, "origin", SPAN_OF("file"));
        json_write_member_u64(w, "line", item->origin->line);
    }
    json_write_object_end(w);
    return AIU_OK;
}

enum aiu_status show_json(const struct config *c, struct buf *dst)
{
    struct json_writer w;

    json_writer_init(&w, dst);
    json_write_array(&w);
    TRY(walk(c, false, visit_json, &w));
    json_write_array_end(&w);
    TRY(json_writer_finish(&w));
    return buf_append_byte(dst, '\n');
}

// --- differences

// "key = value" lines, sorted.
struct lines {
    struct buf text;
    struct span *items;
    size_t count;
};

static void lines_done(struct lines *l)
{
    buf_wipe(&l->text);
    mem_free(l->items);
}

static int compare_lines(const void *a, const void *b)
{
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static enum aiu_status lines_fill(struct lines *l, const struct config *c)
{
    struct span rest, line;

    buf_init(&l->text, SNAPSHOT_MEMORY);
    TRY(walk(c, true, visit_text, &l->text));
    for (rest = buf_span(&l->text); span_cut(rest, '\n', &line, &rest);) {
        l->count++;
    }
    l->items = mem_new(l->count + 1, sizeof(*l->items));
    if (l->items == NULL) {
        return AIU_NO_MEMORY;
    }
    rest = buf_span(&l->text);
    for (size_t i = 0; i < l->count; i++) {
        (void)span_cut(rest, '\n', &l->items[i], &rest);
    }
    qsort(l->items, l->count, sizeof(*l->items), compare_lines);
    return AIU_OK;
}

static enum aiu_status append_difference(struct buf *dst, const char *sign, struct span line)
{
    TRY(buf_append(dst, span_str(sign)));
    TRY(buf_append(dst, line));
    return buf_append_byte(dst, '\n');
}

enum aiu_status show_diff(const struct config *a, const struct config *b, struct buf *dst,
                          bool *ret_same)
{
    CLEANUP(lines_done) struct lines x = {0};
    CLEANUP(lines_done) struct lines y = {0};
    size_t i = 0;
    size_t j = 0;
    bool same = true;

    TRY(lines_fill(&x, a));
    TRY(lines_fill(&y, b));
    while (i < x.count || j < y.count) {
        int order = i == x.count ? 1 : -1;
        if (i < x.count && j < y.count) {
            order = span_compare(x.items[i], y.items[j]);
        }
        if (order < 0) {
            TRY(append_difference(dst, "- ", x.items[i]));
        } else if (order > 0) {
            TRY(append_difference(dst, "+ ", y.items[j]));
        }
        same = same && order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    *ret_same = same;
    return AIU_OK;
}
