// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A short list with one entry a rule, in the order of first findings. A list of sixteen is looked
// through from the front: it is never long, and most exchanges have none at all.
#include "policy/verdict.h"

static enum verdict_kind kind_of_action(enum action a)
{
    switch (a) {
    case ACTION_ALLOW:
        return VERDICT_PASS;
    case ACTION_FLAG:
        return VERDICT_FLAG;
    case ACTION_PSEUDONYM:
    case ACTION_MASK:
    case ACTION_REDACT:
    case ACTION_DROP:
        return VERDICT_REDACT;
    case ACTION_BLOCK:
        return VERDICT_BLOCK;
    }
    return VERDICT_BLOCK;
}

void verdict_raise(struct verdict *v, enum verdict_kind kind)
{
    v->kind = kind > v->kind ? kind : v->kind;
}

static uint32_t sum(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static struct verdict_reason *reason_of(struct verdict *v, uint16_t rule)
{
    for (uint32_t i = 0; i < v->count; i++) {
        if (v->reasons[i].rule == rule) {
            return &v->reasons[i];
        }
    }
    return NULL;
}

static struct verdict_reason *weakest(struct verdict *v)
{
    struct verdict_reason *found = &v->reasons[0];

    for (uint32_t i = 1; i < v->count; i++) {
        found = v->reasons[i].action <= found->action ? &v->reasons[i] : found;
    }
    return found;
}

static void add_reason(struct verdict *v, struct verdict_reason r)
{
    struct verdict_reason *known = reason_of(v, r.rule);

    if (known != NULL) {
        known->count = sum(known->count, r.count);
        known->action = r.action > known->action ? r.action : known->action;
        return;
    }
    if (v->count < VERDICT_REASONS) {
        v->reasons[v->count++] = r;
        return;
    }
    struct verdict_reason *weak = weakest(v);
    if (r.action > weak->action) {
        v->more = sum(v->more, weak->count);
        *weak = r;
    } else {
        v->more = sum(v->more, r.count);
    }
}

void verdict_add(struct verdict *v, enum action a, uint16_t rule, struct span path)
{
    if (a == ACTION_ALLOW) {
        return;
    }
    verdict_raise(v, kind_of_action(a));
    add_reason(
        v, (struct verdict_reason){.path = path, .count = 1, .rule = rule, .action = (uint8_t)a});
}

void verdict_merge(struct verdict *v, const struct verdict *from)
{
    verdict_raise(v, from->kind);
    v->more = sum(v->more, from->more);
    for (uint32_t i = 0; i < from->count; i++) {
        add_reason(v, from->reasons[i]);
    }
}

const char *verdict_text(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_PASS:
        return "pass";
    case VERDICT_FLAG:
        return "flag";
    case VERDICT_REDACT:
        return "redact";
    case VERDICT_BLOCK:
        return "block";
    }
    return "block";
}

const struct verdict_reason *verdict_first(const struct verdict *v)
{
    const struct verdict_reason *found = NULL;

    for (uint32_t i = 0; i < v->count; i++) {
        if (found == NULL || v->reasons[i].action > found->action) {
            found = &v->reasons[i];
        }
    }
    return found;
}

enum aiu_status verdict_reasons_text(const struct verdict *v, struct buf *dst)
{
    for (uint32_t i = 0; i < v->count; i++) {
        const struct rule_info *info = rules_get(v->reasons[i].rule);
        TRY(buf_printf(dst, "%s%s=%u", i == 0 ? "" : ",", info == NULL ? "?" : info->id,
                       v->reasons[i].count));
    }
    return v->more == 0 ? AIU_OK : buf_printf(dst, ",more=%u", v->more);
}
