// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// At the end of a month the committer stands still while the last entries are published and signed
// and the folder is changed: requests wait that long, and no entry falls between two months.
#include "audit/publish_inside.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "audit/folder.h"
#include "audit/shard.h"
#include "base/num.h"

enum { PAUSE_MOST_MS = 2000, LAST_NOTE_MOST = 8 * 1024, WRITER_TRIES = 20 };

// A shard belongs to the month in which its first segment was begun.
enum aiu_status publish_month(const char *folder, uint32_t *ret_month)
{
    uint64_t begun_us = 0;

    TRY(folder_begun(folder, &begun_us));
    *ret_month = signer_month(begun_us);
    return AIU_OK;
}

static void read_signed(const char *folder, struct tree_head *ret_head)
{
    CLEANUP(folder_close_fd) int fd = -1;
    uint8_t bytes[PUBLISH_NOTE_MOST];
    struct checkpoint c;
    struct note note;
    size_t n = 0;

    if (folder_open_file(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, &fd) == AIU_OK &&
        publish_read_note(fd, bytes, &n, &note) && checkpoint_parse(note.text, &c) == AIU_OK) {
        *ret_head = (struct tree_head){c.size, c.root};
    }
}

enum aiu_status publish_expect(const char *folder, const struct signer_head *head,
                               struct tree_head *ret_signed)
{
    uint32_t month = head->month;
    enum aiu_status st = publish_month(folder, &month);

    TRY(st == AIU_FILE_NOT_FOUND ? AIU_OK : st);
    if (month < head->month) {
        return AIU_AUDIT_ROLLED_BACK;
    }
    *ret_signed = month == head->month ? head->tree : (struct tree_head){0};
    if (head->month == 0) {
        // The signer remembers nothing: its file is lost. What the log itself says was signed.
        read_signed(folder, ret_signed);
    }
    return AIU_OK;
}

// Beginning a month

static enum aiu_status read_last_note(const struct publisher *p, struct buf *ret_note)
{
    uint8_t bytes[PUBLISH_NOTE_MOST];
    struct note note;
    size_t n = 0;

    if (!publish_read_note(tile_writer_folder(p->writer), bytes, &n, &note)) {
        return AIU_IO;
    }
    return buf_append(ret_note, span_of(bytes, n));
}

// The writer of the month that ended must not be used again, and one for the new month must be
// made: where descriptors or memory are short for a second, the next start goes on instead.
static struct tile_writer *new_writer(const struct publisher *p)
{
    static const struct timespec pause = {0, 50000000};
    struct tile_writer *w = NULL;
    enum aiu_status st = AIU_BUSY;

    for (int i = 0; i < WRITER_TRIES && st != AIU_OK; i++) {
        st = tile_writer_new(p->options.folder, !p->options.unsafe_no_sync, &w);
        if (st != AIU_OK) {
            (void)nanosleep(&pause, NULL);
        }
    }
    CHECK(st == AIU_OK);
    return w;
}

static enum aiu_status begin_anew(struct publisher *p)
{
    struct tile_writer *next = new_writer(p);

    pthread_mutex_lock(&p->lock);
    publish_set_size(p, 0);
    pthread_mutex_unlock(&p->lock);
    p->fresh = true;
    p->vkeys[0] = '\0';
    p->epoch = (struct announced){0};
    p->log_key = (struct announced){0};
    pthread_mutex_lock(&p->file);
    tile_writer_free(p->writer);
    p->writer = next;
    pthread_mutex_unlock(&p->file);
    return publish_month(p->options.folder, &p->month);
}

// The committer stands still: the last checkpoint of the month has all its entries.
static enum aiu_status end_month(struct publisher *p)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(LAST_NOTE_MOST);
    struct shard_change change = {.month = p->month};

    TRY(publish_round(p));
    if (atomic_load(&p->published) != audit_size(p->options.log)) {
        return AIU_BUSY;
    }
    TRY(read_last_note(p, &note));
    change.checkpoint = buf_span(&note);
    change.open = tile_writer_open(p->writer);
    p->begun = false; // the set of open requests is used up
    TRY(shard_begin(p->options.log, p->options.folder, &change));
    return begin_anew(p);
}

static void begin_month(struct publisher *p)
{
    if (committer_pause(p->options.log, PAUSE_MOST_MS) != AIU_OK) {
        return; // tried again in a minute
    }
    enum aiu_status st = end_month(p);
    committer_resume(p->options.log);
    if (st == AIU_OK) {
        publish_tell(p, PUBLISH_MONTH, "the log has a new month");
    } else if (st != AIU_UNSUPPORTED) {
        publish_tell(p, PUBLISH_DEGRADED, aiu_status_info(st)->text);
    }
}

// Deleting

static enum aiu_status record_purge(void *ctx, const char *month, const struct tree_head *head)
{
    struct publisher *p = ctx;
    uint8_t root[NUM_BASE64_SIZE(TREE_HASH_SIZE)];
    uint64_t index = 0;

    num_base64_write(span_of(head->root.bytes, TREE_HASH_SIZE), root);
    const struct record_field fields[] = {
        RECORD_TEXT("what", SPAN_OF("audit_log")),
        RECORD_TEXT("month", span_str(month)),
        RECORD_NUMBER("size", head->size),
        RECORD_TEXT("root", span_of(root, sizeof(root))),
    };
    TRY(publish_append(p, RECORD_PURGE, fields, ARRAY_SIZE(fields), &index));
    TRY(audit_wait(p->options.log, index, PAUSE_MOST_MS));
    publish_tell(p, PUBLISH_PURGED, month);
    return AIU_OK;
}

static void delete_months(struct publisher *p)
{
    char audit[SHARD_PATH_MOST];
    const char *slash = strrchr(p->options.folder, '/');
    const struct shard_purge purge = {audit, p->options.keep_ms, clock_unix_us(&p->options.clock),
                                      record_purge, p};

    if (p->options.keep_ms == 0 || slash == NULL ||
        (size_t)(slash - p->options.folder) >= sizeof(audit)) {
        return;
    }
    (void)snprintf(audit, sizeof(audit), "%.*s", (int)(slash - p->options.folder),
                   p->options.folder);
    if (shard_retain(&purge) != AIU_OK) {
        publish_tell(p, PUBLISH_DEGRADED, "a month of the log cannot be deleted");
    }
}

void publish_look_at_months(struct publisher *p)
{
    uint64_t now_ns = clock_monotonic_ns(&p->options.clock);

    if (p->month_ns != 0 && now_ns - p->month_ns < p->options.month_ms * 1000000) {
        return;
    }
    p->month_ns = now_ns;
    if (!p->failed && p->begun && audit_size(p->options.log) > 0 &&
        signer_month(clock_unix_us(&p->options.clock)) > p->month) {
        begin_month(p);
    }
    delete_months(p);
}
