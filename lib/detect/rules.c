// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The built-in rules as the other layers see them. They are sorted by id (rulec does it).
#include "detect/rules.h"

#include "detect/catalog.h"

size_t rules_count(void)
{
    return catalog_builtin.rule_count;
}

const struct rule_info *rules_get(uint16_t rule)
{
    return rule < catalog_builtin.rule_count ? &catalog_builtin.info[rule] : NULL;
}

bool rules_find(struct span id, uint16_t *ret_rule)
{
    size_t from = 0;
    size_t to = catalog_builtin.rule_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = span_compare(span_str(catalog_builtin.info[middle].id), id);
        if (order == 0) {
            *ret_rule = (uint16_t)middle;
            return true;
        }
        from = order < 0 ? middle + 1 : from;
        to = order < 0 ? to : middle;
    }
    return false;
}

struct rule_set rule_set_all(void)
{
    struct rule_set set = {.fields = true};

    for (size_t i = 0; i < catalog_builtin.rule_count; i++) {
        if (!catalog_builtin.info[i].opt_in) {
            rule_set_add(&set, (uint16_t)i);
        }
    }
    return set;
}

struct rule_set rule_set_kind(enum finding_kind kind)
{
    struct rule_set set = {.fields = true};

    for (size_t i = 0; i < catalog_builtin.rule_count; i++) {
        if (catalog_builtin.info[i].kind == kind && !catalog_builtin.info[i].opt_in) {
            rule_set_add(&set, (uint16_t)i);
        }
    }
    return set;
}
