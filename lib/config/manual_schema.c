// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The schema as JSON Schema (draft 2020-12), for editors. It says what a single file can be checked
// for without reading it as a whole: references between entries are `aiu config check`'s matter.
#include "codec/json_write.h"
#include "config/manual.h"
#include "config/schema.h"

static const struct {
    enum schema_type type;
    const char *pattern;
} patterns[] = {
    {SCHEMA_ID, "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"},
    {SCHEMA_NAME, "^[!-~]{1,200}$"},
    {SCHEMA_TEXT, "^.{1,300}$"},
    {SCHEMA_PATH, "^.+$"},
    {SCHEMA_URL, "^(https?://|unix:/)"},
    {SCHEMA_ADDRESS, "^(unix:.+|.+:[0-9]{1,5})$"},
    {SCHEMA_HASH, "^h1:[A-Za-z0-9_-]{43}$"},
    {SCHEMA_DURATION, "^(0|[0-9]+(ms|s|m|h|d))$"},
    {SCHEMA_DATE, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    {SCHEMA_RULE, "^[a-z]+\\.([a-z0-9_]+|\\*)$"},
};

static void write_pattern(struct json_writer *w, enum schema_type type)
{
    json_write_member_string(w, "type", SPAN_OF("string"));
    for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
        if (patterns[i].type == type) {
            json_write_member_string(w, "pattern", span_str(patterns[i].pattern));
        }
    }
}

static void write_integer(struct json_writer *w, const struct schema_key *key)
{
    json_write_member_string(w, "type", SPAN_OF("integer"));
    json_write_member_u64(w, "minimum", key->least);
    json_write_member_u64(w, "maximum", key->most);
}

static void write_enum(struct json_writer *w, const char *const *choices)
{
    json_write_key(w, "enum");
    json_write_array(w);
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (choices[i][0] != '\0') {
            json_write_string(w, span_str(choices[i]));
        }
    }
    json_write_array_end(w);
}

static void write_one_of_auto(struct json_writer *w, const struct schema_key *key)
{
    json_write_key(w, "oneOf");
    json_write_array(w);
    json_write_object(w);
    json_write_member_string(w, "const", SPAN_OF("auto"));
    json_write_object_end(w);
    json_write_object(w);
    write_integer(w, key);
    json_write_object_end(w);
    json_write_array_end(w);
}

static void write_size(struct json_writer *w)
{
    json_write_key(w, "type");
    json_write_raw(w, SPAN_OF("[\"string\",\"integer\"]"));
    json_write_member_string(w, "pattern", SPAN_OF("^[0-9]+(KiB|MiB|GiB)?$"));
}

static void write_map(struct json_writer *w, const struct schema_map *map);

static void write_list(struct json_writer *w, const struct schema_key *key)
{
    json_write_member_string(w, "type", SPAN_OF("array"));
    json_write_key(w, "items");
    json_write_object(w);
    if (key->map != NULL) {
        write_map(w, key->map);
    } else {
        write_pattern(w, SCHEMA_NAME);
    }
    json_write_object_end(w);
}

static void write_type(struct json_writer *w, const struct schema_key *key)
{
    switch (key->type) {
    case SCHEMA_MAP:
        write_map(w, key->map);
        break;
    case SCHEMA_LIST:
    case SCHEMA_NAMES:
        write_list(w, key);
        break;
    case SCHEMA_SECRET:
        json_write_member_string(w, "$ref", SPAN_OF("#/$defs/secret"));
        break;
    case SCHEMA_FILE:
        json_write_member_string(w, "$ref", SPAN_OF("#/$defs/file"));
        break;
    case SCHEMA_BOOL:
        json_write_member_string(w, "type", SPAN_OF("boolean"));
        break;
    case SCHEMA_NUMBER:
        write_integer(w, key);
        break;
    case SCHEMA_AUTO:
        write_one_of_auto(w, key);
        break;
    case SCHEMA_SIZE:
        write_size(w);
        break;
    case SCHEMA_CHOICE:
        write_enum(w, key->choices);
        break;
    case SCHEMA_ID:
    case SCHEMA_NAME:
    case SCHEMA_TEXT:
    case SCHEMA_PATH:
    case SCHEMA_URL:
    case SCHEMA_ADDRESS:
    case SCHEMA_HASH:
    case SCHEMA_DURATION:
    case SCHEMA_DATE:
    case SCHEMA_RULE:
        write_pattern(w, key->type);
        break;
    }
}

static void write_default(struct json_writer *w, const struct schema_key *key)
{
    if (key->preset == NULL) {
        return;
    }
    json_write_key(w, "default");
    if (key->type == SCHEMA_BOOL || key->type == SCHEMA_NUMBER) {
        json_write_raw(w, span_str(key->preset)); // JSON has them in the same spelling
    } else {
        json_write_string(w, span_str(key->preset));
    }
}

static void write_required(struct json_writer *w, const struct schema_map *map)
{
    json_write_key(w, "required");
    json_write_array(w);
    for (size_t i = 0; i < map->count; i++) {
        if (map->keys[i].required) {
            json_write_string(w, span_str(map->keys[i].name));
        }
    }
    json_write_array_end(w);
}

static void write_map(struct json_writer *w, const struct schema_map *map)
{
    json_write_member_string(w, "type", SPAN_OF("object"));
    json_write_member_bool(w, "additionalProperties", false);
    write_required(w, map);
    json_write_key(w, "properties");
    json_write_object(w);
    for (size_t i = 0; i < map->count; i++) {
        const struct schema_key *key = &map->keys[i];
        json_write_key(w, key->name);
        json_write_object(w);
        json_write_member_string(w, "description", span_str(key->doc));
        write_type(w, key);
        write_default(w, key);
        json_write_object_end(w);
    }
    json_write_object_end(w);
}

// { env: }, { file: }, { command: [] } or { credential: }.
static const char definitions[] =
    "{\"file\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"file\"],"
    "\"properties\":{\"file\":{\"type\":\"string\",\"minLength\":1}}},"
    "\"secret\":{\"type\":\"object\",\"additionalProperties\":false,\"minProperties\":1,"
    "\"maxProperties\":1,\"properties\":{"
    "\"env\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][A-Za-z0-9_]*$\"},"
    "\"file\":{\"type\":\"string\",\"minLength\":1},"
    "\"command\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"string\"}},"
    "\"credential\":{\"type\":\"string\",\"pattern\":\"^[^/]+$\"}}}}";

enum aiu_status manual_json_schema(struct buf *dst)
{
    struct json_writer w;

    json_writer_init(&w, dst);
    json_write_object(&w);
    json_write_member_string(&w, "$schema",
                             SPAN_OF("https://json-schema.org/draft/2020-12/schema"));
    json_write_member_string(&w, "title", SPAN_OF("AI Utilities gateway configuration"));
    json_write_key(&w, "$defs");
    json_write_raw(&w, span_str(definitions));
    write_map(&w, &schema_root);
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return buf_append_byte(dst, '\n');
}
