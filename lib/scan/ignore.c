// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/ignore.h"

#include "base/alloc.h"
#include "scan/glob.h"

struct ignore_rule {
    struct glob glob;
    bool keep;        // "!": not left out after all
    bool folder_only; // "name/"
    bool anchored;    // has a '/' before its end: the whole path under the file's folder
};

void ignore_init(struct ignore *list, const struct ignore *above, size_t base)
{
    *list = (struct ignore){.above = above, .base = base};
}

void ignore_done(struct ignore *list)
{
    for (size_t i = 0; i < list->count; i++) {
        glob_done(&list->rules[i].glob);
    }
    mem_free(list->rules);
    *list = (struct ignore){0};
}

static enum aiu_status grow(struct ignore *list)
{
    if (list->count < list->capacity) {
        return AIU_OK;
    }
    size_t more = list->capacity == 0 ? 16 : list->capacity * 2;
    struct ignore_rule *rules =
        mem_resize_wiped(list->rules, list->capacity * sizeof(*rules), more * sizeof(*rules));
    if (rules == NULL) {
        return AIU_NO_MEMORY;
    }
    list->rules = rules;
    list->capacity = more;
    return AIU_OK;
}

// Blanks at the end do not count unless a backslash stands before them.
static struct span trim_end(struct span line)
{
    while (line.n > 0 && line.p[line.n - 1] == ' ') {
        size_t slashes = 0;
        while (slashes < line.n - 1 && line.p[line.n - 2 - slashes] == '\\') {
            slashes++;
        }
        if (slashes % 2 == 1) {
            break;
        }
        line.n--;
    }
    return line;
}

static enum aiu_status add_line(struct ignore *list, struct span line)
{
    struct ignore_rule rule = {0};

    line = span_ends_with(line, SPAN_OF("\r")) ? span_drop_last(line, 1) : line;
    if (line.n == 0 || line.p[0] == '#') {
        return AIU_OK;
    }
    line = trim_end(line);
    rule.keep = span_starts_with(line, SPAN_OF("!"));
    line = span_drop_first(line, rule.keep ? 1 : 0);
    rule.folder_only = span_ends_with(line, SPAN_OF("/"));
    line = span_drop_last(line, rule.folder_only ? 1 : 0);
    rule.anchored = span_find_byte(line, '/') < line.n;
    line = span_skip_prefix(line, SPAN_OF("/"));
    if (line.n == 0) {
        return AIU_OK;
    }
    TRY(grow(list));
    enum aiu_status st = glob_compile(line, &rule.glob);
    if (st == AIU_OK) {
        list->rules[list->count++] = rule;
    }
    return st == AIU_NO_MEMORY ? st : AIU_OK;
}

enum aiu_status ignore_read(struct ignore *list, struct span text)
{
    struct span rest = span_skip_prefix(text, SPAN_OF("\xEF\xBB\xBF"));

    while (rest.n > 0) {
        struct span line;
        (void)span_cut(rest, '\n', &line, &rest);
        TRY(add_line(list, line));
    }
    return AIU_OK;
}

static struct span last_name(struct span path)
{
    size_t at = path.n;

    while (at > 0 && path.p[at - 1] != '/') {
        at--;
    }
    return span_drop_first(path, at);
}

// The last rule that matches decides; the files nearer to the path come first.
bool ignore_has(const struct ignore *list, struct span path, bool is_folder)
{
    struct span name = last_name(path);

    for (; list != NULL; list = list->above) {
        struct span below = span_drop_first(path, list->base);
        for (size_t i = list->count; i > 0; i--) {
            const struct ignore_rule *rule = &list->rules[i - 1];
            if (rule->folder_only && !is_folder) {
                continue;
            }
            if (glob_match(&rule->glob, rule->anchored ? below : name)) {
                return !rule->keep;
            }
        }
    }
    return false;
}
