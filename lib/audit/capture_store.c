// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Keys are written whole and durable before the records under them, and destroyed by overwriting:
// that reaches the medium where the file system writes in place; docs/audit.md says where it does
// not.
#include "audit/capture_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/folder.h"
#include "base/num.h"
#include "secret/io.h"
#include "secret/mac.h"
#include "secret/random.h"
#include "secret/seal.h"

enum { KEY_BYTES = 32, FILE_MOST = 4096, PURPOSE_MOST = 96, PATH_MOST = 64 };

#define KEY_ORIGIN SPAN_OF("file:capture-key")

// --- the folder -------------------------------------------------------------------------------

// A folder of ours that nobody else can enter.
static enum aiu_status open_folder(int dir, const char *path, bool create, int *ret_fd)
{
    CLEANUP(folder_close_fd) int fd = -1;
    struct stat s;

    if (create && mkdirat(dir, path, 0700) != 0 && errno != EEXIST) {
        return folder_errno(errno);
    }
    TRY(folder_open_file(dir, path, O_RDONLY | O_DIRECTORY, &fd));
    if (fstat(fd, &s) != 0) {
        return folder_errno(errno);
    }
    if (s.st_uid != geteuid() || (s.st_mode & 077) != 0) {
        return AIU_AUDIT_EXPOSED;
    }
    *ret_fd = fd;
    fd = -1;
    return AIU_OK;
}

enum aiu_status capture_store_open(const char *path, bool create, struct capture_store *ret_store)
{
    CLEANUP(capture_store_done) struct capture_store s = CAPTURE_STORE_CLOSED;

    TRY(open_folder(AT_FDCWD, path, create, &s.top));
    TRY(open_folder(s.top, "keys", create, &s.keys));
    TRY(open_folder(s.top, "pending", create, &s.pending));
    if (create && syncfs(s.top) != 0) { // its own name, too
        return AIU_IO;
    }
    *ret_store = s;
    s = (struct capture_store)CAPTURE_STORE_CLOSED;
    return AIU_OK;
}

void capture_store_done(struct capture_store *s)
{
    folder_close_fd(&s->pending);
    folder_close_fd(&s->keys);
    folder_close_fd(&s->top);
}

static enum aiu_status read_small(int dir, const char *name, struct buf *b)
{
    CLEANUP(folder_close_fd) int fd = -1;
    uint8_t *p = NULL;

    TRY(folder_open_file(dir, name, O_RDONLY, &fd));
    TRY(folder_check_file(fd));
    TRY(buf_reserve(b, FILE_MOST, &p));
    ssize_t n = read(fd, p, FILE_MOST);
    if (n < 0) {
        return folder_errno(errno);
    }
    buf_grow(b, (size_t)n);
    return AIU_OK;
}

// --- subjects ---------------------------------------------------------------------------------

enum aiu_status capture_subject_mac(const struct secret *master, struct mac **ret_mac)
{
    CLEANUP(secret_done) struct secret *key = NULL;

    TRY(hkdf_sha256(master, SPAN_OF(""), SPAN_OF("aiu/capture-subject/v1"), MAC_SIZE, &key));
    return mac_new(key, ret_mac);
}

enum aiu_status capture_subject(struct mac *mac, struct span tenant, const char *kind,
                                struct span name, char ret[CAPTURE_SUBJECT_SIZE + 1])
{
    uint8_t out[MAC_SIZE], length[8];

    for (size_t i = 0; i < sizeof(length); i++) {
        length[i] = (uint8_t)((uint64_t)tenant.n >> (56 - 8 * i));
    }
    mac_start(mac);
    mac_update(mac, span_of(length, sizeof(length)));
    mac_update(mac, tenant);
    mac_update(mac, span_of(kind, strlen(kind) + 1));
    mac_update(mac, name);
    TRY(mac_final(mac, out));
    num_write_hex(span_of(out, CAPTURE_SUBJECT_SIZE / 2), ret);
    return AIU_OK;
}

static bool is_hex(const char *text, size_t n)
{
    return strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

bool capture_is_subject(const char *text)
{
    return is_hex(text, CAPTURE_SUBJECT_SIZE);
}

// --- keys -------------------------------------------------------------------------------------

static void purpose_of(const struct capture_key_name *name, char out[PURPOSE_MOST])
{
    (void)snprintf(out, PURPOSE_MOST, "capture/key/%s/%s", name->subject, name->id);
}

enum aiu_status capture_key_new(const struct secret *master, struct capture_key_name *name,
                                struct buf *sealed, struct secret **ret_key)
{
    CLEANUP(secret_done) struct secret *key = NULL;
    CLEANUP(buf_wipe) struct buf bytes = BUF_OF(KEY_BYTES);
    char purpose[PURPOSE_MOST];
    uint8_t id[CAPTURE_KEY_SIZE / 2];

    random_fill(id, sizeof(id));
    num_write_hex(span_of(id, sizeof(id)), name->id);
    TRY(secret_new_random(KEY_BYTES, &key));
    TRY(secret_bind_origin(key, KEY_ORIGIN));
    TRY(secret_append_for(key, KEY_ORIGIN, &bytes));
    purpose_of(name, purpose);
    TRY(seal(master, purpose, buf_span(&bytes), sealed));
    *ret_key = TAKE_PTR(key);
    return AIU_OK;
}

static void key_file(const struct capture_key_name *name, char out[PATH_MOST])
{
    (void)snprintf(out, PATH_MOST, "%s.key", name->id);
}

// Under its own name at once: one that a crash cut opens nothing, and neither is anything under it.
enum aiu_status capture_key_write(const struct capture_store *s,
                                  const struct capture_key_name *name, struct span sealed,
                                  bool sync)
{
    CLEANUP(folder_close_fd) int folder = -1;
    CLEANUP(folder_close_fd) int fd = -1;
    char file[PATH_MOST];

    TRY(open_folder(s->keys, name->subject, true, &folder));
    key_file(name, file);
    TRY(folder_open_file(folder, file, O_WRONLY | O_CREAT | O_EXCL, &fd));
    if (!io_write_all(fd, sealed)) {
        return AIU_IO;
    }
    if (sync && (fsync(fd) != 0 || fsync(folder) != 0 || fsync(s->keys) != 0)) {
        return AIU_IO;
    }
    return AIU_OK;
}

enum aiu_status capture_key_read(const struct capture_store *s, const struct secret *master,
                                 const struct capture_key_name *name, struct secret **ret_key)
{
    CLEANUP(folder_close_fd) int fd = -1;
    CLEANUP(buf_wipe) struct buf sealed = BUF_OF(FILE_MOST);
    CLEANUP(buf_wipe) struct buf bytes = BUF_OF(FILE_MOST);
    char file[PATH_MOST], purpose[PURPOSE_MOST];

    TRY(open_folder(s->keys, name->subject, false, &fd));
    key_file(name, file);
    TRY(read_small(fd, file, &sealed));
    purpose_of(name, purpose);
    TRY(seal_open(master, purpose, buf_span(&sealed), &bytes));
    return bytes.n == KEY_BYTES ? secret_new_from_bytes(bytes.p, bytes.n, ret_key)
                                : AIU_FILE_INVALID;
}

static bool is_key_file(const char *name)
{
    return strstr(name, ".key") != NULL;
}

static enum aiu_status count_key(void *ctx, const char *name)
{
    *(uint64_t *)ctx += is_key_file(name) ? 1 : 0;
    return AIU_OK;
}

uint64_t capture_key_count(const struct capture_store *s, const char *subject)
{
    CLEANUP(folder_close_fd) int fd = -1;
    uint64_t count = 0;

    return open_folder(s->keys, subject, false, &fd) == AIU_OK &&
                   folder_each(fd, count_key, &count) == AIU_OK
               ? count
               : 0;
}

// Overwritten where it lies, before its name goes. One that went meanwhile was destroyed by whoever
// else was asked to.
static enum aiu_status destroy(void *ctx, const char *name)
{
    CLEANUP(folder_close_fd) int fd = -1;
    const int *folder = ctx;
    uint8_t noise[FILE_MOST];
    struct stat s;

    if (!is_key_file(name)) {
        return AIU_OK;
    }
    enum aiu_status st = folder_open_file(*folder, name, O_WRONLY, &fd);
    if (st != AIU_OK) {
        return st == AIU_FILE_NOT_FOUND ? AIU_OK : st;
    }
    if (fstat(fd, &s) != 0 || s.st_size > FILE_MOST) {
        return AIU_FILE_INVALID;
    }
    random_fill(noise, sizeof(noise));
    if (pwrite(fd, noise, (size_t)s.st_size, 0) != s.st_size || fsync(fd) != 0) {
        return AIU_IO;
    }
    return unlinkat(*folder, name, 0) == 0 || errno == ENOENT ? AIU_OK : folder_errno(errno);
}

enum aiu_status capture_keys_erase(const struct capture_store *s, const char *subject)
{
    CLEANUP(folder_close_fd) int fd = -1;
    enum aiu_status st = open_folder(s->keys, subject, false, &fd);

    if (st == AIU_FILE_NOT_FOUND) {
        return AIU_OK;
    }
    TRY(st);
    TRY(folder_each(fd, destroy, &fd));
    return fsync(fd) == 0 ? AIU_OK : AIU_IO;
}

// --- erasures ---------------------------------------------------------------------------------

enum aiu_status capture_erased_write(const struct capture_store *s, const char *subject,
                                     uint64_t unix_us)
{
    CLEANUP(folder_close_fd) int fd = -1;
    char stamp[CLOCK_STAMP_SIZE];

    TRY(open_folder(s->keys, subject, true, &fd));
    clock_stamp(unix_us, stamp);
    return folder_replace(fd, "erased", span_of(stamp, sizeof(stamp)));
}

enum aiu_status capture_erased_read(const struct capture_store *s, const char *subject,
                                    struct buf *b)
{
    CLEANUP(folder_close_fd) int fd = -1;

    TRY(open_folder(s->keys, subject, false, &fd));
    return read_small(fd, "erased", b);
}

enum aiu_status capture_pending_write(const struct capture_store *s, const char *subject,
                                      uint64_t records, struct span actor)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(FILE_MOST);

    TRY(buf_append_u64(&b, records));
    TRY(buf_append_byte(&b, ' '));
    TRY(buf_append(&b, actor));
    return folder_replace(s->pending, subject, buf_span(&b));
}

// Whatever else stands there is an erasure as well, by nobody that is known.
enum aiu_status capture_pending_read(const struct capture_store *s, const char *subject,
                                     struct buf *b, uint64_t *ret_records, struct span *ret_actor)
{
    struct span number;

    TRY(read_small(s->pending, subject, b));
    *ret_records = 0;
    if (span_cut(buf_span(b), ' ', &number, ret_actor)) {
        IGNORE(num_parse_u64(number, UINT64_MAX, ret_records));
    }
    return AIU_OK;
}

bool capture_is_pending(const struct capture_store *s, const char *subject)
{
    return faccessat(s->pending, subject, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum aiu_status capture_pending_remove(const struct capture_store *s, const char *subject)
{
    return unlinkat(s->pending, subject, 0) == 0 ? AIU_OK : folder_errno(errno);
}

struct listing {
    enum aiu_status (*each)(void *ctx, const char *subject);
    void *ctx;
};

static enum aiu_status list_one(void *ctx, const char *name)
{
    const struct listing *l = ctx;

    return capture_is_subject(name) ? l->each(l->ctx, name) : AIU_OK;
}

enum aiu_status capture_pending_each(const struct capture_store *s,
                                     enum aiu_status (*each)(void *ctx, const char *subject),
                                     void *ctx)
{
    struct listing l = {each, ctx};

    return folder_each(s->pending, list_one, &l);
}
