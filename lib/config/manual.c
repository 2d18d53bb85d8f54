// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Texts for people: what one key means, a commented example, the page of the manual. The JSON
// schema is in manual_schema.c.
#include "config/manual.h"

#include "config/config.h"
#include "config/environment.h"
#include "config/report.h"
#include "config/schema.h"

enum { LINE_WIDTH = 96, PATH_MOST = 512, TYPE_MOST = 512 };

// --- types and limits

static struct span unit_text(enum schema_type type, uint64_t *value)
{
    static const struct {
        enum schema_type type;
        uint64_t factor;
        struct span name;
    } units[] = {
        {SCHEMA_SIZE, UINT64_C(1) << 40, SPAN("TiB")},
        {SCHEMA_SIZE, UINT64_C(1) << 30, SPAN("GiB")},
        {SCHEMA_SIZE, UINT64_C(1) << 20, SPAN("MiB")},
        {SCHEMA_SIZE, UINT64_C(1) << 10, SPAN("KiB")},
        {SCHEMA_DURATION, 3600000, SPAN("h")},
        {SCHEMA_DURATION, 60000, SPAN("m")},
        {SCHEMA_DURATION, 1000, SPAN("s")},
        {SCHEMA_DURATION, 1, SPAN("ms")},
    };

    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (units[i].type == type && *value > 0 && *value % units[i].factor == 0) {
            *value /= units[i].factor;
            return units[i].name;
        }
    }
    return (struct span){0};
}

static enum aiu_status append_amount(enum schema_type type, uint64_t value, struct buf *dst)
{
    struct span unit = unit_text(type, &value);

    TRY(buf_append_u64(dst, value));
    return buf_append(dst, unit);
}

static enum aiu_status append_type(const struct schema_key *key, struct buf *dst)
{
    if (key->type == SCHEMA_CHOICE) {
        for (size_t i = 0; key->choices[i] != NULL; i++) {
            const char *word = key->choices[i];
            TRY(buf_printf(dst, "%s%s", i == 0 || word[0] == '\0' ? "" : ", ", word));
        }
        return AIU_OK;
    }
    TRY(buf_append(dst, span_str(schema_type_text(key->type))));
    if (key->most == 0) {
        return AIU_OK;
    }
    TRY(buf_append(dst, SPAN_OF(", from ")));
    TRY(append_amount(key->type, key->least, dst));
    TRY(buf_append(dst, SPAN_OF(" to ")));
    return append_amount(key->type, key->most, dst);
}

// --- explain

// The next name of the path, without what stands in brackets behind it.
static struct span next_name(struct span *path)
{
    struct span name, bracket;

    (void)span_cut(*path, '.', &name, path);
    (void)span_cut(name, '[', &name, &bracket);
    return name;
}

// The key at `path`; NULL where there is none: `*ret_map` and `*ret_name` are where it ended then.
static const struct schema_key *key_at(struct span path, const struct schema_map **ret_map,
                                       struct span *ret_name)
{
    const struct schema_key *key = NULL;

    *ret_map = &schema_root;
    do {
        *ret_name = next_name(&path);
        key = *ret_map == NULL ? NULL : schema_find(*ret_map, *ret_name);
        if (key != NULL && path.n > 0) {
            *ret_map = key->map;
        }
    } while (key != NULL && path.n > 0);
    return key;
}

static enum aiu_status explain_unknown(const struct schema_map *map, struct span name,
                                       struct buf *dst)
{
    struct config_report report = {0};

    report_error(&report, AIU_NOT_FOUND, (struct config_place){0}, "there is no such key");
    if (map != NULL) {
        report_suggest(&report, name, schema_name_at, map);
    }
    TRY(config_report_text(&report, (struct span){0}, dst));
    return AIU_NOT_FOUND;
}

static enum aiu_status explain_children(const struct schema_map *map, struct buf *dst)
{
    TRY(buf_append(dst, SPAN_OF("keys:\n")));
    for (size_t i = 0; i < map->count; i++) {
        TRY(buf_printf(dst, "  %-20s %s\n", map->keys[i].name, map->keys[i].doc));
    }
    return AIU_OK;
}

static enum aiu_status explain_key(const struct schema_key *key, struct span path, struct buf *dst)
{
    TRY(buf_append(dst, path));
    TRY(buf_printf(dst, "\n%s\n\ntype: ", key->doc));
    TRY(append_type(key, dst));
    TRY(buf_append_byte(dst, '\n'));
    if (key->preset != NULL) {
        TRY(buf_printf(dst, "default: %s\n", key->preset));
    } else if (key->required) {
        TRY(buf_append(dst, SPAN_OF("required\n")));
    }
    if (key->example != NULL) {
        TRY(buf_printf(dst, "example: %s: %s\n", key->name, key->example));
    }
    return key->map == NULL ? AIU_OK : explain_children(key->map, dst);
}

enum aiu_status manual_explain(struct span key, struct buf *dst)
{
    const struct environment_variable *v = NULL;
    const struct schema_map *map = NULL;
    struct span name = {0};

    for (size_t i = 0; (v = environment_variable_at(i)) != NULL; i++) {
        if (span_equal(key, span_str(v->name))) {
            return buf_printf(dst, "%s (environment)\n%s\n", v->name, v->doc);
        }
    }
    const struct schema_key *found = key_at(key, &map, &name);
    return found == NULL ? explain_unknown(map, name, dst) : explain_key(found, key, dst);
}

// --- example

struct writer {
    struct buf *dst;
    size_t indent;
    bool commented;      // inside a part that is commented out,
    size_t commented_at; // with its signs in this column
    bool dash;           // the next key begins an entry of a list
};

static enum aiu_status begin_line(struct writer *w, size_t indent, bool comment)
{
    for (size_t i = 0; i < indent; i++) {
        TRY(buf_append_byte(w->dst, ' '));
    }
    return comment ? buf_append(w->dst, SPAN_OF("# ")) : AIU_OK;
}

// The length of the first line of `text` that fits into `width`.
static size_t line_length(struct span text, size_t width)
{
    size_t end = text.n;

    if (text.n <= width) {
        return end;
    }
    for (size_t i = 0; i <= width; i++) {
        end = text.p[i] == ' ' ? i : end;
    }
    return end;
}

static enum aiu_status write_doc(struct writer *w, const struct schema_key *key)
{
    struct span rest = span_str(key->doc);

    while (!w->commented && rest.n > 0) {
        size_t n = line_length(rest, LINE_WIDTH - w->indent);
        TRY(begin_line(w, w->indent, true));
        TRY(buf_append(w->dst, span_first(rest, n)));
        TRY(buf_append_byte(w->dst, '\n'));
        rest = span_drop_first(rest, n + 1);
    }
    return AIU_OK;
}

// "name: value", at the margin, behind a dash, or commented out.
static enum aiu_status write_line(struct writer *w, const struct schema_key *key, const char *value,
                                  bool comment)
{
    size_t margin = w->dash ? w->indent - 2 : w->indent;

    if (w->commented) { // the sign stays in its column
        TRY(begin_line(w, w->commented_at, true));
        TRY(begin_line(w, margin - w->commented_at, false));
    } else {
        TRY(begin_line(w, margin, comment));
    }
    TRY(buf_append(w->dst, w->dash ? SPAN_OF("- ") : SPAN_OF("")));
    w->dash = false;
    return buf_printf(w->dst, "%s:%s%s\n", key->name, value == NULL ? "" : " ",
                      value == NULL ? "" : value);
}

static enum aiu_status write_map(struct writer *w, const struct schema_map *map);

static enum aiu_status write_inner(struct writer *w, const struct schema_key *key)
{
    bool was_commented = w->commented;
    bool optional = key->noted || (key->type == SCHEMA_LIST && w->indent > 0);

    TRY(write_line(w, key, NULL, optional));
    if (optional && !w->commented) {
        w->commented = true;
        w->commented_at = w->indent;
    }
    w->indent += key->type == SCHEMA_LIST ? 4 : 2;
    w->dash = key->type == SCHEMA_LIST;
    TRY(write_map(w, key->map));
    w->indent -= key->type == SCHEMA_LIST ? 4 : 2;
    w->commented = was_commented;
    return AIU_OK;
}

static enum aiu_status write_key(struct writer *w, const struct schema_key *key)
{
    size_t mark = w->indent;

    if (w->dash) { // the comment stands where the dash does
        w->indent -= 2;
    }
    TRY(write_doc(w, key));
    w->indent = mark;
    if (key->map != NULL) {
        return write_inner(w, key);
    }
    if (key->preset != NULL) {
        return write_line(w, key, key->preset, false);
    }
    return write_line(w, key, key->example, !key->required && !key->shown);
}

static enum aiu_status write_map(struct writer *w, const struct schema_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        if (w->indent == 0) {
            TRY(buf_append_byte(w->dst, '\n'));
        }
        TRY(write_key(w, &map->keys[i]));
    }
    return AIU_OK;
}

enum aiu_status manual_example(struct buf *dst)
{
    struct writer w = {.dst = dst};

    TRY(buf_append(dst,
                   SPAN_OF("# Configuration of the AI Utilities gateway. What is commented out "
                           "has no default.\n")));
    return write_map(&w, &schema_root);
}

// --- the page of the manual

static enum aiu_status append_cell(struct buf *dst, struct span text)
{
    TRY(buf_append(dst, SPAN_OF(" ")));
    for (size_t i = 0; i < text.n; i++) {
        TRY(text.p[i] == '|' ? buf_append(dst, SPAN_OF("\\|")) : buf_append_byte(dst, text.p[i]));
    }
    return buf_append(dst, SPAN_OF(" |"));
}

static enum aiu_status append_default(const struct schema_key *key, struct buf *dst)
{
    if (key->preset != NULL) {
        return buf_printf(dst, " `%s` |", key->preset);
    }
    return append_cell(dst, key->required ? SPAN_OF("required") : SPAN_OF(""));
}

static enum aiu_status append_row(const struct schema_key *key, struct buf *dst)
{
    CLEANUP(buf_wipe) struct buf type = BUF_OF(TYPE_MOST);

    TRY(append_type(key, &type));
    TRY(buf_printf(dst, "| `%s` |", key->name));
    TRY(append_cell(dst, buf_span(&type)));
    TRY(append_default(key, dst));
    TRY(append_cell(dst, span_str(key->doc)));
    return buf_append_byte(dst, '\n');
}

static enum aiu_status append_section(struct buf *path, const struct schema_map *map,
                                      const char *doc, struct buf *dst)
{
    size_t mark = path->n;

    TRY(buf_append(dst, path->n == 0 ? SPAN_OF("\n## The file\n\n") : SPAN_OF("\n### `")));
    TRY(buf_append(dst, buf_span(path)));
    TRY(path->n == 0 ? AIU_OK : buf_printf(dst, "`\n\n%s\n\n", doc));
    TRY(buf_append(dst, SPAN_OF("| key | value | default | meaning |\n|---|---|---|---|\n")));
    for (size_t i = 0; i < map->count; i++) {
        TRY(append_row(&map->keys[i], dst));
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct schema_key *key = &map->keys[i];
        if (key->map != NULL) {
            TRY(buf_printf(path, "%s%s%s", mark == 0 ? "" : ".", key->name,
                           key->type == SCHEMA_LIST ? "[]" : ""));
            TRY(append_section(path, key->map, key->doc, dst));
            path->n = mark;
        }
    }
    return AIU_OK;
}

static enum aiu_status append_environment(struct buf *dst)
{
    const struct environment_variable *v = NULL;

    TRY(buf_append(dst, SPAN_OF("\n## Environment\n\n"
                                "A variable goes before the file; an empty one counts as unset. "
                                "Truth values are true, 1, yes, on and false, 0, no, off, in any "
                                "case. An `AI_` variable that is not known is warned about.\n\n"
                                "| variable | meaning |\n|---|---|\n")));
    for (size_t i = 0; (v = environment_variable_at(i)) != NULL; i++) {
        if (v->used) {
            TRY(buf_printf(dst, "| `%s` | %s |\n", v->name, v->doc));
        }
    }
    return buf_append(
        dst,
        SPAN_OF("| `OPENAI_API_KEY`, `OPENAI_BASE_URL` | Without a file: OpenAI's key and "
                "address. The key is not sent to AI_BASE_URL where that is another origin. |\n"
                "| `GROQ_`, `TOGETHER_`, `OPENROUTER_`, `OLLAMA_`, `LMSTUDIO_`, `FASTCHAT_`, "
                "`TEXT_GENERATION_WEBUI_` + `API_KEY`, `BASE_URL` | The same for the provider that "
                "AI_PROVIDER names. |\n"
                "| `AIU_CONFIG` | The file, where no option names one. |\n"
                "| `STATE_DIRECTORY`, `XDG_STATE_HOME` | state_dir, where the file names none. "
                "|\n\nNames of the guide's Python package that have no meaning here are accepted "
                "and not used:\n`aiu config explain NAME` says so.\n"));
}

static enum aiu_status append_profiles(struct buf *dst)
{
    const struct policy *p = NULL;

    TRY(buf_append(dst, SPAN_OF("\n## Built-in profiles\n")));
    for (size_t i = 0; (p = policy_builtin_at(i)) != NULL; i++) {
        TRY(buf_append(dst, SPAN_OF("\n```\n")));
        TRY(policy_text(p, dst));
        TRY(buf_append(dst, SPAN_OF("```\n")));
    }
    return AIU_OK;
}

enum aiu_status manual_markdown(struct buf *dst)
{
    CLEANUP(buf_wipe) struct buf path = BUF_OF(PATH_MOST);

    TRY(buf_append(
        dst,
        SPAN_OF("<!-- SPDX-FileCopyrightText: The AI Utilities authors -->\n"
                "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
                "<!-- Written by tests/config/test_manual.c from lib/config/schema.c; "
                "do not edit. -->\n"
                "# Configuration\n\n"
                "One YAML file. `aiu config example` prints one with every key, `aiu config check` "
                "says what is wrong\nwith yours, `aiu config show` what it comes to and where each "
                "value is from, `aiu config explain KEY` what\na key means, and `aiu config "
                "schema` is a JSON schema for editors.\n\n"
                "A key that is not known is an error. Anchors, aliases and tags of YAML are not "
                "supported. No secret stands\nin the file: it says where the secret comes from.\n"
                "Precedence: environment, then file, then default.\n")));
    TRY(append_section(&path, &schema_root, "", dst));
    TRY(append_environment(dst));
    return append_profiles(dst);
}
