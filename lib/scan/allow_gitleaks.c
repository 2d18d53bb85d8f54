// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The allow-lists of a .gitleaks.toml. What a rule of gitleaks allows says nothing about rules of
// ours that look for something else, so it counts for the rule of the same name only.
#include <stdio.h>

#include "base/alloc.h"
#include "scan/allow.h"
#include "scan/allow_entry.h"
#include "scan/select.h"
#include "scan/toml.h"

struct reading {
    struct allow *allow;
    struct allow_error *error;
};

static enum aiu_status fail(const struct reading *r, unsigned line, const char *what,
                            const char *why)
{
    r->error->line = line;
    (void)snprintf(r->error->reason, sizeof(r->error->reason), "%s%s%s", what,
                   why[0] == '\0' ? "" : ": ", why);
    return AIU_FILE_INVALID;
}

static size_t count_of(const struct toml *list)
{
    size_t n = 0;

    for (const struct toml *t = list == NULL ? NULL : list->first; t != NULL; t = t->next) {
        n++;
    }
    return n;
}

static enum aiu_status check_strings(const struct reading *r, const struct toml *list)
{
    if (list->kind != TOML_ARRAY) {
        return fail(r, list->line, "a list of strings is expected", "");
    }
    for (const struct toml *t = list->first; t != NULL; t = t->next) {
        if (t->kind != TOML_STRING || memchr(t->text.p, 0, t->text.n) != NULL) {
            return fail(r, t->line, "a string is expected", "");
        }
    }
    return AIU_OK;
}

static unsigned line_of(const struct toml *list, size_t n)
{
    const struct toml *t = list->first;

    while (t != NULL && n-- > 0) {
        t = t->next;
    }
    return t == NULL ? list->line : t->line;
}

static enum aiu_status compile_list(const struct reading *r, const struct toml *list,
                                    struct regexes **ret_set)
{
    struct regexes_error error;
    size_t count = count_of(list);
    size_t n = 0;

    if (count == 0) {
        return AIU_OK;
    }
    TRY(check_strings(r, list));
    const char **texts = arena_array(&r->allow->arena, count, sizeof(*texts));
    if (texts == NULL) {
        return AIU_NO_MEMORY;
    }
    for (const struct toml *t = list->first; t != NULL; t = t->next) {
        texts[n++] = (const char *)t->text.p;
    }
    enum aiu_status st = regexes_new(texts, count, ret_set, &error);
    if (st == AIU_CONFIG_INVALID) {
        return fail(r, line_of(list, error.index), "this expression can not be used", error.reason);
    }
    return st;
}

static enum aiu_status read_stopwords(const struct reading *r, const struct toml *list,
                                      struct allow_entry *e)
{
    size_t count = count_of(list);

    if (count == 0) {
        return AIU_OK;
    }
    TRY(check_strings(r, list));
    e->stopwords = arena_array(&r->allow->arena, count, sizeof(*e->stopwords));
    if (e->stopwords == NULL) {
        return AIU_NO_MEMORY;
    }
    for (const struct toml *t = list->first; t != NULL; t = t->next) {
        e->stopwords[e->stopword_count++] = t->text;
    }
    return AIU_OK;
}

static bool is_text(const struct toml *t, struct span text)
{
    return t != NULL && t->kind == TOML_STRING && span_equal_nocase(t->text, text);
}

// "github-pat" is ours "secret.github_pat".
static bool same_name(struct span theirs, const char *ours)
{
    struct span id = span_skip_prefix(span_str(ours), SPAN_OF("secret."));

    if (id.n != theirs.n) {
        return false;
    }
    for (size_t i = 0; i < id.n; i++) {
        if (theirs.p[i] != (id.p[i] == '_' ? '-' : id.p[i])) {
            return false;
        }
    }
    return true;
}

static void add_rules(struct span theirs, struct rule_set *rules)
{
    static const struct {
        const char *theirs, *ours;
    } known[] = {
#define ALLOW_RULE(theirs, ours) {theirs, ours},
#include "scan/allow_rules.def"
#undef ALLOW_RULE
    };

    for (size_t i = 0; i < rules_count(); i++) {
        const struct rule_info *rule = rules_get((uint16_t)i);
        bool same = same_name(theirs, rule->id) || span_equal(theirs, span_str(rule->id));
        for (size_t k = 0; !same && k < ARRAY_SIZE(known); k++) {
            same = span_equal(theirs, span_str(known[k].theirs)) &&
                   select_names(span_str(known[k].ours), rule);
        }
        if (same) {
            rule_set_add(rules, (uint16_t)i);
        }
    }
}

static struct allow_entry *new_entry(const struct reading *r, const struct rule_set *rules)
{
    struct allow_entry *e = arena_new(&r->allow->arena, sizeof(*e));

    if (e != NULL) {
        e->every_rule = rules == NULL;
        if (rules != NULL) {
            e->rules = *rules;
        }
        e->next = r->allow->entries;
        r->allow->entries = e;
    }
    return e;
}

// Rules that a list of names means; NULL where there is no list.
static enum aiu_status read_targets(const struct reading *r, const struct toml *list,
                                    struct rule_set *rules)
{
    TRY(check_strings(r, list));
    for (const struct toml *t = list->first; t != NULL; t = t->next) {
        add_rules(t->text, rules);
    }
    return AIU_OK;
}

// `rules` are those of the rule that the list belongs to; NULL for a list for all.
static enum aiu_status read_list(const struct reading *r, const struct toml *table,
                                 const struct rule_set *rules)
{
    const struct toml *targets = toml_member(table, SPAN_OF("targetRules"));
    struct rule_set named = {0};

    if (table->kind != TOML_TABLE) {
        return fail(r, table->line, "a table is expected", "");
    }
    if (targets != NULL && rules == NULL) {
        TRY(read_targets(r, targets, &named));
        rules = &named;
    }
    struct allow_entry *e = new_entry(r, rules);
    if (e == NULL) {
        return AIU_NO_MEMORY;
    }
    const struct toml *condition = toml_member(table, SPAN_OF("condition"));
    const struct toml *target = toml_member(table, SPAN_OF("regexTarget"));
    e->both = is_text(condition, SPAN_OF("and")) || is_text(condition, SPAN_OF("&&"));
    e->on_line = is_text(target, SPAN_OF("line")) || is_text(target, SPAN_OF("match"));
    e->commits = count_of(toml_member(table, SPAN_OF("commits"))) > 0;
    TRY(compile_list(r, toml_member(table, SPAN_OF("paths")), &e->paths));
    TRY(compile_list(r, toml_member(table, SPAN_OF("regexes")), &e->regexes));
    TRY(read_stopwords(r, toml_member(table, SPAN_OF("stopwords")), e));
    if (e->paths == NULL && e->regexes == NULL && e->stopword_count == 0) {
        e->both = false; // commits alone: nothing that could match
    }
    return AIU_OK;
}

// "allowlist" (one table) and "allowlists" (several).
static enum aiu_status read_lists(const struct reading *r, const struct toml *table,
                                  const struct rule_set *rules)
{
    const struct toml *one = toml_member(table, SPAN_OF("allowlist"));
    const struct toml *many = toml_member(table, SPAN_OF("allowlists"));

    if (one != NULL) {
        TRY(read_list(r, one, rules));
    }
    for (const struct toml *t = many == NULL ? NULL : many->first; t != NULL; t = t->next) {
        TRY(read_list(r, t, rules));
    }
    return AIU_OK;
}

static enum aiu_status read_rules(const struct reading *r, const struct toml *rules)
{
    for (const struct toml *t = rules == NULL ? NULL : rules->first; t != NULL; t = t->next) {
        const struct toml *id = toml_member(t, SPAN_OF("id"));
        struct rule_set named = {0};
        if (id != NULL && id->kind == TOML_STRING) {
            add_rules(id->text, &named);
        }
        TRY(read_lists(r, t, &named));
    }
    return AIU_OK;
}

static enum aiu_status read_disabled(const struct reading *r, const struct toml *list)
{
    struct rule_set named = {0};

    if (list == NULL) {
        return AIU_OK;
    }
    TRY(read_targets(r, list, &named));
    struct allow_entry *e = new_entry(r, &named);
    if (e == NULL) {
        return AIU_NO_MEMORY;
    }
    e->always = true;
    return AIU_OK;
}

enum aiu_status allow_read_gitleaks(struct allow *a, struct span toml,
                                    struct allow_error *ret_error)
{
    const struct reading r = {.allow = a, .error = ret_error};
    struct toml_error error = {0};
    struct toml *root = NULL;
    struct span copy; // strings of the document are spans of it

    *ret_error = (struct allow_error){0};
    TRY(arena_copy(&a->arena, toml, &copy));
    enum aiu_status st = toml_parse(copy, &a->arena, &root, &error);
    if (st == AIU_FILE_INVALID) {
        return fail(&r, error.line, error.reason, "");
    }
    TRY(st);
    TRY(read_lists(&r, root, NULL));
    TRY(read_rules(&r, toml_member(root, SPAN_OF("rules"))));
    return read_disabled(
        &r, toml_member(toml_member(root, SPAN_OF("extend")), SPAN_OF("disabledRules")));
}
