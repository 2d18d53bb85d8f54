// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Between the two renames of shard_begin there is no `main`; a start that finds `next` and no
// `main` makes the second one. With both, `next` was not ready and goes.
#include "audit/shard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/checkpoint.h"
#include "audit/frontier.h"
#include "secret/io.h"

enum { CHECKPOINT_BYTES = 64 * 1024, MONTH_SIZE = 8 };

static const char main_name[] = "main";
static const char next_name[] = "next";
static const char purging[] = ".purging";

static enum aiu_status sync_folder(int fd)
{
    return fsync(fd) == 0 ? AIU_OK : AIU_IO;
}

static enum aiu_status remove_tree(const char *audit, const char *name)
{
    char path[SHARD_PATH_MOST];

    if (snprintf(path, sizeof(path), "%s/%s", audit, name) >= (int)sizeof(path)) {
        return AIU_TOO_LONG;
    }
    return io_remove_folder(path) ? AIU_OK : folder_errno(errno);
}

static bool exists(int fd, const char *name)
{
    return faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum aiu_status shard_settle(const char *audit)
{
    CLEANUP(folder_close_fd) int fd = open(audit, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return errno == ENOENT ? AIU_OK : folder_errno(errno);
    }
    if (!exists(fd, next_name)) {
        return AIU_OK;
    }
    if (exists(fd, main_name)) {
        return remove_tree(audit, next_name);
    }
    if (renameat(fd, next_name, fd, main_name) != 0) {
        return folder_errno(errno);
    }
    return sync_folder(fd);
}

// Beginning a month

struct beginning {
    struct audit_log *log;
    struct folder folder;
    struct segments segments;
    struct tree tree;
    struct buf frame;
    char audit[SHARD_PATH_MOST]; // STATE/audit
    int audit_fd;
};

static void beginning_done(struct beginning *b)
{
    segments_done(&b->segments);
    folder_done(&b->folder);
    folder_close_fd(&b->audit_fd);
    buf_wipe(&b->frame);
}

static enum aiu_status status_of(enum segments_io io)
{
    if (io == SEGMENTS_OK) {
        return AIU_OK;
    }
    return io == SEGMENTS_FULL ? AIU_AUDIT_UNAVAILABLE : AIU_IO;
}

static enum aiu_status open_next(struct beginning *b)
{
    struct segments *s = &b->log->segments;
    char path[SHARD_PATH_MOST + 8];

    (void)snprintf(path, sizeof(path), "%s/%s", b->audit, next_name);
    TRY(remove_tree(b->audit, next_name));
    TRY(folder_open_writer(path, s->sync, &b->folder));
    TRY(status_of(segments_init(&b->segments, &b->folder, s->segment_size, s->reserve_size)));
    b->segments.sync = s->sync;
    TRY(status_of(segments_prepare(&b->segments)));
    const struct wal_header header = {
        .root = tree_root(&b->tree),
        .unix_us = clock_unix_us(&b->log->clock),
    };
    return status_of(segments_roll(&b->segments, &header));
}

// One entry of the new month, durable only with the last one.
static enum aiu_status put_entry(struct beginning *b, struct span entry)
{
    uint8_t *p = NULL;
    size_t n = wal_frame_size(entry.n);
    struct tree_hash leaf = tree_leaf(entry);

    if (n > segments_room(&b->segments)) {
        return AIU_TOO_LONG;
    }
    buf_reset(&b->frame);
    TRY(buf_reserve(&b->frame, n, &p));
    wal_frame_write(p, b->tree.size, entry);
    TRY(status_of(segments_write(&b->segments, span_of(p, wal_frame_seal(p)))));
    b->segments.offset += n;
    tree_append(&b->tree, &leaf);
    return AIU_OK;
}

static enum aiu_status put_entries(struct beginning *b, const struct shard_change *change)
{
    CLEANUP(buf_wipe) struct buf entry = BUF_OF(RECORD_MOST);
    const struct record_origin *origin = &b->log->origin;
    uint64_t now_us = clock_unix_us(&b->log->clock);
    char month[MONTH_SIZE], id[UUID_SIZE];
    size_t count = change->open->count;
    const struct id *ids = ids_sorted(change->open);

    signer_month_text(change->month, month);
    TRY(record_shard(&entry, origin, now_us, span_str(month), change->checkpoint));
    TRY(put_entry(b, buf_span(&entry)));
    for (size_t i = 0; i < count; i++) {
        id_write(&ids[i], id);
        buf_reset(&entry);
        TRY(record_carried(&entry, origin, now_us, span_of(id, sizeof(id))));
        TRY(put_entry(b, buf_span(&entry)));
    }
    return status_of(segments_sync(&b->segments, 0));
}

static enum aiu_status rename_both(struct beginning *b, uint32_t ended)
{
    char month[MONTH_SIZE];

    signer_month_text(ended, month);
    if (exists(b->audit_fd, month)) {
        return AIU_FILE_INVALID; // never over another log
    }
    if (renameat(b->audit_fd, main_name, b->audit_fd, month) != 0) {
        return folder_errno(errno);
    }
    if (renameat(b->audit_fd, next_name, b->audit_fd, main_name) != 0) {
        enum aiu_status st = folder_errno(errno);
        return renameat(b->audit_fd, month, b->audit_fd, main_name) == 0 ? st : AIU_IO;
    }
    return sync_folder(b->audit_fd);
}

// The committer goes on in the new folder; the entries that it gets are counted on from there.
static void take_over(struct beginning *b)
{
    struct audit_log *log = b->log;

    frontier_save(&b->folder, &(struct tree){0});
    segments_done(&log->segments);
    folder_done(&log->folder);
    log->folder = b->folder;
    log->segments = b->segments;
    log->segments.folder = &log->folder;
    log->tree = b->tree;
    log->draining = false;
    atomic_store(&log->base, atomic_load(&log->durable) - b->tree.size);
    b->folder = (struct folder)FOLDER_CLOSED;
    b->segments.fd = -1;
    b->segments.next_fd = -1;
}

enum aiu_status shard_begin(struct audit_log *log, const char *folder,
                            const struct shard_change *change)
{
    CLEANUP(beginning_done)
    struct beginning b = {.log = log,
                          .folder = FOLDER_CLOSED,
                          .segments = {.fd = -1, .next_fd = -1},
                          .frame = BUF_OF(WAL_FRAME_MOST),
                          .audit_fd = -1};
    const char *slash = strrchr(folder, '/');

    if (slash == NULL || strcmp(slash + 1, main_name) != 0 ||
        (size_t)(slash - folder) >= sizeof(b.audit)) {
        return AIU_UNSUPPORTED; // not a log that is divided
    }
    memcpy(b.audit, folder, (size_t)(slash - folder));
    TRY(folder_open_file(AT_FDCWD, b.audit, O_RDONLY | O_DIRECTORY, &b.audit_fd));
    enum aiu_status st = open_next(&b);
    st = st == AIU_OK ? put_entries(&b, change) : st;
    st = st == AIU_OK ? rename_both(&b, change->month) : st;
    if (st != AIU_OK) {
        return st;
    }
    take_over(&b);
    return AIU_OK;
}

// Retention

static uint32_t month_of_name(const char *name)
{
    char text[MONTH_SIZE + 2] = "x/";

    if (strlen(name) != MONTH_SIZE - 1) {
        return 0;
    }
    memcpy(text + 2, name, MONTH_SIZE);
    return signer_name_month(span_str(text));
}

static struct tree_head head_of(const struct shard_purge *purge, const char *name)
{
    CLEANUP(folder_close_fd) int fd = -1;
    char path[SHARD_PATH_MOST];
    uint8_t bytes[CHECKPOINT_BYTES];
    struct checkpoint c;
    struct note n;

    (void)snprintf(path, sizeof(path), "%s/%s/checkpoint", purge->audit, name);
    if (folder_open_file(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, &fd) != AIU_OK) {
        return (struct tree_head){0};
    }
    ssize_t got = read(fd, bytes, sizeof(bytes));
    if (got <= 0 || note_parse(span_of(bytes, (size_t)got), &n) != AIU_OK ||
        checkpoint_parse(n.text, &c) != AIU_OK) {
        return (struct tree_head){0};
    }
    return (struct tree_head){c.size, c.root};
}

// On record first; then the name goes, so that a half deleted month is never taken for one.
static enum aiu_status purge_month(const struct shard_purge *purge, int fd, const char *name)
{
    char gone[MONTH_SIZE + sizeof(purging)];
    const struct tree_head head = head_of(purge, name);

    TRY(purge->on_purge(purge->ctx, name, &head));
    (void)snprintf(gone, sizeof(gone), "%.*s%s", MONTH_SIZE - 1, name, purging);
    if (renameat(fd, name, fd, gone) != 0) {
        return folder_errno(errno);
    }
    TRY(sync_folder(fd));
    return remove_tree(purge->audit, gone);
}

// The month `keep_ms` before now: those before it go.
static uint32_t oldest_kept(const struct shard_purge *purge)
{
    uint64_t keep_us = purge->keep_ms * 1000;

    return keep_us / 1000 != purge->keep_ms || keep_us >= purge->now_us
               ? 0
               : signer_month(purge->now_us - keep_us);
}

static enum aiu_status judge_name(const struct shard_purge *purge, int fd, const char *name,
                                  uint32_t oldest)
{
    size_t n = strlen(name);
    uint32_t month = month_of_name(name);

    if (month != 0 && month < oldest) {
        return purge_month(purge, fd, name);
    }
    if (n == MONTH_SIZE - 1 + sizeof(purging) - 1 && strcmp(name + MONTH_SIZE - 1, purging) == 0) {
        return remove_tree(purge->audit, name); // a crash came in between
    }
    return AIU_OK;
}

enum aiu_status shard_retain(const struct shard_purge *purge)
{
    const struct dirent *entry = NULL;
    uint32_t oldest = oldest_kept(purge);
    enum aiu_status st = AIU_OK;

    if (purge->keep_ms == 0 || oldest == 0) {
        return AIU_OK;
    }
    DIR *dir = opendir(purge->audit);
    if (dir == NULL) {
        return folder_errno(errno);
    }
    while (st == AIU_OK &&
           (entry = readdir(dir)) != NULL) { // NOLINT(concurrency-mt-unsafe): a DIR of our own
        st = judge_name(purge, dirfd(dir), entry->d_name, oldest);
    }
    (void)closedir(dir);
    return st;
}
