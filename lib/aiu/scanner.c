// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The public scanner over lib/detect: names for numbers, lists that callers own.
#include "aiu/scanner.h"

#include "base/alloc.h"
#include "detect/deep.h"
#include "pool.h"

struct aiu_findings {
    size_t count;
    struct aiu_finding items[];
};

enum aiu_status aiu_scanner_new(struct aiu_scanner **ret_scanner)
{
    struct aiu_scanner *scanner = mem_new(1, sizeof(*scanner));

    if (scanner == NULL) {
        return AIU_NO_MEMORY;
    }
    scanner->rules = rule_set_all();
    enum aiu_status st = pool_new(&scanner->pool);
    if (st == AIU_OK) {
        st = engine_new(&scanner->engine);
    }
    if (st != AIU_OK) {
        aiu_scanner_free(scanner);
        return st;
    }
    *ret_scanner = scanner;
    return AIU_OK;
}

void aiu_scanner_free(struct aiu_scanner *scanner)
{
    if (scanner != NULL) {
        pool_free(scanner->pool);
        engine_free(scanner->engine);
        mem_free(scanner);
    }
}

static void narrow(struct aiu_scanner *scanner)
{
    if (!scanner->narrowed) {
        scanner->rules = (struct rule_set){.fields = true, .regions = scanner->rules.regions};
        scanner->narrowed = true;
    }
}

enum aiu_status aiu_scanner_only_rule(struct aiu_scanner *scanner, const char *rule)
{
    uint16_t number = 0;

    if (!rules_find(span_str(rule), &number)) {
        return AIU_NOT_FOUND;
    }
    narrow(scanner);
    rule_set_add(&scanner->rules, number);
    return AIU_OK;
}

void aiu_scanner_only_kind(struct aiu_scanner *scanner, enum aiu_kind kind)
{
    struct rule_set more = rule_set_kind((enum finding_kind)kind);

    narrow(scanner);
    for (size_t i = 0; i < ARRAY_SIZE(more.bits); i++) {
        scanner->rules.bits[i] |= more.bits[i];
    }
}

enum aiu_status aiu_scanner_phone_region(struct aiu_scanner *scanner, const char *region)
{
    switch (phone_regions_add(&scanner->rules.regions, span_str(region))) {
    case PHONE_REGION_ADDED:
        return AIU_OK;
    case PHONE_REGION_UNKNOWN:
        return AIU_NOT_FOUND;
    case PHONE_REGION_TOO_MANY:
        break;
    }
    return AIU_TOO_LONG;
}

enum aiu_status aiu_scanner_without_rule(struct aiu_scanner *scanner, const char *rule)
{
    uint16_t number = 0;

    if (!rules_find(span_str(rule), &number)) {
        return AIU_NOT_FOUND;
    }
    rule_set_remove(&scanner->rules, number);
    return AIU_OK;
}

const char *aiu_scanner_rule_at(size_t i)
{
    return i < rules_count() ? rules_get((uint16_t)i)->id : NULL;
}

const char *aiu_scanner_rule_description_at(size_t i)
{
    return i < rules_count() ? rules_get((uint16_t)i)->description : NULL;
}

const char *aiu_kind_text(enum aiu_kind kind)
{
    return finding_kind_text((enum finding_kind)kind);
}

const char *aiu_severity_text(enum aiu_severity severity)
{
    return severity_text((enum severity)severity);
}

struct aiu_finding public_finding(const struct finding *f)
{
    const struct rule_info *info = rules_get(f->rule);

    return (struct aiu_finding){
        .start = f->start,
        .end = f->end,
        .rule = info->id,
        .tag = info->tag,
        .kind = (enum aiu_kind)info->kind,
        .severity = (enum aiu_severity)info->severity,
        .confidence = f->confidence,
    };
}

static enum aiu_status make_public(const struct findings *found, struct aiu_findings **ret_findings)
{
    size_t bytes = sizeof(struct aiu_findings) + found->count * sizeof(struct aiu_finding);
    struct aiu_findings *list = mem_new(1, bytes);

    if (list == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < found->count; i++) {
        list->items[i] = public_finding(&found->items[i]);
    }
    list->count = found->count;
    *ret_findings = list;
    return AIU_OK;
}

enum aiu_status aiu_scanner_scan(const struct aiu_scanner *scanner, const char *text, size_t n,
                                 struct aiu_findings **ret_findings)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct scratch *scratch = NULL;

    TRY(pool_take(scanner, &scratch));
    enum aiu_status st =
        scan_text(scanner->engine, scratch, &scanner->rules, span_of(text, n), &found);
    pool_give(scanner, scratch);
    return st == AIU_OK ? make_public(&found, ret_findings) : st;
}

_Static_assert((int)AIU_ROLE_SYSTEM == (int)TEXT_SYSTEM &&
                   (int)AIU_ROLE_DOCUMENT == (int)TEXT_DOCUMENT,
               "one order of roles");
_Static_assert((int)AIU_INJECTION_BLOCK == (int)WORDING_BLOCK, "one order of verdicts");

enum aiu_status aiu_scanner_inspect(const struct aiu_scanner *scanner, enum aiu_role role,
                                    const char *text, size_t n, struct aiu_findings **ret_findings,
                                    struct aiu_injection *ret_injection)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct scratch *scratch = NULL;
    struct wording wording;

    if ((unsigned)role > AIU_ROLE_DOCUMENT) {
        return AIU_USAGE;
    }
    TRY(pool_take(scanner, &scratch));
    enum aiu_status st = deep_scan(scanner->engine, scratch, &scanner->rules, (enum text_role)role,
                                   span_of(text, n), &found, &wording);
    pool_give(scanner, scratch);
    TRY(st);
    TRY(make_public(&found, ret_findings));
    if (ret_injection != NULL) {
        *ret_injection = (struct aiu_injection){
            .score = wording.score, .verdict = (enum aiu_injection_verdict)wording.verdict};
    }
    return AIU_OK;
}

const char *aiu_injection_verdict_text(enum aiu_injection_verdict verdict)
{
    static const char *const texts[] = {"pass", "flag", "block"};

    return (unsigned)verdict < ARRAY_SIZE(texts) ? texts[verdict] : "block";
}

size_t aiu_findings_count(const struct aiu_findings *findings)
{
    return findings->count;
}

const struct aiu_finding *aiu_findings_get(const struct aiu_findings *findings, size_t i)
{
    return i < findings->count ? &findings->items[i] : NULL;
}

void aiu_findings_free(struct aiu_findings *findings)
{
    mem_free(findings);
}
