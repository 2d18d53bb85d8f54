// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/control_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "aiu/audit.h"
#include "base/num.h"
#include "secret/io.h"

enum { FILE_MOST = 256 * 1024, ARENA_MOST = 4 << 20 };

static enum aiu_status read_text(int folder, struct buf *b)
{
    uint8_t *p = NULL;
    ssize_t n = 1;
    int fd = openat(folder, "control.json", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0) {
        return errno == ENOENT ? AIU_OK : AIU_FILE_DENIED;
    }
    while (n > 0) {
        enum aiu_status st = buf_reserve(b, 4096, &p);
        n = st == AIU_OK ? read(fd, p, 4096) : -1;
        if (n > 0) {
            buf_grow(b, (size_t)n);
        }
    }
    (void)close(fd);
    return n < 0 ? AIU_IO : AIU_OK;
}

enum aiu_status control_file_read(int folder, struct control_file *ret_file)
{
    *ret_file = (struct control_file){.text = BUF_OF(FILE_MOST)};
    arena_init(&ret_file->arena, ARENA_MOST);
    TRY(read_text(folder, &ret_file->text));
    if (ret_file->text.n == 0) {
        return AIU_OK;
    }
    enum aiu_status st = json_parse(buf_span(&ret_file->text), &ret_file->arena,
                                    &json_default_limits, &ret_file->doc, NULL);
    if (st != AIU_OK) {
        ret_file->doc.count = 0;
        return st == AIU_NO_MEMORY ? st : AIU_JSON_INVALID;
    }
    return AIU_OK;
}

void control_file_done(struct control_file *f)
{
    buf_wipe(&f->text);
    arena_done(&f->arena);
}

static uint32_t list_of(const struct control_file *f, enum control_list list)
{
    uint32_t array =
        f->doc.count == 0 ? JSON_NONE : json_member(&f->doc, 0, span_str(control_list_text(list)));

    return json_is(&f->doc, array, JSON_ARRAY) ? array : JSON_NONE;
}

uint32_t control_file_first(const struct control_file *f, enum control_list list)
{
    uint32_t array = list_of(f, list);

    return array == JSON_NONE ? JSON_NONE : json_first(&f->doc, array);
}

uint32_t control_file_next(const struct control_file *f, enum control_list list, uint32_t item)
{
    return json_next(&f->doc, list_of(f, list), item);
}

// --- writing ----------------------------------------------------------------------------------

static const char *name_key(enum control_list list)
{
    switch (list) {
    case CONTROL_MAINTENANCE:
        return "scope";
    case CONTROL_PROVIDER_KEYS:
        return "provider";
    case CONTROL_REVOKED:
    case CONTROL_RETIRED:
    case CONTROL_LISTS:
        break;
    }
    return "key";
}

enum aiu_status control_file_actor(struct buf *b)
{
    const struct passwd *user = getpwuid(getuid()); // NOLINT(concurrency-mt-unsafe): one thread
    const char *sudo = getenv("SUDO_USER");         // NOLINT(concurrency-mt-unsafe): one thread

    TRY(user == NULL ? buf_printf(b, "uid %u", (unsigned)getuid())
                     : buf_printf(b, "%.64s", user->pw_name));
    return sudo == NULL ? AIU_OK : buf_printf(b, " (sudo by %.64s)", sudo);
}

static void write_actor(struct json_writer *w)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(256);

    IGNORE(control_file_actor(&b));
    json_write_member_string(w, "actor", buf_span(&b));
}

static void write_entry(struct json_writer *w, const struct control_entry *e, uint64_t now)
{
    json_write_object(w);
    json_write_member_string(w, name_key(e->list), span_str(e->name));
    if (e->list == CONTROL_RETIRED) {
        json_write_member_string(w, "hash", e->hash);
    }
    json_write_member_string(w, "in_flight", span_str(e->cut ? "cut" : "finish"));
    json_write_member_string(w, "reason", span_str(e->reason == NULL ? "" : e->reason));
    write_actor(w);
    json_write_member_u64(w, "since", now);
    json_write_member_u64(w, "expires", e->expires_unix_s);
    json_write_object_end(w);
}

static bool is_kept(const struct control_file *f, uint32_t item, enum control_list list,
                    const struct control_entry *e, uint64_t now)
{
    uint64_t expires = 0;

    IGNORE(json_u64(&f->doc, json_member(&f->doc, item, SPAN_OF("expires")), &expires));
    if (expires != 0 && expires <= now) {
        return false;
    }
    if (list != e->list) {
        return true;
    }
    // An id may have several former keys; the same one stands there once.
    if (list == CONTROL_RETIRED && e->hash.n > 0) {
        return !json_equal(&f->doc, json_member(&f->doc, item, SPAN_OF("hash")), e->hash);
    }
    return !json_equal(&f->doc, json_member(&f->doc, item, span_str(name_key(list))),
                       span_str(e->name));
}

static enum aiu_status write_all(const struct control_file *f, const struct control_entry *e,
                                 bool on, struct buf *out)
{
    uint64_t now = (uint64_t)time(NULL);
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w);
    for (size_t i = 0; i < CONTROL_LISTS; i++) {
        enum control_list list = (enum control_list)i;
        json_write_key(&w, control_list_text(list));
        json_write_array(&w);
        for (uint32_t item = control_file_first(f, list); item != JSON_NONE;
             item = control_file_next(f, list, item)) {
            if (is_kept(f, item, list, e, now)) {
                json_write_raw(&w, json_raw(&f->doc, item));
            }
        }
        if (on && list == e->list) {
            write_entry(&w, e, now);
        }
        json_write_array_end(&w);
    }
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return buf_append(out, SPAN_OF("\n"));
}

static enum aiu_status replace_file(int folder, struct span text)
{
    int fd = openat(folder, "control.json.new",
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        return AIU_FILE_DENIED;
    }
    bool fine = io_write_all(fd, text) && fsync(fd) == 0;
    (void)close(fd);
    fine = fine && renameat(folder, "control.json.new", folder, "control.json") == 0 &&
           fsync(folder) == 0;
    return fine ? AIU_OK : AIU_IO;
}

static void ignore_change(void *ctx, const struct control_change *c)
{
    (void)ctx;
    (void)c;
}

// Whether gateways understand it; they read it with the same words.
static enum aiu_status check_text(struct span text)
{
    struct control *c = NULL;

    TRY(control_new(&c));
    enum aiu_status st = control_load(c, text, ignore_change, NULL);
    control_free(c);
    return st == AIU_OK || st == AIU_NO_MEMORY ? st : AIU_JSON_INVALID;
}

static void say_unreadable(void)
{
    (void)fputs("control.json in the state folder cannot be understood: everything is stopped, and "
                "nothing is changed. Repair it; or delete it, which takes back every switch and "
                "every revoked key in it\n",
                stderr);
}

static enum aiu_status change(int folder, const struct control_entry *entry, bool on)
{
    CLEANUP(control_file_done) struct control_file f;
    CLEANUP(buf_wipe) struct buf after = BUF_OF(FILE_MOST);
    enum aiu_status st = control_file_read(folder, &f);

    st = st == AIU_OK ? check_text(buf_span(&f.text)) : st;
    if (st != AIU_OK) {
        if (st == AIU_JSON_INVALID) {
            say_unreadable();
        }
        return st == AIU_JSON_INVALID ? AIU_FILE_INVALID : st;
    }
    TRY(write_all(&f, entry, on, &after));
    // What gateways would not understand would stop everything: a name that is too long, one entry
    // too many.
    if (check_text(buf_span(&after)) != AIU_OK) {
        return AIU_TOO_LONG;
    }
    return replace_file(folder, buf_span(&after));
}

enum aiu_status control_file_change(int folder, const struct control_entry *entry, bool on)
{
    if (flock(folder, LOCK_EX) != 0) {
        return AIU_IO;
    }
    enum aiu_status st = change(folder, entry, on);
    (void)flock(folder, LOCK_UN);
    return st;
}

// --- for people -------------------------------------------------------------------------------

void control_file_print(const struct control_file *f, uint32_t token)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(FILE_MOST);

    if (json_is(&f->doc, token, JSON_STRING) && json_unescape(&f->doc, token, &b) == AIU_OK) {
        audit_print_harmless(buf_span(&b));
    }
}

enum aiu_status control_file_expiry(const char *text, uint64_t *ret_unix_s)
{
    uint64_t ms = 0;

    *ret_unix_s = 0;
    if (text == NULL) {
        return AIU_OK;
    }
    if (num_parse_duration_ms(span_str(text), &ms) != AIU_OK || ms == 0) {
        return AIU_USAGE;
    }
    *ret_unix_s = (uint64_t)time(NULL) + (ms + 999) / 1000;
    return AIU_OK;
}
