// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a finding is asked; how files of other tools are read stands in allow_gitleaks.c.
#include "scan/allow.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/num.h"
#include "codec/json.h"
#include "detect/regexes.h"
#include "scan/allow_entry.h"
#include "scan/select.h"

enum { ALLOW_MEMORY = 64 << 20 };

void allow_init(struct allow *a)
{
    *a = (struct allow){0};
    arena_init(&a->arena, ALLOW_MEMORY);
}

void allow_done(struct allow *a)
{
    for (struct allow_entry *e = a->entries; e != NULL; e = e->next) {
        regexes_free(e->paths);
        regexes_free(e->regexes);
    }
    mem_free(a->lines);
    mem_free(a->known);
    arena_done(&a->arena);
    *a = (struct allow){0};
}

static enum aiu_status add_line(struct allow *a, struct span name, uint64_t line)
{
    if (a->line_count == a->line_capacity) {
        size_t more = a->line_capacity == 0 ? 64 : a->line_capacity * 2;
        struct allow_line *lines =
            mem_resize_wiped(a->lines, a->line_capacity * sizeof(*lines), more * sizeof(*lines));
        if (lines == NULL) {
            return AIU_NO_MEMORY;
        }
        a->lines = lines;
        a->line_capacity = more;
    }
    struct span copy;
    TRY(arena_copy(&a->arena, name, &copy));
    a->lines[a->line_count++] = (struct allow_line){.name = copy, .line = line};
    return AIU_OK;
}

static bool cut_last(struct span s, uint8_t c, struct span *ret_before, struct span *ret_after)
{
    const uint8_t *at = s.n == 0 ? NULL : memrchr(s.p, c, s.n);

    if (at == NULL) {
        return false;
    }
    *ret_before = span_first(s, (size_t)(at - s.p));
    *ret_after = span_drop_first(s, ret_before->n + 1);
    return true;
}

// "path:rule:line" or "commit:path:rule:line".
static enum aiu_status read_ignored(struct allow *a, struct span text)
{
    struct span rest;
    struct span number;
    struct span rule;
    uint64_t line = 0;

    if (text.n == 0 || text.p[0] == '#' || !cut_last(text, ':', &rest, &number) ||
        num_parse_u64(number, UINT64_MAX, &line) != AIU_OK || !cut_last(rest, ':', &rest, &rule)) {
        return AIU_OK;
    }
    if (rest.n > 41 && rest.p[40] == ':') {
        size_t hex = 0;
        while (hex < 40 && num_hex_digit(rest.p[hex]) >= 0) {
            hex++;
        }
        rest = span_drop_first(rest, hex == 40 ? 41 : 0);
    }
    return add_line(a, rest, line);
}

enum aiu_status allow_read_lines(struct allow *a, struct span text)
{
    while (text.n > 0) {
        struct span line;
        (void)span_cut(text, '\n', &line, &text);
        line = span_ends_with(line, SPAN_OF("\r")) ? span_drop_last(line, 1) : line;
        TRY(read_ignored(a, span_trim_ows(line)));
    }
    return AIU_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, FINGERPRINT_SIZE);
}

static bool read_fingerprint(const struct json_doc *doc, uint32_t token, uint8_t *to)
{
    if (!json_is(doc, token, JSON_STRING)) {
        return false;
    }
    struct span text = json_raw(doc, token);
    for (size_t i = 0; i < text.n; i++) {
        int digit = num_hex_digit(text.p[i]);
        if (digit < 0 || text.n != FINGERPRINT_TEXT - 1) {
            return false;
        }
        to[i / 2] = (uint8_t)(to[i / 2] << 4 | digit);
    }
    return text.n > 0;
}

static enum aiu_status read_findings(struct allow *a, const struct json_doc *doc)
{
    uint32_t list = json_member(doc, 0, SPAN_OF("findings"));
    size_t count = 0;

    if (!json_is(doc, list, JSON_ARRAY)) {
        return AIU_FILE_INVALID;
    }
    for (uint32_t i = json_first(doc, list); i != JSON_NONE; i = json_next(doc, list, i)) {
        count++;
    }
    mem_free(a->known);
    a->known_count = 0;
    a->known = mem_new(count + 1, FINGERPRINT_SIZE);
    if (a->known == NULL) {
        return AIU_NO_MEMORY;
    }
    for (uint32_t i = json_first(doc, list); i != JSON_NONE; i = json_next(doc, list, i)) {
        uint8_t *to = a->known + (size_t)FINGERPRINT_SIZE * a->known_count;
        if (!read_fingerprint(doc, json_member(doc, i, SPAN_OF("fingerprint")), to)) {
            return AIU_FILE_INVALID;
        }
        a->known_count++;
    }
    qsort(a->known, a->known_count, FINGERPRINT_SIZE, by_bytes);
    return AIU_OK;
}

enum aiu_status allow_read_report(struct allow *a, struct span json, struct allow_error *ret_error)
{
    static const char reason[] = "this is no report of `aiu scan --format json`";
    struct arena arena;
    struct json_doc doc;

    arena_init(&arena, (size_t)4 * ALLOW_MEMORY);
    enum aiu_status st = json_parse(json, &arena, &json_default_limits, &doc, NULL);
    if (st == AIU_OK) {
        st = read_findings(a, &doc);
    }
    arena_done(&arena);
    if (st != AIU_OK && st != AIU_NO_MEMORY) {
        *ret_error = (struct allow_error){0};
        memcpy(ret_error->reason, reason, sizeof(reason));
        st = AIU_FILE_INVALID;
    }
    return st;
}

bool allow_knows(const struct allow *a, const uint8_t fingerprint[FINGERPRINT_SIZE])
{
    return a->known_count > 0 &&
           bsearch(fingerprint, a->known, a->known_count, FINGERPRINT_SIZE, by_bytes) != NULL;
}

static enum aiu_status path_matches(const struct allow_entry *e, struct span name, bool *ret_yes)
{
    *ret_yes = false;
    return e->paths == NULL ? AIU_OK : regexes_match(e->paths, name, ret_yes);
}

enum aiu_status allow_has_file(const struct allow *a, struct span name, bool *ret_yes)
{
    for (const struct allow_entry *e = a->entries; e != NULL; e = e->next) {
        bool alone = !e->both || (e->regexes == NULL && e->stopword_count == 0 && !e->commits);
        if (e->every_rule && alone) {
            TRY(path_matches(e, name, ret_yes));
            if (*ret_yes) {
                return AIU_OK;
            }
        }
    }
    *ret_yes = false;
    return AIU_OK;
}

static bool has_word_nocase(struct span text, struct span word)
{
    for (size_t i = 0; word.n > 0 && i + word.n <= text.n; i++) {
        if (span_equal_nocase(span_of(text.p + i, word.n), word)) {
            return true;
        }
    }
    return false;
}

static bool has_stopword(const struct allow_entry *e, struct span secret)
{
    for (size_t i = 0; i < e->stopword_count; i++) {
        if (has_word_nocase(secret, e->stopwords[i])) {
            return true;
        }
    }
    return false;
}

static enum aiu_status entry_has(const struct allow_entry *e, const struct allow_question *q,
                                 bool *ret_yes)
{
    bool path = false;
    bool regex = false;

    if (!e->every_rule && !rule_set_has(&e->rules, q->rule)) {
        *ret_yes = false;
        return AIU_OK;
    }
    TRY(path_matches(e, q->name, &path));
    if (e->regexes != NULL) {
        TRY(regexes_match(e->regexes, e->on_line ? q->line : q->secret, &regex));
    }
    bool word = has_stopword(e, q->secret);
    *ret_yes = e->always || path || regex || word;
    if (e->both) {
        *ret_yes = !e->commits && (e->paths == NULL || path) && (e->regexes == NULL || regex) &&
                   (e->stopword_count == 0 || word);
    }
    return AIU_OK;
}

enum aiu_status allow_has(const struct allow *a, const struct allow_question *q, bool *ret_yes)
{
    *ret_yes = true;
    for (size_t i = 0; i < a->line_count; i++) {
        if (a->lines[i].line == q->number && span_equal(a->lines[i].name, q->name)) {
            return AIU_OK;
        }
    }
    for (const struct allow_entry *e = a->entries; e != NULL; e = e->next) {
        TRY(entry_has(e, q, ret_yes));
        if (*ret_yes) {
            return AIU_OK;
        }
    }
    *ret_yes = false;
    return AIU_OK;
}

static bool is_word_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == ':';
}

// The words behind a mark, where the first names a rule or kind; empty otherwise.
static struct span rules_behind(struct span text)
{
    size_t n = 0;

    text = span_trim_ows(text);
    while (n < text.n && (is_word_byte(text.p[n]) || strchr(".*,", text.p[n]) != NULL)) {
        n++;
    }
    struct span words = span_first(text, n);
    struct span first;
    struct span rest;
    (void)span_cut(words, ',', &first, &rest);
    for (size_t i = 0; first.n > 0 && i < rules_count(); i++) {
        if (select_names(first, rules_get((uint16_t)i))) {
            return words;
        }
    }
    return (struct span){0};
}

static bool names_rule(struct span words, uint16_t rule)
{
    while (words.n > 0) {
        struct span word;
        (void)span_cut(words, ',', &word, &words);
        if (select_names(word, rules_get(rule))) {
            return true;
        }
    }
    return false;
}

bool allow_is_marked(struct span line, uint16_t rule)
{
    static const struct span marks[] = {SPAN("aiu:allow"), SPAN("gitleaks:allow")};

    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        size_t at = span_find_span(line, marks[i]);
        struct span behind = span_drop_first(line, at + marks[i].n);
        if (at >= line.n || (at > 0 && is_word_byte(line.p[at - 1])) ||
            (behind.n > 0 && is_word_byte(behind.p[0]))) {
            continue;
        }
        struct span words = i == 0 ? rules_behind(behind) : (struct span){0};
        if (words.n == 0 || names_rule(words, rule)) {
            return true;
        }
    }
    return false;
}
