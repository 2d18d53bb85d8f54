// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/backup_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/copy.h"
#include "audit/folder.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "secret/io.h"
#include "secret/seal_stream.h"

static const char purpose[] = "backup";

// --- sealing ----------------------------------------------------------------------------------

struct sealing {
    struct seal_stream *stream;
    int dir;
    uint8_t *message; // a letter and a chunk
};

static enum aiu_status put(struct sealing *s, uint8_t letter, const void *bytes, size_t n)
{
    s->message[0] = letter;
    if (bytes != s->message + 1) {
        memcpy(s->message + 1, bytes, n);
    }
    return seal_stream_put(s->stream, span_of(s->message, n + 1), letter == 'e');
}

static enum aiu_status put_folder(void *ctx, const char *path)
{
    return put(ctx, 'd', path, strlen(path));
}

static enum aiu_status put_file(void *ctx, const char *path)
{
    CLEANUP(folder_close_fd) int fd = -1;
    struct sealing *s = ctx;
    size_t n = 0;

    TRY(copy_open_file(s->dir, path, O_RDONLY, &fd));
    TRY(put(s, 'f', path, strlen(path)));
    do {
        TRY(copy_read(fd, s->message + 1, &n));
        TRY(put(s, 'b', s->message + 1, n));
    } while (n == COPY_CHUNK);
    return AIU_OK;
}

static enum aiu_status seal_all(struct sealing *s)
{
    struct copy_walk w = {.dir = s->dir, .on_file = put_file, .on_folder = put_folder, .ctx = s};

    TRY(copy_walk_all(&w));
    TRY(put_file(s, "MANIFEST.json")); // which the walk leaves out
    return put(s, 'e', "", 0);
}

enum aiu_status backup_seal(const char *backup, const char *file, const struct secret *key)
{
    CLEANUP(folder_close_fd) int dir = -1;
    CLEANUP(folder_close_fd) int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    CLEANUP(seal_stream_done) struct seal_stream *stream = NULL;

    if (fd < 0) {
        return errno == EEXIST ? AIU_BUSY : folder_errno(errno);
    }
    enum aiu_status st = copy_open_dir(backup, &dir);
    st = st == AIU_OK ? seal_stream_new(key, purpose, fd, &stream) : st;
    struct sealing s = {.stream = stream, .dir = dir, .message = mem_new(COPY_CHUNK + 1, 1)};
    if (st == AIU_OK) {
        st = s.message == NULL ? AIU_NO_MEMORY : seal_all(&s);
    }
    mem_free(s.message);
    if (st == AIU_OK && fsync(fd) != 0) {
        st = AIU_IO;
    }
    if (st != AIU_OK) {
        (void)unlink(file);
    }
    return st;
}

// --- unsealing --------------------------------------------------------------------------------

// A name that stays inside: relative, without "..".
static bool is_inside(const char *path)
{
    const char *part = path;

    if (path[0] == '\0' || path[0] == '/') {
        return false;
    }
    while (part != NULL) {
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) {
            return false;
        }
        part = strchr(part, '/');
        part = part == NULL ? NULL : part + 1;
    }
    return true;
}

static enum aiu_status path_of(struct span message, char out[COPY_PATH_MOST])
{
    size_t n = message.n - 1;

    if (n >= COPY_PATH_MOST || memchr(message.p, '\0', message.n) != NULL) {
        return AIU_FILE_INVALID;
    }
    memcpy(out, message.p + 1, n);
    out[n] = '\0';
    return is_inside(out) ? AIU_OK : AIU_FILE_INVALID;
}

// One message; `fd` is the file that bytes belong to.
static enum aiu_status take(int dir, struct span message, int *fd)
{
    char path[COPY_PATH_MOST];

    if (message.n == 0) {
        return AIU_FILE_INVALID;
    }
    switch (message.p[0]) {
    case 'd':
        TRY(path_of(message, path));
        // The walk names each folder twice.
        return mkdirat(dir, path, 0700) == 0 || errno == EEXIST ? AIU_OK : folder_errno(errno);
    case 'f':
        TRY(path_of(message, path));
        folder_close_fd(fd);
        return copy_open_file(dir, path, O_WRONLY | O_CREAT | O_EXCL, fd);
    case 'b':
        if (*fd < 0) {
            return AIU_FILE_INVALID;
        }
        return io_write_all(*fd, span_drop_first(message, 1)) ? AIU_OK : folder_errno(errno);
    case 'e':
        return AIU_OK;
    default:
        return AIU_FILE_INVALID;
    }
}

enum aiu_status backup_unseal(const char *file, const char *to, const struct secret *key)
{
    CLEANUP(folder_close_fd) int dir = -1;
    CLEANUP(folder_close_fd) int in = open(file, O_RDONLY | O_CLOEXEC);
    CLEANUP(folder_close_fd) int out = -1;
    CLEANUP(seal_stream_done) struct seal_stream *s = NULL;
    CLEANUP(buf_wipe) struct buf message = BUF_OF(SEAL_MESSAGE_MOST + 64);
    bool last = false;

    if (in < 0) {
        return errno == ENOENT ? AIU_FILE_NOT_FOUND : folder_errno(errno);
    }
    TRY(copy_open_dir(to, &dir));
    TRY(seal_stream_open(key, purpose, in, &s));
    while (!last) {
        buf_reset(&message);
        TRY(seal_stream_get(s, &message, &last));
        TRY(take(dir, buf_span(&message), &out));
    }
    return AIU_OK;
}
