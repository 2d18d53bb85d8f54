// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Two open tables: names to groups, and ids of requests under way to the groups that they count in.
// A result takes its request out, so the second table is as large as what is under way.
#include "audit/usage.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { GROUPS_FIRST = 64, OPEN_FIRST = 256, GROUPS_A_REQUEST = 8 };

struct open_request {
    uint64_t id; // 0: a free place
    uint32_t groups[GROUPS_A_REQUEST];
    uint32_t count;
};

struct usage {
    enum usage_by by, then_by;
    struct usage_group *groups;
    size_t count, capacity;
    uint32_t *slots; // group + 1, 0 is free
    size_t slot_count;
    struct open_request *open;
    size_t open_size, open_count;
};

static const char *const texts[USAGE_BY_COUNT] = {
    [USAGE_BY_KEY] = "key",           [USAGE_BY_TENANT] = "tenant", [USAGE_BY_MODEL] = "model",
    [USAGE_BY_PROVIDER] = "provider", [USAGE_BY_USER] = "user",     [USAGE_BY_VERDICT] = "verdict",
    [USAGE_BY_RULE] = "rule",         [USAGE_BY_DAY] = "day",
};

const char *usage_by_text(enum usage_by by)
{
    return texts[by];
}

enum aiu_status usage_new(enum usage_by by, enum usage_by then_by, struct usage **ret_usage)
{
    struct usage *u = mem_new(1, sizeof(*u));

    if (u == NULL) {
        return AIU_NO_MEMORY;
    }
    *u = (struct usage){.by = by, .then_by = then_by};
    *ret_usage = u;
    return AIU_OK;
}

void usage_free(struct usage *u)
{
    if (u != NULL) {
        mem_free(u->groups);
        mem_free(u->slots);
        mem_free(u->open);
        mem_free(u);
    }
}

// --- groups -----------------------------------------------------------------------------------

static uint32_t hash_names(const struct usage_group *g)
{
    return row_hash(span_str(g->names[0])) * 31 + row_hash(span_str(g->names[1]));
}

static size_t slot_of(const struct usage *u, const struct usage_group *g)
{
    size_t at = hash_names(g) & (u->slot_count - 1);

    for (; u->slots[at] != 0; at = (at + 1) & (u->slot_count - 1)) {
        const struct usage_group *other = &u->groups[u->slots[at] - 1];
        if (strcmp(other->names[0], g->names[0]) == 0 &&
            strcmp(other->names[1], g->names[1]) == 0) {
            break;
        }
    }
    return at;
}

static enum aiu_status more_groups(struct usage *u)
{
    size_t larger = u->capacity == 0 ? GROUPS_FIRST : 2 * u->capacity;

    if (u->count >= USAGE_GROUPS) {
        return AIU_TOO_LONG;
    }
    struct usage_group *groups =
        mem_resize_wiped(u->groups, u->capacity * sizeof(*groups), larger * sizeof(*groups));
    if (groups == NULL) {
        return AIU_NO_MEMORY;
    }
    u->groups = groups;
    u->capacity = larger;
    uint32_t *slots = mem_new(2 * larger, sizeof(*slots));
    if (slots == NULL) {
        return AIU_NO_MEMORY;
    }
    mem_free(u->slots);
    u->slots = slots;
    u->slot_count = 2 * larger;
    for (size_t i = 0; i < u->count; i++) {
        u->slots[slot_of(u, &u->groups[i])] = (uint32_t)i + 1;
    }
    return AIU_OK;
}

static void set_name(char name[USAGE_NAME], struct span text)
{
    size_t n = text.n < USAGE_NAME - 1 ? text.n : USAGE_NAME - 1;

    if (n > 0) {
        memcpy(name, text.p, n);
    }
    name[n] = '\0';
}

static struct span value_of(enum usage_by by, const struct row_values *v, size_t rule)
{
    static const enum row_column columns[] = {
        [USAGE_BY_KEY] = ROW_KEY,     [USAGE_BY_TENANT] = ROW_TENANT,
        [USAGE_BY_MODEL] = ROW_MODEL, [USAGE_BY_PROVIDER] = ROW_PROVIDER,
        [USAGE_BY_USER] = ROW_USER,   [USAGE_BY_VERDICT] = ROW_VERDICT,
    };

    switch (by) {
    case USAGE_BY_RULE:
        return rule < v->rule_count ? v->rules[rule] : SPAN_OF("");
    case USAGE_BY_DAY:
        return span_first(v->stamp, strlen("2026-11-23"));
    case USAGE_BY_KEY:
    case USAGE_BY_TENANT:
    case USAGE_BY_MODEL:
    case USAGE_BY_PROVIDER:
    case USAGE_BY_USER:
    case USAGE_BY_VERDICT:
        return v->columns[columns[by]];
    case USAGE_BY_COUNT:
        break;
    }
    return SPAN_OF("");
}

static enum aiu_status group_of(struct usage *u, const struct row_values *v, size_t rule,
                                uint32_t *ret_group)
{
    struct usage_group g = {.first_us = UINT64_MAX};

    set_name(g.names[0], value_of(u->by, v, rule));
    set_name(g.names[1], value_of(u->then_by, v, rule));
    if (u->count == u->capacity) {
        TRY(more_groups(u));
    }
    size_t at = slot_of(u, &g);
    if (u->slots[at] == 0) {
        u->groups[u->count++] = g;
        u->slots[at] = (uint32_t)u->count;
    }
    *ret_group = u->slots[at] - 1;
    return AIU_OK;
}

// --- requests under way -----------------------------------------------------------------------

static size_t open_place(const struct open_request *open, size_t size, uint64_t id)
{
    size_t at = (size_t)(id ^ id >> 29) & (size - 1);

    while (open[at].id != 0 && open[at].id != id) {
        at = (at + 1) & (size - 1);
    }
    return at;
}

static enum aiu_status more_open(struct usage *u)
{
    size_t larger = u->open_size == 0 ? OPEN_FIRST : 2 * u->open_size;
    struct open_request *open = mem_new(larger, sizeof(*open));

    if (open == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < u->open_size; i++) {
        if (u->open[i].id != 0) {
            open[open_place(open, larger, u->open[i].id)] = u->open[i];
        }
    }
    mem_free(u->open);
    u->open = open;
    u->open_size = larger;
    return AIU_OK;
}

static void close_request(struct usage *u, size_t at)
{
    u->open[at].id = 0;
    u->open_count--;
    for (at = (at + 1) & (u->open_size - 1); u->open[at].id != 0;
         at = (at + 1) & (u->open_size - 1)) {
        struct open_request moved = u->open[at];
        u->open[at].id = 0;
        u->open[open_place(u->open, u->open_size, moved.id)] = moved;
    }
}

// --- counting ---------------------------------------------------------------------------------

static void count_decision(struct usage_group *g, const struct row_values *v)
{
    struct span verdict = v->columns[ROW_VERDICT];
    uint64_t us = v->row.unix_us;

    g->requests++;
    g->passed += span_equal(verdict, SPAN_OF("pass"));
    g->flagged += span_equal(verdict, SPAN_OF("flag"));
    g->redacted += span_equal(verdict, SPAN_OF("redact"));
    g->blocked += span_equal(verdict, SPAN_OF("block"));
    g->in_bytes += v->in_bytes;
    g->first_us = us < g->first_us ? us : g->first_us;
    g->last_us = us > g->last_us ? us : g->last_us;
}

static enum aiu_status take_decision(struct usage *u, const struct row_values *v)
{
    struct open_request request = {.id = row_id_bits(v->columns[ROW_ID])};
    bool by_rule = u->by == USAGE_BY_RULE || u->then_by == USAGE_BY_RULE;
    size_t rules = by_rule ? v->rule_count : 1;

    for (size_t i = 0; i < rules && request.count < GROUPS_A_REQUEST; i++) {
        TRY(group_of(u, v, i, &request.groups[request.count]));
        count_decision(&u->groups[request.groups[request.count]], v);
        request.count++;
    }
    if (2 * (u->open_count + 1) > u->open_size) {
        TRY(more_open(u));
    }
    size_t at = open_place(u->open, u->open_size, request.id);
    u->open_count += u->open[at].id == 0;
    u->open[at] = request;
    return AIU_OK;
}

static void count_result(struct usage_group *g, const struct row_values *v)
{
    bool fine = v->row.type == ROW_RESULT && span_equal(v->columns[ROW_OUTCOME], SPAN_OF("ok"));
    bool blocked = span_equal(v->columns[ROW_OUTCOME], SPAN_OF("blocked"));

    g->errors += !fine && !blocked;
    g->tokens_in += v->tokens_in;
    g->tokens_out += v->tokens_out;
    g->out_bytes += v->out_bytes;
    g->duration_us += v->duration_us;
}

static void take_result(struct usage *u, const struct row_values *v)
{
    if (u->open_size == 0) {
        return;
    }
    size_t at = open_place(u->open, u->open_size, row_id_bits(v->columns[ROW_ID]));
    if (u->open[at].id == 0) {
        return; // its request was not asked for
    }
    for (uint32_t i = 0; i < u->open[at].count; i++) {
        count_result(&u->groups[u->open[at].groups[i]], v);
    }
    close_request(u, at);
}

enum aiu_status usage_take(void *usage, const struct query_hit *hit)
{
    struct usage *u = usage;

    switch ((enum row_type)hit->values->row.type) {
    case ROW_DECISION:
        return take_decision(u, hit->values);
    case ROW_RESULT:
    case ROW_ABANDONED:
        take_result(u, hit->values);
        break;
    case ROW_EVENT:
    case ROW_OTHER:
        break;
    }
    return AIU_OK;
}

static int by_requests(const void *a, const void *b)
{
    const struct usage_group *x = a, *y = b;

    if (x->requests != y->requests) {
        return x->requests < y->requests ? 1 : -1;
    }
    int names = strcmp(x->names[0], y->names[0]);
    return names != 0 ? names : strcmp(x->names[1], y->names[1]);
}

static int by_name(const void *a, const void *b)
{
    const struct usage_group *x = a, *y = b;
    int names = strcmp(x->names[0], y->names[0]);

    return names != 0 ? names : strcmp(x->names[1], y->names[1]);
}

void usage_groups(struct usage *u, const struct usage_group **ret_groups, size_t *ret_count)
{
    // Sorting would break the tables: nothing is taken behind it.
    u->open_count = 0;
    mem_free(u->open);
    u->open = NULL;
    u->open_size = 0;
    if (u->count > 0) {
        qsort(u->groups, u->count, sizeof(*u->groups),
              u->by == USAGE_BY_DAY ? by_name : by_requests);
    }
    *ret_groups = u->groups;
    *ret_count = u->count;
}
