// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows first: what they refuse is not read. What they let through is parsed and compared with the
// values themselves, so that no clash of hashes is ever an answer.
//
// A result names neither key nor user: its request's id is kept from the decision to the result, in
// an open table.
#include "audit/query.h"

#include <stdio.h>

#include "audit/ids.h"
#include "audit/months.h"
#include "base/alloc.h"

enum { ARENA_MOST = 4 << 20, IDS_FIRST = 1024, ENTRY_MOST = 70000 };

// A decision; the hash of its id, which rows have, is 0 in a free place.
struct await {
    uint32_t hash;
    struct id id;
};

struct awaited {
    struct await *slots;
    size_t size, count; // size a power of two
};

struct run {
    const struct query *q;
    struct audit_index *index;
    struct awaited awaited;
    struct arena arena;
    struct buf entry;
    struct row wanted;  // hashes of q->columns
    uint32_t users[64]; // hashes of q->users
    uint32_t prompts[64];
    uint64_t rule_bit; // 0: any
    enum aiu_status (*on_hit)(void *ctx, const struct query_hit *hit);
    void *ctx;
};

// --- awaited results --------------------------------------------------------------------------

// Of an id that is no UUID the hash alone counts.
static struct id id_of(struct span text)
{
    struct id id = {{0}};

    IGNORE(id_read(text, &id));
    return id;
}

// Where the id is, or the free place behind its likes.
static size_t place_of(const struct awaited *a, const struct await *w)
{
    size_t at = w->hash & (a->size - 1);

    while (a->slots[at].hash != 0 && memcmp(&a->slots[at], w, sizeof(*w)) != 0) {
        at = (at + 1) & (a->size - 1);
    }
    return at;
}

static enum aiu_status enlarge(struct awaited *a)
{
    struct awaited larger = {.size = a->size == 0 ? IDS_FIRST : 2 * a->size};

    larger.slots = mem_new(larger.size, sizeof(*larger.slots));
    if (larger.slots == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < a->size; i++) {
        if (a->slots[i].hash != 0) {
            larger.slots[place_of(&larger, &a->slots[i])] = a->slots[i];
            larger.count++;
        }
    }
    mem_free(a->slots);
    *a = larger;
    return AIU_OK;
}

static enum aiu_status await(struct awaited *a, const struct await *w)
{
    if (2 * (a->count + 1) > a->size) {
        TRY(enlarge(a));
    }
    size_t at = place_of(a, w);
    a->count += a->slots[at].hash == 0;
    a->slots[at] = *w;
    return AIU_OK;
}

// No for certain, yes perhaps.
static bool may_be_awaited(const struct awaited *a, uint32_t hash)
{
    if (a->size == 0) {
        return false;
    }
    size_t at = hash & (a->size - 1);
    while (a->slots[at].hash != 0 && a->slots[at].hash != hash) {
        at = (at + 1) & (a->size - 1);
    }
    return a->slots[at].hash == hash && hash != 0;
}

// Take it out, and put what a search would no longer find behind the hole in its place again. False
// where it is not there.
static bool forget(struct awaited *a, const struct await *w)
{
    size_t at = place_of(a, w);

    if (a->slots[at].hash == 0) {
        return false;
    }
    a->slots[at].hash = 0;
    a->count--;
    for (at = (at + 1) & (a->size - 1); a->slots[at].hash != 0; at = (at + 1) & (a->size - 1)) {
        struct await moved = a->slots[at];
        a->slots[at].hash = 0;
        a->slots[place_of(a, &moved)] = moved;
    }
    return true;
}

// --- asking -----------------------------------------------------------------------------------

static bool is_one_of(uint32_t hash, const uint32_t *hashes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (hashes[i] == hash) {
            return true;
        }
    }
    return count == 0;
}

static bool row_fits(const struct run *r, const struct row *row)
{
    if (row->unix_us < r->q->window.from_us || row->unix_us >= r->q->window.to_us ||
        (row->rules & r->rule_bit) != r->rule_bit) {
        return false;
    }
    for (size_t i = 0; i < ROW_COLUMNS; i++) {
        if (r->wanted.columns[i] != 0 && r->wanted.columns[i] != row->columns[i]) {
            return false;
        }
    }
    return is_one_of(row->columns[ROW_USER], r->users, r->q->user_count) &&
           is_one_of(row->columns[ROW_PROMPT], r->prompts, r->q->prompt_count);
}

static bool is_among(struct span value, const struct span *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_equal(value, values[i])) {
            return true;
        }
    }
    return count == 0;
}

// "pii.email" is that rule; "pii." all rules that begin so.
static bool rule_fits(struct span wanted, struct span rule)
{
    return span_ends_with(wanted, SPAN_OF(".")) ? span_starts_with(rule, wanted)
                                                : span_equal(rule, wanted);
}

static bool rules_fit(const struct query *q, const struct row_values *v)
{
    for (size_t i = 0; i < v->rule_count; i++) {
        if (rule_fits(q->rule, v->rules[i])) {
            return true;
        }
    }
    return q->rule.n == 0;
}

static bool values_fit(const struct query *q, const struct row_values *v)
{
    for (size_t i = 0; i < ROW_COLUMNS; i++) {
        if (q->columns[i].n > 0 && !span_equal(q->columns[i], v->columns[i])) {
            return false;
        }
    }
    return rules_fit(q, v) && is_among(v->columns[ROW_USER], q->users, q->user_count) &&
           is_among(v->columns[ROW_PROMPT], q->prompts, q->prompt_count);
}

static enum aiu_status take_row(struct run *r, uint64_t index, const struct row *row)
{
    struct await w = {.hash = row->columns[ROW_ID]};
    bool ends = row->type == ROW_RESULT || row->type == ROW_ABANDONED;
    bool may_follow = ends && may_be_awaited(&r->awaited, w.hash);
    bool fits = row_fits(r, row);
    struct row_values v;

    if (!may_follow && !fits) {
        return AIU_OK;
    }
    TRY(index_entry(r->index, row, &r->entry));
    arena_reset(&r->arena);
    row_read(buf_span(&r->entry), &r->arena, &v);
    w.id = id_of(v.columns[ROW_ID]);
    bool follows = may_follow && forget(&r->awaited, &w);
    if (!follows && !(fits && values_fit(r->q, &v))) {
        return AIU_OK;
    }
    if (row->type == ROW_DECISION) {
        TRY(await(&r->awaited, &w));
    }
    const struct query_hit hit = {index, buf_span(&r->entry), &v};
    return r->on_hit(r->ctx, &hit);
}

// Results come after the window's end too; segments behind it are looked at while some are awaited.
static enum aiu_status take_segments(struct run *r)
{
    struct index_window w = r->q->window;
    struct index_rows rows;
    enum aiu_status st = AIU_OK;

    while ((st = index_next(r->index, &w, &rows)) == AIU_OK) {
        for (size_t i = 0; i < rows.count; i++) {
            TRY(take_row(r, rows.first_index + i, &rows.rows[i]));
        }
        w.to_us = r->awaited.count > 0 ? UINT64_MAX : r->q->window.to_us;
    }
    return st == AIU_NOT_FOUND ? AIU_OK : st;
}

static enum aiu_status hash_all(const struct span *values, size_t count, uint32_t hashes[64])
{
    if (count > 64) {
        return AIU_TOO_LONG;
    }
    for (size_t i = 0; i < count; i++) {
        hashes[i] = row_hash(values[i]);
    }
    return AIU_OK;
}

static enum aiu_status prepare(struct run *r)
{
    const struct query *q = r->q;

    for (size_t i = 0; i < ROW_COLUMNS; i++) {
        r->wanted.columns[i] = row_hash(q->columns[i]);
    }
    if (q->rule.n > 0 && !span_ends_with(q->rule, SPAN_OF("."))) {
        r->rule_bit = row_rule_bit(q->rule);
    }
    TRY(hash_all(q->users, q->user_count, r->users));
    return hash_all(q->prompts, q->prompt_count, r->prompts);
}

static enum aiu_status run_folder(struct run *r, const char *folder)
{
    enum aiu_status st = index_open(folder, &r->index);

    st = st == AIU_OK ? take_segments(r) : st;
    index_free(r->index);
    r->index = NULL;
    return st;
}

// The months that have ended. One that is deleted just now is not there.
static enum aiu_status run_months(struct run *r, struct span audit)
{
    char folder[MONTHS_PATH_MOST];
    struct months *months = mem_new(1, sizeof(*months));

    if (months == NULL) {
        return AIU_NO_MEMORY;
    }
    (void)snprintf(folder, sizeof(folder), "%.*s", (int)audit.n, (const char *)audit.p);
    enum aiu_status st = months_of(folder, months);
    for (size_t i = 0; i + 1 < months->count && st == AIU_OK; i++) {
        (void)snprintf(folder, sizeof(folder), "%.*s/%s", (int)audit.n, (const char *)audit.p,
                       months->names[i]);
        st = run_folder(r, folder);
        st = st == AIU_FILE_NOT_FOUND ? AIU_OK : st;
    }
    mem_free(months);
    return st;
}

enum aiu_status query_run(const char *folder, const struct query *q,
                          enum aiu_status (*on_hit)(void *ctx, const struct query_hit *hit),
                          void *ctx)
{
    static const struct span main_name = SPAN("/main");
    struct run r = {.q = q, .entry = BUF_OF(ENTRY_MOST), .on_hit = on_hit, .ctx = ctx};
    struct span path = span_str(folder);

    arena_init(&r.arena, ARENA_MOST);
    enum aiu_status st = prepare(&r);
    if (st == AIU_OK && !q->one_month && span_ends_with(path, main_name)) {
        st = run_months(&r, span_first(path, path.n - main_name.n));
    }
    if (st == AIU_OK) {
        st = run_folder(&r, folder);
    }
    mem_free(r.awaited.slots);
    arena_done(&r.arena);
    buf_wipe(&r.entry);
    return st;
}
