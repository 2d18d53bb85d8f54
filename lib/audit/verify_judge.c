// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Which of the copies is wrong where two differ, and what happened to it. A tile that leads to the
// signed root is right, so the entry is wrong; else, where the entries alone lead to that root, the
// published file is.
#include "audit/tile_source.h"
#include "audit/verify_private.h"

static void place_segment(struct verify *v, uint64_t first)
{
    char path[VERIFY_PLACE_SIZE] = "wal/";

    wal_name(first, path + 4);
    verify_place(v, path);
}

static void place_tile(struct verify *v, const struct tile *t)
{
    char path[TILE_PATH_SIZE];

    tile_path(t, path);
    verify_place(v, path);
}

static struct verify_cut *own_cut(struct verify *v)
{
    for (size_t i = 0; i < v->tree.cuts_count; i++) {
        if (v->tree.cuts[i].since == SIZE_MAX) {
            return &v->tree.cuts[i];
        }
    }
    return NULL;
}

// Whether what the tile says of entry `at` leads to the signed root; the row of what should be
// there, from the tiles.
static enum aiu_status ask_tiles(struct verify *v, uint64_t at, struct diff_row *ret_row,
                                 bool *ret_proved)
{
    CLEANUP(tile_source_done) struct tile_source *source = NULL;
    struct proof p;
    struct tree_hash leaf;

    *ret_proved = false;
    ret_row->count = 0;
    TRY(tile_source_open(v->top_fd, v->report->size, &source));
    struct proof_source tiles = tile_source_proofs(source);
    if (at >= v->report->size || tiles.hash(tiles.ctx, 0, at, &leaf) != AIU_OK ||
        proof_inclusion(&tiles, at, v->report->size, &p) != AIU_OK) {
        return AIU_OK;
    }
    *ret_proved = proof_check_inclusion(&p, at, v->report->size, &leaf, &v->report->root);
    while (ret_row->count < DIFF_MOST && at < v->report->size &&
           tiles.hash(tiles.ctx, 0, at, &leaf) == AIU_OK) {
        memcpy(&ret_row->names[ret_row->count++], leaf.bytes, sizeof(ret_row->names[0]));
        at++;
    }
    return AIU_OK;
}

static void find_diff(struct verify *v, const struct diff_row *wanted, uint64_t at)
{
    struct diff d = diff_rows(&v->there, wanted);

    verify_find(v, d.fault, at, d.fault == VERIFY_TRUNCATED ? v->report->size : at + d.count);
}

// The file of the entry where the job stopped.
static void place_entry(struct verify *v)
{
    if (v->stop.kind == JOB_SEGMENT) {
        place_segment(v, v->stop.first);
    } else {
        uint64_t group = v->stop.at / TILE_WIDTH;
        const struct tile t = {TILE_ENTRIES, group,
                               tile_width(TILE_ENTRIES, group, v->report->size)};
        place_tile(v, &t);
    }
}

// An entry and what is published of it are not the same.
static enum aiu_status judge_difference(struct verify *v)
{
    const struct verify_stop stop = v->stop;
    const struct tile t = {stop.mark == JOB_BUNDLE ? TILE_ENTRIES : 0, stop.at / TILE_WIDTH,
                           tile_width(0, stop.at / TILE_WIDTH, v->report->size)};
    struct diff_row wanted;
    bool proved = false;

    TRY(ask_tiles(v, stop.at, &wanted, &proved));
    if (proved && stop.mark == JOB_LEAF) {
        find_diff(v, &wanted, stop.at);
        place_entry(v);
        return AIU_OK;
    }
    v->with_tiles = false;
    TRY(verify_pass(v));
    const struct verify_cut *own = own_cut(v);
    if (proved || (own != NULL && own->reached && own->right)) {
        verify_find(v, VERIFY_TILE_CHANGED, stop.at, stop.at + 1);
        place_tile(v, &t);
        return AIU_OK;
    }
    v->stop = stop;
    verify_find(v, VERIFY_REWRITTEN, 0, stop.at + 1);
    place_entry(v);
    return AIU_OK;
}

static enum aiu_status judge_stop(struct verify *v)
{
    const struct verify_stop *stop = &v->stop;
    struct diff_row wanted = {.count = 0};

    switch (stop->mark) {
    case JOB_FINE:
        return AIU_OK;
    case JOB_HEADER:
    case JOB_FRAME:
        verify_find(v, VERIFY_DAMAGED, stop->at, stop->at + 1);
        place_segment(v, stop->first);
        return AIU_OK;
    case JOB_ORDER:
        for (; wanted.count < DIFF_MOST; wanted.count++) {
            wanted.names[wanted.count] = stop->at + wanted.count;
        }
        find_diff(v, &wanted, stop->at);
        place_segment(v, stop->first);
        return AIU_OK;
    case JOB_LOST:
        verify_find(v, VERIFY_TILE_MISSING, stop->at, stop->at + 1);
        place_entry(v);
        return AIU_OK;
    case JOB_LEAF:
    case JOB_BUNDLE:
        return judge_difference(v);
    }
    return AIU_INTERNAL;
}

// The entries are not those that were signed. Which: after the last root that is right, before the
// first sign of a change.
static void judge_roots(struct verify *v)
{
    const struct verify_tree *t = &v->tree;
    uint64_t from = 0;

    for (size_t i = 0; i < t->cuts_count; i++) {
        const struct verify_cut *cut = &t->cuts[i];
        if (!cut->reached || cut->right) {
            from = cut->reached ? cut->size : from;
            continue;
        }
        const struct verify_cut *own = own_cut(v);
        uint64_t until = cut->size;
        if (cut->since != SIZE_MAX && own != NULL && own->reached && own->right) {
            v->report->since = cut->since;
            verify_find(v, VERIFY_FORKED, from, until);
            return;
        }
        if (t->is_changed && t->changed_until <= until && t->changed_from >= from) {
            from = t->changed_from;
            until = t->changed_until;
            place_tile(v, &t->changed);
        }
        if (v->header_until > from && v->header_until < until) {
            until = v->header_until;
        }
        verify_find(v, VERIFY_REWRITTEN, from, until);
        return;
    }
}

static void judge_result(struct verify *v)
{
    struct verify_tree *t = &v->tree;

    judge_roots(v);
    if (v->is_signed && t->tree.size < v->report->size) {
        if (v->segments.count > 0 && v->report->fault == VERIFY_GOOD) {
            place_segment(v, v->segments.first[v->segments.count - 1]);
        }
        verify_find(v, VERIFY_TRUNCATED, t->tree.size, v->report->size);
    }
    if (t->is_changed) {
        verify_find(v, VERIFY_TILE_CHANGED, t->changed_from, t->changed_until);
        place_tile(v, &t->changed);
    }
    if (v->header_until != 0 && v->report->fault == VERIFY_GOOD) {
        verify_find(v, VERIFY_DAMAGED, 0, v->header_until);
        verify_place(v, v->header_place);
    }
    if (t->is_missing && v->report->fault == VERIFY_GOOD) {
        unsigned shift = t->missing.level <= 0 ? 0 : (unsigned)t->missing.level * TILE_LEVELS;
        verify_find(v, VERIFY_TILE_MISSING, t->missing.index * TILE_WIDTH << shift,
                    (t->missing.index * TILE_WIDTH + t->missing.width) << shift);
        place_tile(v, &t->missing);
    }
}

enum aiu_status verify_judge(struct verify *v)
{
    TRY(judge_stop(v));
    if (v->report->fault == VERIFY_GOOD) {
        judge_result(v);
    }
    return AIU_OK;
}
