// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows first: what they refuse is not read. What they let through is parsed and compared with the
// values themselves, so that no clash of hashes is ever an answer.
//
// A result names neither key nor user: the hash of its request's id is kept from the decision to
// the result, in an open table.
#include "audit/query.h"

#include "base/alloc.h"

enum { ARENA_MOST = 4 << 20, IDS_FIRST = 1024, ENTRY_MOST = 70000 };

// Hashes of ids; 0 is a free place.
struct awaited {
    uint32_t *slots;
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

static size_t place_of(const struct awaited *a, uint32_t id)
{
    size_t at = id & (a->size - 1);

    while (a->slots[at] != 0 && a->slots[at] != id) {
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
        if (a->slots[i] != 0) {
            larger.slots[place_of(&larger, a->slots[i])] = a->slots[i];
            larger.count++;
        }
    }
    mem_free(a->slots);
    *a = larger;
    return AIU_OK;
}

static enum aiu_status await(struct awaited *a, uint32_t id)
{
    if (2 * (a->count + 1) > a->size) {
        TRY(enlarge(a));
    }
    size_t at = place_of(a, id);
    a->count += a->slots[at] == 0;
    a->slots[at] = id;
    return AIU_OK;
}

static bool is_awaited(const struct awaited *a, uint32_t id)
{
    return a->size > 0 && a->slots[place_of(a, id)] == id;
}

// Take it out, and put what a search would no longer find behind the hole in its place again.
static void forget(struct awaited *a, uint32_t id)
{
    size_t at = place_of(a, id);

    a->slots[at] = 0;
    a->count--;
    for (at = (at + 1) & (a->size - 1); a->slots[at] != 0; at = (at + 1) & (a->size - 1)) {
        uint32_t moved = a->slots[at];
        a->slots[at] = 0;
        a->slots[place_of(a, moved)] = moved;
    }
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
    uint32_t id = row->columns[ROW_ID];
    bool ends = row->type == ROW_RESULT || row->type == ROW_ABANDONED;
    bool follows = ends && is_awaited(&r->awaited, id);
    struct row_values v;

    if (!follows && !row_fits(r, row)) {
        return AIU_OK;
    }
    TRY(index_entry(r->index, row, &r->entry));
    arena_reset(&r->arena);
    row_read(buf_span(&r->entry), &r->arena, &v);
    if (!follows && !values_fit(r->q, &v)) {
        return AIU_OK;
    }
    if (follows) {
        forget(&r->awaited, id);
    } else if (row->type == ROW_DECISION) {
        TRY(await(&r->awaited, id));
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

enum aiu_status query_run(const char *folder, const struct query *q,
                          enum aiu_status (*on_hit)(void *ctx, const struct query_hit *hit),
                          void *ctx)
{
    struct run r = {.q = q, .entry = BUF_OF(ENTRY_MOST), .on_hit = on_hit, .ctx = ctx};

    arena_init(&r.arena, ARENA_MOST);
    enum aiu_status st = prepare(&r);
    if (st == AIU_OK) {
        st = index_open(folder, &r.index);
    }
    if (st == AIU_OK) {
        st = take_segments(&r);
    }
    index_free(r.index);
    mem_free(r.awaited.slots);
    arena_done(&r.arena);
    buf_wipe(&r.entry);
    return st;
}
