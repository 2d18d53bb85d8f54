// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Entries come in groups of 256, as in a tile. A group that lies in this job as a whole, and in
// which nobody asks for a root, becomes one hash; of any other the leaves are handed on.
//
// At the first difference the job sets its mark, goes on only to see what comes next (the row from
// which verify_diff tells edited from deleted), and ends.
#include "audit/verify_job.h"

#include <fcntl.h>

#include "audit/folder.h"
#include "audit/tile_source.h"
#include "audit/verify_keys.h"
#include "base/alloc.h"

enum { NODES_MOST = 64 * 1024 * 1024, KEYS_MOST = 64 * 1024 * 1024 };

enum aiu_status job_new(struct job **ret_job)
{
    struct job *job = mem_new(1, sizeof(*job));

    if (job == NULL) {
        return AIU_NO_MEMORY;
    }
    buf_init(&job->nodes, NODES_MOST);
    buf_init(&job->keys, KEYS_MOST);
    enum aiu_status st = scan_init(&job->scan);
    if (st != AIU_OK) {
        mem_free(job);
        return st;
    }
    *ret_job = job;
    return AIU_OK;
}

void job_free(struct job *job)
{
    if (job != NULL) {
        scan_done(&job->scan);
        buf_wipe(&job->nodes);
        buf_wipe(&job->keys);
        mem_wipe_free(job->bundle_bytes, job->bundle_bytes == NULL ? 0 : TILE_BUNDLE_MOST);
        mem_free(job);
    }
}

void job_reset(struct job *job)
{
    buf_reset(&job->nodes);
    buf_reset(&job->keys);
    job->status = AIU_OK;
    job->mark = JOB_FINE;
    job->at = 0;
    job->row.count = 0;
    job->next = job->first;
    job->bytes = 0;
    job->is_missing = false;
    job->collecting = false;
    job->group_count = 0;
    job->group = UINT64_MAX;
}

static bool is_ended(const struct job *job)
{
    return job->collecting && job->row.count == DIFF_MOST;
}

static void mark(struct job *job, enum job_mark what, uint64_t at)
{
    job->mark = what;
    job->at = at;
    job->collecting = true;
}

static void collect(struct job *job, uint64_t name)
{
    if (!is_ended(job)) {
        job->row.names[job->row.count++] = name;
    }
}

static uint64_t name_of(const struct tree_hash *leaf)
{
    uint64_t name = 0;

    memcpy(&name, leaf->bytes, sizeof(name));
    return name;
}

static void miss(struct job *job, const struct tile *t)
{
    if (!job->is_missing) {
        job->is_missing = true;
        job->missing = *t;
    }
}

// A partial tile or bundle may have been removed once the full one was there.
// `*ret_n` is SIZE_MAX where there is neither.
static enum aiu_status read_file(struct job *job, struct tile t, uint8_t *out, size_t most,
                                 size_t *ret_n)
{
    const struct tile asked = t;
    enum aiu_status st = tile_file_read(job->top_fd, &t, out, most, ret_n);

    job->is_exact = true;
    if (st == AIU_FILE_NOT_FOUND && t.width < TILE_WIDTH) {
        job->is_exact = false;
        t.width = TILE_WIDTH;
        st = tile_file_read(job->top_fd, &t, out, most, ret_n);
    }
    if (st == AIU_FILE_NOT_FOUND) {
        miss(job, &asked);
        *ret_n = SIZE_MAX;
        return AIU_OK;
    }
    if (st == AIU_AUDIT_CORRUPT) { // larger than any, or no file: nothing that could compare
        *ret_n = 0;
        return AIU_OK;
    }
    return st;
}

static enum aiu_status load_tile(struct job *job, uint64_t group)
{
    struct tile t = {0, group, tile_width(0, group, job->size)};
    size_t n = 0;

    job->tile_width = 0;
    if (t.width > 0) {
        TRY(read_file(job, t, job->tile, TILE_SIZE, &n));
        if (n != SIZE_MAX) {
            // What a file that was cut short leaves out compares as zeros; one with more in it than
            // belongs there compares with nothing.
            size_t kept = job->is_exact && n > t.width * (size_t)TREE_HASH_SIZE ? 0 : n;
            memset(job->tile + kept, 0, TILE_SIZE - kept);
            job->tile_width = t.width;
        }
    }
    return AIU_OK;
}

static enum aiu_status load_bundle(struct job *job, uint64_t group)
{
    struct tile t = {TILE_ENTRIES, group, tile_width(TILE_ENTRIES, group, job->size)};
    size_t n = 0;

    job->has_bundle = false;
    if (t.width == 0) {
        return AIU_OK;
    }
    if (job->bundle_bytes == NULL) {
        job->bundle_bytes = mem_new(TILE_BUNDLE_MOST, 1);
        if (job->bundle_bytes == NULL) {
            return AIU_NO_MEMORY;
        }
    }
    TRY(read_file(job, t, job->bundle_bytes, TILE_BUNDLE_MOST, &n));
    job->has_bundle = n != SIZE_MAX;
    job->bundle = span_of(job->bundle_bytes, n == SIZE_MAX ? 0 : n);
    return AIU_OK;
}

// Nodes for the tree

static enum aiu_status put_node(struct job *job, uint8_t level, const uint8_t *hash)
{
    struct job_tree_node node = {.level = level};

    memcpy(node.hash, hash, TREE_HASH_SIZE);
    return buf_append(&job->nodes, span_of(&node, sizeof(node)));
}

static bool has_cut(const struct job *job, uint64_t group)
{
    for (size_t i = 0; i < job->cuts_count; i++) {
        if (job->cuts[i] / TILE_WIDTH == group && job->cuts[i] % TILE_WIDTH != 0) {
            return true;
        }
    }
    return false;
}

static enum aiu_status put_group(struct job *job)
{
    if (job->group_count == TILE_WIDTH && !has_cut(job, job->group)) {
        struct tree_hash hash = tile_hash(job->hashes, 0, TILE_WIDTH);
        job->group_count = 0;
        return put_node(job, TILE_LEVELS, hash.bytes);
    }
    for (unsigned i = 0; i < job->group_count; i++) {
        TRY(put_node(job, 0, job->hashes + (size_t)i * TREE_HASH_SIZE));
    }
    job->group_count = 0;
    return AIU_OK;
}

// Entries

static enum aiu_status begin_group(struct job *job, uint64_t index)
{
    struct span skipped = {0};

    TRY(put_group(job));
    job->group = index / TILE_WIDTH;
    job->tile_width = 0;
    job->has_bundle = false;
    if (job->tiles) {
        TRY(load_tile(job, job->group));
    }
    if (job->bundles) {
        TRY(load_bundle(job, job->group));
        for (uint64_t i = index % TILE_WIDTH; i > 0 && job->has_bundle; i--) {
            (void)tile_bundle_next(&job->bundle, &skipped);
        }
    }
    return AIU_OK;
}

static bool tile_agrees(const struct job *job, uint64_t index, const struct tree_hash *leaf)
{
    uint64_t i = index % TILE_WIDTH;

    return i >= job->tile_width ||
           memcmp(job->tile + i * TREE_HASH_SIZE, leaf->bytes, TREE_HASH_SIZE) == 0;
}

static bool bundle_agrees(struct job *job, uint64_t index, struct span entry)
{
    struct span published = {0};

    if (!job->has_bundle || index >= job->size) {
        return true;
    }
    bool is_last = (index + 1) % TILE_WIDTH == 0 || index + 1 == job->size;
    return tile_bundle_next(&job->bundle, &published) && span_equal(published, entry) &&
           (!is_last || !job->is_exact || job->bundle.n == 0);
}

static enum aiu_status take_leaf(struct job *job, const struct tree_hash *leaf)
{
    memcpy(job->hashes + (size_t)job->group_count * TREE_HASH_SIZE, leaf->bytes, TREE_HASH_SIZE);
    job->group_count++;
    job->next++;
    return job->next % TILE_WIDTH == 0 ? put_group(job) : AIU_OK;
}

static enum aiu_status keep_key(struct job *job, struct span entry)
{
    const struct job_key_record head = {job->next, entry.n};

    if (job->next >= job->size || !verify_keys_is_record(entry)) {
        return AIU_OK;
    }
    TRY(buf_append(&job->keys, span_of(&head, sizeof(head))));
    return buf_append(&job->keys, entry);
}

static enum aiu_status take_entry(struct job *job, struct span entry)
{
    struct tree_hash leaf = tree_leaf(entry);

    if (job->collecting) {
        collect(job, name_of(&leaf));
        return AIU_OK;
    }
    if (job->next / TILE_WIDTH != job->group) {
        TRY(begin_group(job, job->next));
    }
    job->bytes += entry.n;
    if (!tile_agrees(job, job->next, &leaf)) {
        mark(job, JOB_LEAF, job->next);
    } else if (!bundle_agrees(job, job->next, entry)) {
        mark(job, JOB_BUNDLE, job->next);
    }
    if (job->collecting) {
        collect(job, name_of(&leaf));
        return AIU_OK;
    }
    TRY(keep_key(job, entry));
    return take_leaf(job, &leaf);
}

// A segment of the write-ahead log

static enum aiu_status take_frame(struct job *job, const struct wal_frame *frame)
{
    if (!job->collecting && frame->index != job->next) {
        mark(job, JOB_ORDER, job->next);
    }
    if (job->mark == JOB_ORDER) {
        collect(job, frame->index);
        return AIU_OK;
    }
    return take_entry(job, frame->entry);
}

static enum aiu_status take_frames(struct job *job)
{
    struct wal_frame frame;
    enum wal_found found = WAL_FRAME;

    while (found == WAL_FRAME && !is_ended(job)) {
        TRY(scan_next(&job->scan, &frame, &found));
        if (found == WAL_FRAME) {
            TRY(take_frame(job, &frame));
        }
    }
    return AIU_OK;
}

// Behind the frames there must be zeros; in the last segment half a write may lie there. True where
// it is as it must be.
static enum aiu_status judge_rest(struct job *job, bool *ret_good)
{
    uint64_t offset = job->scan.offset;
    struct scan_rest rest;

    TRY(scan_rest(&job->scan, job->next, &rest));
    scan_seek(&job->scan, offset);
    *ret_good = rest.dirty_end == 0 || (job->last && !rest.has_frame);
    return AIU_OK;
}

// The frames, and what is behind them. In a live log the next frame may have come since it was
// looked for: then it is there now, and was no damage.
static enum aiu_status take_segment(struct job *job)
{
    struct wal_frame frame;
    enum wal_found found = WAL_END;
    bool good = false;

    for (;;) {
        TRY(take_frames(job));
        if (job->collecting) {
            return AIU_OK;
        }
        TRY(judge_rest(job, &good));
        if (good) {
            return AIU_OK;
        }
        TRY(scan_next(&job->scan, &frame, &found));
        if (!job->last || found != WAL_FRAME) {
            mark(job, JOB_FRAME, job->next);
            return AIU_OK;
        }
        TRY(take_frame(job, &frame));
    }
}

static enum aiu_status run_segment(struct job *job)
{
    CLEANUP(folder_close_fd) int fd = -1;
    char name[WAL_NAME_SIZE];
    bool good = false;

    wal_name(job->first, name);
    TRY(folder_open_file(job->wal_fd, name, O_RDONLY | O_NONBLOCK, &fd));
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    TRY(scan_begin(&job->scan, fd, &job->header, &good));
    if (!good || job->header.first_index != job->first) {
        mark(job, JOB_HEADER, job->first);
        return AIU_OK;
    }
    return take_segment(job);
}

// Bundles and tiles

// Without its bundle a group is known by its tile.
static enum aiu_status take_tile(struct job *job, uint64_t group)
{
    TRY(load_tile(job, group));
    if (job->tile_width == 0) {
        mark(job, JOB_LOST, job->next);
        return AIU_OK;
    }
    job->group = group;
    for (uint64_t i = job->next; i < job->end && i / TILE_WIDTH == group; i++) {
        struct tree_hash leaf;
        memcpy(leaf.bytes, job->tile + i % TILE_WIDTH * TREE_HASH_SIZE, TREE_HASH_SIZE);
        TRY(take_leaf(job, &leaf));
    }
    return AIU_OK;
}

static enum aiu_status take_bundle(struct job *job, uint64_t group)
{
    unsigned width = tile_width(TILE_ENTRIES, group, job->size);
    struct span entry = {0};

    TRY(load_bundle(job, group));
    if (!job->has_bundle && !job->collecting) {
        return take_tile(job, group);
    }
    bool is_exact = job->is_exact;
    struct span left = job->bundle;
    job->has_bundle = false; // it is not to be compared with itself
    for (unsigned i = 0; i < width && !is_ended(job); i++) {
        if (!tile_bundle_next(&left, &entry)) {
            if (!job->collecting) {
                mark(job, JOB_LEAF, job->next);
            }
            return AIU_OK;
        }
        if (i + 1 == width && is_exact && left.n > 0 && !job->collecting) {
            mark(job, JOB_LEAF, job->next); // more than belongs there
        }
        TRY(take_entry(job, entry));
    }
    return AIU_OK;
}

static enum aiu_status run_published(struct job *job)
{
    for (uint64_t group = job->first / TILE_WIDTH;
         group * TILE_WIDTH < job->end && !is_ended(job) && job->mark != JOB_LOST; group++) {
        if (job->kind == JOB_BUNDLES) {
            TRY(take_bundle(job, group));
        } else {
            TRY(take_tile(job, group));
        }
    }
    return AIU_OK;
}

void job_run(struct job *job)
{
    job_reset(job);
    job->status = job->kind == JOB_SEGMENT ? run_segment(job) : run_published(job);
    if (job->status == AIU_OK && job->mark == JOB_FINE) {
        job->status = put_group(job);
    }
}
