// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/select.h"

bool select_names(struct span word, const struct rule_info *rule)
{
    struct span id = span_str(rule->id);

    if (span_equal(word, SPAN_OF("all"))) {
        return true;
    }
    if (word.n > 0 && word.p[word.n - 1] == '*') {
        return span_starts_with(id, span_drop_last(word, 1));
    }
    if (!span_starts_with(id, word)) {
        return false;
    }
    return id.n == word.n || id.p[word.n] == '.' || id.p[word.n] == '_';
}

static bool add_word(struct span word, struct rule_set *rules)
{
    bool some = false;

    for (size_t i = 0; word.n > 0 && i < rules_count(); i++) {
        const struct rule_info *rule = rules_get((uint16_t)i);
        bool meant = !rule->opt_in || span_equal(word, span_str(rule->id));
        if (meant && select_names(word, rule)) {
            rule_set_add(rules, (uint16_t)i);
            some = true;
        }
    }
    return some;
}

// A kind may be known and have no rule in this build.
static bool is_kind(struct span word)
{
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        if (span_equal(word, span_str(finding_kind_text((enum finding_kind)kind)))) {
            return true;
        }
    }
    return false;
}

enum aiu_status select_rules(struct span words, struct rule_set *ret_rules, struct span *ret_word)
{
    struct rule_set rules = {.fields = true};
    struct span rest = words;

    do {
        struct span word;
        bool more = span_cut(rest, ',', &word, &rest);
        word = span_trim_ows(word);
        if (!add_word(word, &rules) && !is_kind(word)) {
            if (ret_word != NULL) {
                *ret_word = word;
            }
            return AIU_NOT_FOUND;
        }
        if (!more) {
            break;
        }
    } while (true);
    *ret_rules = rules;
    return AIU_OK;
}

enum aiu_status select_regions(struct span words, struct phone_regions *ret_regions,
                               struct span *ret_word)
{
    struct phone_regions regions = {0};

    do {
        (void)span_cut(words, ',', ret_word, &words);
        switch (phone_regions_add(&regions, *ret_word)) {
        case PHONE_REGION_ADDED:
            break;
        case PHONE_REGION_UNKNOWN:
            return AIU_NOT_FOUND;
        case PHONE_REGION_TOO_MANY:
            return AIU_TOO_LONG;
        }
    } while (words.n > 0);
    *ret_regions = regions;
    return AIU_OK;
}
