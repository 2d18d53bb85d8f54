// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Only the last segment may end in half a write; what is not right anywhere else, or has a good
// frame behind it, is damage.
//
// A live log grows while it is read. What looked bad at the end is read once more before it is
// judged, because the writer may have been in the middle of that frame.
#include "audit/walk.h"

#include <fcntl.h>

#include "audit/record.h"
#include "audit/scan.h"

struct walk {
    const struct folder *folder;
    const struct walk_options *options;
    struct walk_result *result;
    struct scan scan;
    uint64_t index; // that comes next
    bool hashing;   // the tree is the tree of all entries so far
};

void walk_result_init(struct walk_result *w)
{
    *w = (struct walk_result){0};
    ids_init(&w->open);
}

void walk_result_done(struct walk_result *w)
{
    ids_done(&w->open);
}

static void scan_done_in_walk(struct walk *w)
{
    scan_done(&w->scan);
}

static void fault(struct walk *w, enum fsck_fault what, uint64_t offset)
{
    w->result->report.fault = what;
    w->result->report.offset = offset;
    w->result->report.bad_index = w->index;
}

static bool is_faulty(const struct walk *w)
{
    return w->result->report.fault != FSCK_NONE;
}

static enum aiu_status count_record(struct walk *w, struct span entry)
{
    struct fsck_report *report = &w->result->report;
    struct span text;
    struct id id;
    enum record_type type = record_read(entry, &text);

    if (type == RECORD_OTHER || !id_read(text, &id)) {
        return AIU_OK;
    }
    if (type == RECORD_DECISION || type == RECORD_CARRIED) {
        report->decisions++;
        return ids_add(&w->result->open, &id);
    }
    report->results += type == RECORD_RESULT;
    report->abandoned += type == RECORD_ABANDONED;
    report->orphans += !ids_remove(&w->result->open, &id);
    return AIU_OK;
}

// Where the tree is as large as it was when it was signed last, it must have the same root.
static void check_signed(struct walk *w)
{
    const struct tree_head *head = w->options->signed_head;

    if (head == NULL || !w->hashing || w->result->tree.size != head->size) {
        return;
    }
    struct tree_hash root = tree_root(&w->result->tree);
    if (!tree_hash_equal(&root, &head->root)) {
        fault(w, FSCK_SIGNED, w->scan.offset);
    }
}

static enum aiu_status take_frame(struct walk *w, const struct wal_frame *frame)
{
    if (frame->index != w->index) {
        fault(w, FSCK_ORDER, w->scan.offset - frame->size);
        return AIU_OK;
    }
    if (w->hashing) {
        struct tree_hash leaf = tree_leaf(frame->entry);
        tree_append(&w->result->tree, &leaf);
    }
    w->index++;
    check_signed(w);
    return count_record(w, frame->entry);
}

static enum aiu_status take_frames(struct walk *w, enum wal_found *ret_end)
{
    struct wal_frame frame;
    enum wal_found found = WAL_FRAME;

    while (found == WAL_FRAME && !is_faulty(w)) {
        TRY(scan_next(&w->scan, &frame, &found));
        if (found == WAL_FRAME) {
            TRY(take_frame(w, &frame));
        }
    }
    *ret_end = found;
    return AIU_OK;
}

// What lies behind the frames of a segment must be zeros; in the last one half a write may be
// there.
static enum aiu_status judge_rest(struct walk *w, bool last)
{
    uint64_t offset = w->scan.offset;
    struct scan_rest rest;

    TRY(scan_rest(&w->scan, w->index, &rest));
    if (rest.dirty_end != 0 && (!last || rest.has_frame)) {
        fault(w, FSCK_FRAME, offset);
    }
    w->result->end_offset = offset;
    w->result->dirty_end = rest.dirty_end;
    return AIU_OK;
}

// A good frame behind a bad one, in a live log: the bad one was written before the good one could
// be seen, so another look at it tells damage from a write that was just under way.
static enum aiu_status take_rest(struct walk *w, bool last)
{
    struct fsck_report *report = &w->result->report;
    enum wal_found found = WAL_END;
    uint64_t index = 0;

    do {
        index = w->index;
        TRY(judge_rest(w, last));
        if (last && report->fault == FSCK_FRAME) {
            report->fault = FSCK_NONE;
            scan_seek(&w->scan, w->result->end_offset);
            TRY(take_frames(w, &found));
            if (w->index == index && !is_faulty(w)) {
                fault(w, FSCK_FRAME, w->result->end_offset);
            }
        }
    } while (w->index != index && !is_faulty(w));
    if (!is_faulty(w) && w->result->dirty_end != 0) {
        report->torn_bytes = w->result->dirty_end - w->result->end_offset;
    }
    return AIU_OK;
}

static void check_header(struct walk *w, const struct wal_header *header, bool good)
{
    if (!good) {
        fault(w, FSCK_HEADER, 0);
        return;
    }
    if (header->first_index != w->index) {
        fault(w, FSCK_NAME, 0);
        return;
    }
    if (w->index == w->result->tree.size) {
        struct tree_hash root = tree_root(&w->result->tree);
        if (!tree_hash_equal(&root, &header->root)) {
            fault(w, FSCK_ROOT, 0);
        }
        w->hashing = true;
        if (!is_faulty(w)) {
            check_signed(w);
        }
    }
}

static enum aiu_status take_segment(struct walk *w, uint64_t first, bool last)
{
    CLEANUP(folder_close_fd) int fd = -1;
    struct wal_header header;
    enum wal_found found = WAL_END;
    bool good = false;

    wal_name(first, w->result->report.segment);
    if (first != w->index) {
        fault(w, first > w->index ? FSCK_MISSING : FSCK_ORDER, 0);
        return AIU_OK;
    }
    TRY(folder_open_file(w->folder->wal, w->result->report.segment, O_RDONLY, &fd));
    if (w->options->check_files) {
        TRY(folder_check_file(fd));
    }
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    w->result->last_first = first;
    w->result->report.segments++;
    TRY(scan_begin(&w->scan, fd, &header, &good));
    check_header(w, &header, good);
    if (!is_faulty(w)) {
        TRY(take_frames(w, &found));
    }
    return is_faulty(w) ? AIU_OK : take_rest(w, last);
}

// The frontier is written as soon as its segment is durable: that segment cannot be missing.
static void check_newest(struct walk *w, size_t segments)
{
    const struct tree *frontier = w->options->frontier;

    if (frontier != NULL && (segments == 0 || frontier->size > w->result->last_first)) {
        wal_name(frontier->size, w->result->report.segment);
        fault(w, FSCK_MISSING, 0);
    }
}

static enum aiu_status take_segments(struct walk *w)
{
    CLEANUP(segment_list_done) struct segment_list list = {0};

    TRY(folder_segments(w->folder, &list));
    if (list.count == 0) {
        fault(w, FSCK_EMPTY, 0);
    }
    for (size_t i = 0; i < list.count && !is_faulty(w); i++) {
        TRY(take_segment(w, list.first[i], i + 1 == list.count));
    }
    if (!is_faulty(w) || list.count == 0) {
        check_newest(w, list.count);
    }
    if (!is_faulty(w) && w->options->signed_head != NULL &&
        w->options->signed_head->size > w->index) {
        fault(w, FSCK_SIGNED, w->result->end_offset);
    }
    return AIU_OK;
}

enum aiu_status walk_log(const struct folder *f, const struct walk_options *options,
                         struct walk_result *result)
{
    CLEANUP(scan_done_in_walk)
    struct walk w = {.folder = f, .options = options, .result = result};

    if (options->frontier != NULL && !options->hash_all) {
        result->tree = *options->frontier;
    }
    TRY(scan_init(&w.scan));
    TRY(take_segments(&w));
    result->hashed = w.hashing;
    result->report.entries = w.index;
    result->report.root = tree_root(&result->tree);
    result->report.open = result->open.count;
    return AIU_OK;
}
