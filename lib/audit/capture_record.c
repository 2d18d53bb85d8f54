// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/capture_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/folder.h"
#include "base/num.h"
#include "secret/io.h"
#include "secret/seal.h"

enum { PURPOSE_MOST = 96, TEMPORARY_MOST = CAPTURE_NAME_MOST + 8 };

static const struct span magic = SPAN("aiucap\0\x01");

// --- names ------------------------------------------------------------------------------------

static bool is_id(struct span id)
{
    for (size_t i = 0; i < id.n; i++) {
        uint8_t c = id.p[i];
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (hyphen ? c != '-' : !digit) {
            return false;
        }
    }
    return id.n == UUID_SIZE && id.p[14] == '7';
}

enum aiu_status capture_record_name(struct span id, enum capture_part part,
                                    char ret_name[CAPTURE_NAME_MOST])
{
    if (!is_id(id)) {
        return AIU_USAGE;
    }
    (void)snprintf(ret_name, CAPTURE_NAME_MOST, "%.*s.%s", (int)id.n, (const char *)id.p,
                   part == CAPTURE_PROMPT ? "prompt" : "answer");
    return AIU_OK;
}

static uint64_t digit_of(uint8_t c)
{
    return c <= '9' ? (uint64_t)c - '0' : (uint64_t)c - 'a' + 10;
}

void capture_month(struct span id, char ret_month[CAPTURE_MONTH_SIZE + 1])
{
    char stamp[CLOCK_STAMP_SIZE];
    uint64_t ms = 0;

    for (size_t i = 0; i < 13; i++) { // 48 bits, with a hyphen among their digits
        ms = i == 8 ? ms : ms << 4 | digit_of(id.p[i]);
    }
    clock_stamp(ms > UINT64_C(253402300799999) ? 0 : ms * 1000, stamp);
    memcpy(ret_month, stamp, CAPTURE_MONTH_SIZE);
    ret_month[CAPTURE_MONTH_SIZE] = '\0';
}

// --- sealing ----------------------------------------------------------------------------------

static void purpose_of(const char *name, char out[PURPOSE_MOST])
{
    (void)snprintf(out, PURPOSE_MOST, "capture/record/%s", name);
}

static enum aiu_status append_bytes(struct buf *b, const char *hex)
{
    for (size_t i = 0; hex[i] != '\0'; i += 2) {
        uint64_t byte = digit_of((uint8_t)hex[i]) << 4 | digit_of((uint8_t)hex[i + 1]);
        TRY(buf_append_byte(b, (uint8_t)byte));
    }
    return AIU_OK;
}

enum aiu_status capture_record_seal(const struct secret *key,
                                    const struct capture_key_name *key_name, const char *name,
                                    struct span content, struct buf *sealed)
{
    char purpose[PURPOSE_MOST];
    uint8_t *p = NULL;

    TRY(buf_reserve(sealed, CAPTURE_HEAD + SEAL_OVERHEAD + content.n, &p)); // grows once
    TRY(buf_append(sealed, magic));
    TRY(append_bytes(sealed, key_name->subject));
    TRY(append_bytes(sealed, key_name->id));
    purpose_of(name, purpose);
    return seal(key, purpose, content, sealed);
}

enum aiu_status capture_record_head(struct span sealed, struct capture_key_name *ret)
{
    if (sealed.n < CAPTURE_HEAD || !span_starts_with(sealed, magic)) {
        return AIU_FILE_INVALID;
    }
    num_write_hex(span_of(sealed.p + magic.n, CAPTURE_SUBJECT_SIZE / 2), ret->subject);
    num_write_hex(span_of(sealed.p + magic.n + CAPTURE_SUBJECT_SIZE / 2, CAPTURE_KEY_SIZE / 2),
                  ret->id);
    return AIU_OK;
}

enum aiu_status capture_record_open(const struct capture_store *s, const struct secret *master,
                                    const char *name, struct span sealed, struct buf *content)
{
    CLEANUP(secret_done) struct secret *key = NULL;
    struct capture_key_name key_name;
    char purpose[PURPOSE_MOST];

    TRY(capture_record_head(sealed, &key_name));
    TRY(capture_key_read(s, master, &key_name, &key));
    purpose_of(name, purpose);
    return seal_open(key, purpose, span_drop_first(sealed, CAPTURE_HEAD), content);
}

// --- files ------------------------------------------------------------------------------------

// The folder of a record's month.
static enum aiu_status open_month(const struct capture_store *s, const char *name, bool create,
                                  int *ret_fd)
{
    char month[CAPTURE_MONTH_SIZE + 1];

    capture_month(span_of(name, UUID_SIZE), month);
    if (create && mkdirat(s->top, month, 0700) == 0 && fsync(s->top) != 0) {
        return AIU_IO;
    }
    return folder_open_file(s->top, month, O_RDONLY | O_DIRECTORY, ret_fd);
}

static void temporary_of(const char *name, char out[TEMPORARY_MOST])
{
    (void)snprintf(out, TEMPORARY_MOST, "%s.new", name);
}

enum aiu_status capture_record_write(const struct capture_store *s, const char *name,
                                     struct span sealed, bool sync)
{
    CLEANUP(folder_close_fd) int month = -1;
    CLEANUP(folder_close_fd) int fd = -1;
    char temporary[TEMPORARY_MOST];

    TRY(open_month(s, name, true, &month));
    temporary_of(name, temporary);
    TRY(folder_open_file(month, temporary, O_WRONLY | O_CREAT | O_EXCL, &fd));
    enum aiu_status st = io_write_all(fd, sealed) ? AIU_OK : folder_errno(errno);
    if (st == AIU_OK && sync && fdatasync(fd) != 0) {
        st = AIU_IO;
    }
    if (st != AIU_OK) {
        (void)unlinkat(month, temporary, 0);
    }
    return st;
}

enum aiu_status capture_record_publish(const struct capture_store *s, const char *name)
{
    CLEANUP(folder_close_fd) int month = -1;
    char temporary[TEMPORARY_MOST];

    TRY(open_month(s, name, false, &month));
    temporary_of(name, temporary);
    return renameat(month, temporary, month, name) == 0 ? AIU_OK : folder_errno(errno);
}

enum aiu_status capture_record_sync(const struct capture_store *s, const char *name)
{
    CLEANUP(folder_close_fd) int month = -1;

    TRY(open_month(s, name, false, &month));
    return fsync(month) == 0 ? AIU_OK : AIU_IO;
}

enum aiu_status capture_record_read(const struct capture_store *s, const char *name,
                                    struct buf *sealed)
{
    CLEANUP(folder_close_fd) int month = -1;
    CLEANUP(folder_close_fd) int fd = -1;
    uint8_t *p = NULL;
    ssize_t n = 1;

    TRY(open_month(s, name, false, &month));
    TRY(folder_open_file(month, name, O_RDONLY, &fd));
    TRY(folder_check_file(fd));
    while (n > 0) {
        TRY(buf_reserve(sealed, 65536, &p));
        n = read(fd, p, 65536);
        if (n < 0) {
            return folder_errno(errno);
        }
        buf_grow(sealed, (size_t)n);
    }
    return AIU_OK;
}

// --- all records ------------------------------------------------------------------------------

struct walk {
    const struct capture_store *store;
    const char *subject; // to count
    const char *upto;    // to remove
    uint64_t count;
    int month;
};

static bool is_readable_of(const struct walk *w, const char *file)
{
    CLEANUP(folder_close_fd) int fd = -1;
    uint8_t head[CAPTURE_HEAD];
    struct capture_key_name key;
    char path[128];

    if (folder_open_file(w->month, file, O_RDONLY, &fd) != AIU_OK ||
        pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
        capture_record_head(span_of(head, sizeof(head)), &key) != AIU_OK ||
        strcmp(key.subject, w->subject) != 0) {
        return false;
    }
    (void)snprintf(path, sizeof(path), "%s/%s.key", key.subject, key.id);
    return faccessat(w->store->keys, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum aiu_status count_record(void *ctx, const char *name)
{
    struct walk *w = ctx;

    w->count += is_readable_of(w, name) ? 1 : 0;
    return AIU_OK;
}

static enum aiu_status remove_record(void *ctx, const char *name)
{
    const struct walk *w = ctx;

    return unlinkat(w->month, name, 0) == 0 || errno == ENOENT ? AIU_OK : folder_errno(errno);
}

static bool is_month(const char *name)
{
    return strlen(name) == CAPTURE_MONTH_SIZE && name[4] == '-' &&
           strspn(name, "0123456789-") == CAPTURE_MONTH_SIZE;
}

static enum aiu_status walk_month(void *ctx, const char *name)
{
    struct walk *w = ctx;
    CLEANUP(folder_close_fd) int month = -1;

    if (!is_month(name) || (w->upto != NULL && strcmp(name, w->upto) > 0)) {
        return AIU_OK;
    }
    TRY(folder_open_file(w->store->top, name, O_RDONLY | O_DIRECTORY, &month));
    w->month = month;
    TRY(folder_each(month, w->upto != NULL ? remove_record : count_record, w));
    if (w->upto != NULL && unlinkat(w->store->top, name, AT_REMOVEDIR) != 0) {
        return folder_errno(errno);
    }
    return AIU_OK;
}

enum aiu_status capture_record_count(const struct capture_store *s, const char *subject,
                                     uint64_t *ret_count)
{
    struct walk w = {.store = s, .subject = subject};

    TRY(folder_each(s->top, walk_month, &w));
    *ret_count = w.count;
    return AIU_OK;
}

enum aiu_status capture_months_remove(const struct capture_store *s, const char *upto)
{
    struct walk w = {.store = s, .upto = upto};

    TRY(is_month(upto) ? AIU_OK : AIU_USAGE);
    TRY(folder_each(s->top, walk_month, &w));
    return fsync(s->top) == 0 ? AIU_OK : AIU_IO;
}
