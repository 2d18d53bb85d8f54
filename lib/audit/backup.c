// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One walk (audit/copy.h) serves all three: making, checking and restoring.
#include "audit/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/copy.h"
#include "audit/folder.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/num.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "secret/hash.h"
#include "secret/io.h"

enum {
    NAMES_MOST = 100000, // of the same second
    MANIFEST_MOST = 256 << 20
};

static const char manifest_name[] = "MANIFEST.json";

// --- the manifest -----------------------------------------------------------------------------

struct hashing {
    int dir;
    uint8_t *chunk;
    struct json_writer w; // writing a manifest
    // or checking one:
    const struct json_doc *doc;
    uint32_t item; // of its list: what must come next
    uint32_t list;
    struct buf *why;
    uint64_t files, bytes;
};

static enum aiu_status hash_file(struct hashing *h, const char *path, uint64_t *ret_size,
                                 struct buf *hex)
{
    uint8_t digest[SHA256_SIZE];
    struct sha256 sha;
    size_t n = 0;
    int fd = -1;
    enum aiu_status st = AIU_OK;

    TRY(copy_open_file(h->dir, path, O_RDONLY, &fd));
    sha256_init(&sha);
    *ret_size = 0;
    do {
        st = copy_read(fd, h->chunk, &n);
        if (st == AIU_OK) {
            sha256_update(&sha, span_of(h->chunk, n));
            *ret_size += n;
        }
    } while (st == AIU_OK && n == COPY_CHUNK);
    folder_close_fd(&fd);
    sha256_final(&sha, digest);
    TRY(st);
    h->files++;
    h->bytes += *ret_size;
    return num_append_hex(hex, span_of(digest, sizeof(digest)));
}

static enum aiu_status write_file_line(void *ctx, const char *path)
{
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(128);
    struct hashing *h = ctx;
    uint64_t size = 0;

    TRY(hash_file(h, path, &size, &hex));
    json_write_object(&h->w);
    json_write_member_string(&h->w, "name", span_str(path));
    json_write_member_u64(&h->w, "size", size);
    json_write_member_string(&h->w, "sha256", buf_span(&hex));
    json_write_object_end(&h->w);
    return AIU_OK;
}

static enum aiu_status write_manifest_text(struct hashing *h, const struct backup_options *o,
                                           const struct fsck_report *f, struct buf *text)
{
    CLEANUP(buf_wipe) struct buf root = BUF_OF(64);
    struct copy_walk w = {.dir = h->dir, .on_file = write_file_line, .ctx = h};
    char stamp[CLOCK_STAMP_SIZE];

    clock_stamp(o->now_unix_s * 1000000, stamp);
    TRY(num_append_base64(&root, span_of(f->root.bytes, TREE_HASH_SIZE)));
    json_writer_init(&h->w, text);
    json_write_object(&h->w);
    json_write_member_u64(&h->w, "v", 1);
    json_write_member_string(&h->w, "host", span_str(o->host));
    json_write_member_string(&h->w, "created", span_of(stamp, sizeof(stamp)));
    json_write_member_u64(&h->w, "entries", f->entries);
    json_write_member_string(&h->w, "root", buf_span(&root));
    json_write_key(&h->w, "files");
    json_write_array(&h->w);
    TRY(copy_walk_all(&w));
    json_write_array_end(&h->w);
    json_write_object_end(&h->w);
    return json_writer_finish(&h->w);
}

static enum aiu_status write_manifest(struct hashing *h, const struct backup_options *o,
                                      const struct fsck_report *f)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(MANIFEST_MOST);
    int fd = -1;

    TRY(write_manifest_text(h, o, f, &text));
    TRY(buf_append(&text, SPAN_OF("\n")));
    TRY(copy_open_file(h->dir, manifest_name, O_WRONLY | O_CREAT | O_EXCL, &fd));
    bool fine = io_write_all(fd, buf_span(&text)) && fsync(fd) == 0;
    folder_close_fd(&fd);
    return fine && fsync(h->dir) == 0 ? AIU_OK : AIU_IO;
}

// --- making -----------------------------------------------------------------------------------

static void plain_name(const char *host, char out[64])
{
    size_t n = 0;

    for (; n < 63 && host[n] != '\0'; n++) {
        char c = host[n];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '.' || c == '-';
        out[n] = (char)(plain ? c : '-');
    }
    out[n] = '\0';
}

// A name that nothing has, even in the same second.
static enum aiu_status make_folder(const struct backup_options *o, char ret_path[COPY_PATH_MOST])
{
    char host[64], stamp[CLOCK_STAMP_SIZE];
    int n = 0;

    plain_name(o->host, host);
    clock_stamp(o->now_unix_s * 1000000, stamp);
    for (int i = 1; i < NAMES_MOST; i++) {
        n = snprintf(ret_path, COPY_PATH_MOST, "%s/aiu-audit-%s%s%s-%.4s%.2s%.2sT%.2s%.2s%.2sZ",
                     o->to, host, o->month == NULL ? "" : "-", o->month == NULL ? "" : o->month,
                     stamp, stamp + 5, stamp + 8, stamp + 11, stamp + 14, stamp + 17);
        if (n >= COPY_PATH_MOST - 16) {
            return AIU_TOO_LONG;
        }
        if (i > 1) {
            (void)snprintf(ret_path + n, (size_t)(COPY_PATH_MOST - n), "-%d", i);
        }
        if (mkdir(ret_path, 0700) == 0) {
            return AIU_OK;
        }
        if (errno != EEXIST) {
            return errno == ENOENT ? AIU_FILE_NOT_FOUND : folder_errno(errno);
        }
    }
    return AIU_BUSY;
}

static enum aiu_status check_log(const char *folder, struct fsck_report *ret_report)
{
    TRY(fsck_run(folder, ret_report));
    return ret_report->fault == FSCK_NONE ? AIU_OK : AIU_AUDIT_CORRUPT;
}

static void fill_result(struct backup_result *r, const struct hashing *h,
                        const struct fsck_report *f)
{
    r->entries = f->entries;
    r->root = f->root;
    r->files = h->files;
    r->bytes = h->bytes;
}

enum aiu_status backup_make(const struct backup_options *o, struct backup_result *ret_result)
{
    CLEANUP(folder_close_fd) int dir = -1;
    struct hashing h = {.dir = -1};
    struct fsck_report report;

    *ret_result = (struct backup_result){.path = ""};
    TRY(make_folder(o, ret_result->path));
    TRY(copy_log(o->log, ret_result->path));
    TRY(check_log(ret_result->path, &report));
    TRY(copy_open_dir(ret_result->path, &dir));
    h.dir = dir;
    h.chunk = mem_new(COPY_CHUNK, 1);
    enum aiu_status st = h.chunk == NULL ? AIU_NO_MEMORY : write_manifest(&h, o, &report);
    mem_free(h.chunk);
    TRY(st);
    fill_result(ret_result, &h, &report);
    return AIU_OK;
}

// --- checking ---------------------------------------------------------------------------------

__attribute__((format(printf, 2, 3))) static enum aiu_status wrong(struct buf *why,
                                                                   const char *format, ...)
{
    char text[COPY_PATH_MOST + 128];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buf_reset(why);
    IGNORE(buf_append(why, span_str(text)));
    return AIU_NOT_FOUND;
}

static enum aiu_status check_file(void *ctx, const char *path)
{
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(128);
    struct hashing *h = ctx;
    uint64_t size = 0, wanted = 0;

    if (h->item == JSON_NONE ||
        !json_equal(h->doc, json_member(h->doc, h->item, SPAN_OF("name")), span_str(path))) {
        return wrong(h->why, "%s is not in the manifest, or a file before it is missing", path);
    }
    TRY(hash_file(h, path, &size, &hex));
    if (json_u64(h->doc, json_member(h->doc, h->item, SPAN_OF("size")), &wanted) != AIU_OK ||
        wanted != size ||
        !json_equal(h->doc, json_member(h->doc, h->item, SPAN_OF("sha256")), buf_span(&hex))) {
        return wrong(h->why, "%s is not what was backed up", path);
    }
    h->item = json_next(h->doc, h->list, h->item);
    return AIU_OK;
}

static enum aiu_status read_manifest(int dir, struct buf *text)
{
    uint8_t *p = NULL;
    ssize_t n = 1;
    int fd = -1;

    TRY(copy_open_file(dir, manifest_name, O_RDONLY, &fd));
    enum aiu_status st = AIU_OK;
    while (st == AIU_OK && n > 0) {
        st = buf_reserve(text, 65536, &p);
        n = st == AIU_OK ? read(fd, p, 65536) : 0;
        if (n > 0) {
            buf_grow(text, (size_t)n);
        }
    }
    folder_close_fd(&fd);
    return n < 0 ? AIU_IO : st;
}

static enum aiu_status check_root(const struct hashing *h, const struct fsck_report *f)
{
    CLEANUP(buf_wipe) struct buf root = BUF_OF(64);
    uint64_t entries = 0;

    TRY(num_append_base64(&root, span_of(f->root.bytes, TREE_HASH_SIZE)));
    if (json_u64(h->doc, json_member(h->doc, 0, SPAN_OF("entries")), &entries) != AIU_OK ||
        entries != f->entries ||
        !json_equal(h->doc, json_member(h->doc, 0, SPAN_OF("root")), buf_span(&root))) {
        return wrong(h->why, "the entries are not those of the manifest");
    }
    return AIU_OK;
}

static enum aiu_status check_with(struct hashing *h, const char *backup,
                                  struct backup_result *ret_result)
{
    struct copy_walk w = {.dir = h->dir, .on_file = check_file, .ctx = h};
    struct fsck_report report;

    h->list = json_member(h->doc, 0, SPAN_OF("files"));
    if (!json_is(h->doc, h->list, JSON_ARRAY)) {
        return wrong(h->why, "%s is not a manifest", manifest_name);
    }
    h->item = json_first(h->doc, h->list);
    TRY(copy_walk_all(&w));
    if (h->item != JSON_NONE) {
        return wrong(h->why, "a file of the manifest is missing at the end");
    }
    if (check_log(backup, &report) != AIU_OK) {
        return wrong(h->why, "the log in it is damaged: %s", fsck_text(report.fault));
    }
    TRY(check_root(h, &report));
    fill_result(ret_result, h, &report);
    return AIU_OK;
}

enum aiu_status backup_check(const char *backup, struct backup_result *ret_result, struct buf *why)
{
    static const struct json_limits limits = {
        .depth = 8, .values = 1 << 24, .string = 1 << 16, .number = 64};
    CLEANUP(folder_close_fd) int dir = -1;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(MANIFEST_MOST);
    CLEANUP(arena_done) struct arena a;
    struct json_doc doc;

    *ret_result = (struct backup_result){.path = ""};
    (void)snprintf(ret_result->path, sizeof(ret_result->path), "%s", backup);
    arena_init(&a, (size_t)1 << 30);
    TRY(copy_open_dir(backup, &dir));
    enum aiu_status st = read_manifest(dir, &text);
    if (st == AIU_FILE_NOT_FOUND) {
        return wrong(why, "there is no %s: not a backup, or one that was not finished",
                     manifest_name);
    }
    TRY(st);
    if (json_parse(buf_span(&text), &a, &limits, &doc, NULL) != AIU_OK) {
        return wrong(why, "%s is not JSON", manifest_name);
    }
    struct hashing h = {.dir = dir, .chunk = mem_new(COPY_CHUNK, 1), .doc = &doc, .why = why};
    st = h.chunk == NULL ? AIU_NO_MEMORY : check_with(&h, backup, ret_result);
    mem_free(h.chunk);
    return st;
}

// --- restoring --------------------------------------------------------------------------------

static enum aiu_status check_empty(const char *path)
{
    CLEANUP(folder_close_fd) int dir = -1;
    bool empty = false;

    if (mkdir(path, 0700) == 0) {
        return AIU_OK;
    }
    if (errno != EEXIST) {
        return errno == ENOENT ? AIU_FILE_NOT_FOUND : folder_errno(errno);
    }
    TRY(copy_open_dir(path, &dir));
    TRY(copy_is_empty(dir, &empty));
    return empty ? AIU_OK : AIU_BUSY;
}

enum aiu_status backup_restore(const char *backup, const char *to, struct backup_result *ret_result,
                               struct buf *why)
{
    struct fsck_report report;

    TRY(backup_check(backup, ret_result, why));
    TRY(check_empty(to));
    TRY(copy_log(backup, to));
    TRY(check_log(to, &report));
    if (report.entries != ret_result->entries ||
        memcmp(&report.root, &ret_result->root, sizeof(report.root)) != 0) {
        return wrong(why, "the copy is not what was copied");
    }
    (void)snprintf(ret_result->path, sizeof(ret_result->path), "%s", to);
    return AIU_OK;
}
