// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// References are resolved inside the outermost schema. Recursive schemas end at a fixed depth with
// an empty object or array, which the usual recursive shapes (optional children) accept.
#include "schema.h"

enum { SCHEMA_DEPTH = 24 };

struct example {
    struct json_writer *w;
    const struct json_doc *doc;
    uint32_t root;
};

static void write_value(struct example *e, uint32_t schema, unsigned depth);

static bool type_is(const struct example *e, uint32_t schema, struct span name)
{
    uint32_t type = json_member(e->doc, schema, SPAN_OF("type"));

    if (json_is(e->doc, type, JSON_ARRAY)) {
        type = json_first(e->doc, type);
    }
    return json_equal(e->doc, type, name);
}

// "#/$defs/Step" inside the root; JSON_NONE for any other.
static uint32_t resolve(const struct example *e, uint32_t reference)
{
    struct span rest = json_raw(e->doc, reference);
    struct span part;
    uint32_t at = e->root;

    if (!span_starts_with(rest, SPAN_OF("#"))) {
        return JSON_NONE;
    }
    rest = span_drop_first(rest, 1);
    while (rest.n > 0 && at != JSON_NONE) {
        (void)span_cut(span_drop_first(rest, 1), '/', &part, &rest);
        at = json_member(e->doc, at, part);
        rest = rest.n > 0 ? span_of(rest.p - 1, rest.n + 1) : rest;
    }
    return at;
}

// The schema that stands behind this one: $ref, or the first alternative.
static uint32_t follow(const struct example *e, uint32_t schema)
{
    static const struct span alternatives[] = {SPAN("anyOf"), SPAN("oneOf"), SPAN("allOf")};
    uint32_t reference = json_member(e->doc, schema, SPAN_OF("$ref"));

    if (json_is(e->doc, reference, JSON_STRING)) {
        return resolve(e, reference);
    }
    for (size_t i = 0; i < ARRAY_SIZE(alternatives); i++) {
        uint32_t first = json_element(e->doc, json_member(e->doc, schema, alternatives[i]), 0);
        if (first != JSON_NONE) {
            return first;
        }
    }
    return JSON_NONE;
}

static void write_object(struct example *e, uint32_t schema, unsigned depth)
{
    uint32_t properties = json_member(e->doc, schema, SPAN_OF("properties"));

    json_write_object(e->w);
    if (depth < SCHEMA_DEPTH && json_is(e->doc, properties, JSON_OBJECT)) {
        for (uint32_t k = json_first(e->doc, properties); k != JSON_NONE;
             k = json_next(e->doc, properties, k)) {
            json_write_key_span(e->w, json_raw(e->doc, k));
            write_value(e, k + 1, depth + 1);
        }
    }
    json_write_object_end(e->w);
}

static void write_array(struct example *e, uint32_t schema, unsigned depth)
{
    uint32_t items = json_member(e->doc, schema, SPAN_OF("items"));
    uint64_t count = 1;

    (void)!json_u64(e->doc, json_member(e->doc, schema, SPAN_OF("minItems")), &count);
    json_write_array(e->w);
    for (uint64_t i = 0; i < count && i < 100 && items != JSON_NONE && depth < SCHEMA_DEPTH; i++) {
        write_value(e, items, depth + 1);
    }
    json_write_array_end(e->w);
}

static void write_number(struct example *e, uint32_t schema)
{
    uint32_t minimum = json_member(e->doc, schema, SPAN_OF("minimum"));

    json_write_raw(e->w, json_is(e->doc, minimum, JSON_NUMBER) ? json_raw(e->doc, minimum)
                                                               : SPAN_OF("1"));
}

static void write_typed(struct example *e, uint32_t schema, unsigned depth)
{
    if (type_is(e, schema, SPAN_OF("object")) ||
        json_member(e->doc, schema, SPAN_OF("properties")) != JSON_NONE) {
        write_object(e, schema, depth);
    } else if (type_is(e, schema, SPAN_OF("array"))) {
        write_array(e, schema, depth);
    } else if (type_is(e, schema, SPAN_OF("integer")) || type_is(e, schema, SPAN_OF("number"))) {
        write_number(e, schema);
    } else if (type_is(e, schema, SPAN_OF("boolean"))) {
        json_write_bool(e->w, true);
    } else if (type_is(e, schema, SPAN_OF("null"))) {
        json_write_null(e->w);
    } else {
        json_write_string(e->w, SPAN_OF("mock"));
    }
}

static void write_value(struct example *e, uint32_t schema, unsigned depth)
{
    uint32_t fixed = json_member(e->doc, schema, SPAN_OF("const"));
    uint32_t behind = follow(e, schema);

    if (fixed == JSON_NONE) {
        fixed = json_element(e->doc, json_member(e->doc, schema, SPAN_OF("enum")), 0);
    }
    if (fixed != JSON_NONE) {
        if (json_is(e->doc, fixed, JSON_STRING)) {
            json_write_string(e->w, json_raw(e->doc, fixed));
        } else {
            json_write_raw(e->w, json_raw(e->doc, fixed));
        }
    } else if (behind != JSON_NONE && depth < SCHEMA_DEPTH) {
        write_value(e, behind, depth + 1);
    } else {
        write_typed(e, schema, depth);
    }
}

void schema_write_example(struct json_writer *w, const struct json_doc *doc, uint32_t schema)
{
    struct example e = {w, doc, schema};

    if (schema == JSON_NONE) {
        json_write_object(w);
        json_write_object_end(w);
        return;
    }
    write_value(&e, schema, 0);
}
