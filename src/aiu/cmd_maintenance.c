// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu maintenance`: the kill switch (guide S78). It writes STATE/control.json, which every running
// gateway of that state folder looks at five times a second and every starting one reads first; so
// it works whether or not one is running, and survives a restart.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "aiu/cmd.h"
#include "aiu/state_dir.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/num.h"
#include "codec/json.h"
#include "codec/json_write.h"

enum { FILE_MOST = 256 * 1024 };

static const char usage[] =
    "usage: aiu maintenance on [--scope SCOPE] [--reason TEXT] [--expires TIME]\n"
    "       aiu maintenance off [--scope SCOPE]\n"
    "       aiu maintenance status [--json]\n"
    "\n"
    "Stops new requests everywhere within a second; they get 503 with retry-after.\n"
    "\n"
    "  --scope SCOPE    all (default), tenant:NAME, key:ID, model:NAME or provider:NAME\n"
    "  --reason TEXT    for colleagues; shown by `status`\n"
    "  --expires TIME   30m, 2h, 1d from now; without it until switched off\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

struct request {
    const char *verb, *scope, *reason, *expires;
    struct state_dir_options where;
    bool json;
};

static bool take_option(struct request *r, int argc, char **argv, int *i)
{
    const char **into = strcmp(argv[*i], "--scope") == 0       ? &r->scope
                        : strcmp(argv[*i], "--reason") == 0    ? &r->reason
                        : strcmp(argv[*i], "--expires") == 0   ? &r->expires
                        : strcmp(argv[*i], "--state-dir") == 0 ? &r->where.state_dir
                        : strcmp(argv[*i], "--config") == 0    ? &r->where.config
                                                               : NULL;

    if (strcmp(argv[*i], "--json") == 0) {
        r->json = true;
        return true;
    }
    if (into == NULL || *i + 1 >= argc) {
        (void)fprintf(stderr, "aiu maintenance: %s %s\n", argv[*i],
                      into == NULL ? "is not known" : "needs a value");
        return false;
    }
    *into = argv[++*i];
    return true;
}

static bool is_scope(const char *scope)
{
    static const char *const kinds[] = {"tenant:", "key:", "model:", "provider:"};

    if (strcmp(scope, "all") == 0) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        size_t n = strlen(kinds[i]);
        if (strncmp(scope, kinds[i], n) == 0 && scope[n] != '\0' && strlen(scope) <= 128) {
            return true;
        }
    }
    return false;
}

static enum aiu_status read_file(int folder, struct buf *b)
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

static enum aiu_status write_file(int folder, struct span text)
{
    int fd = openat(folder, "control.json.new",
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        return AIU_FILE_DENIED;
    }
    bool fine = write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    (void)close(fd);
    fine = fine && renameat(folder, "control.json.new", folder, "control.json") == 0 &&
           fsync(folder) == 0;
    return fine ? AIU_OK : AIU_IO;
}

// Entries of the file, without those of `scope` and those that are over.
static enum aiu_status keep_entries(const struct json_doc *doc, const struct request *r,
                                    uint64_t now, struct json_writer *w)
{
    uint32_t list = json_member(doc, 0, SPAN_OF("maintenance"));

    for (uint32_t item = json_first(doc, list); item != JSON_NONE;
         item = json_next(doc, list, item)) {
        uint64_t expires = 0;
        IGNORE(json_u64(doc, json_member(doc, item, SPAN_OF("expires")), &expires));
        bool same = json_equal(doc, json_member(doc, item, SPAN_OF("scope")), span_str(r->scope));
        bool over = expires != 0 && expires <= now;
        if (!same && !over) {
            json_write_raw(w, json_raw(doc, item));
        }
    }
    return AIU_OK;
}

static enum aiu_status expiry_of(const struct request *r, uint64_t now, uint64_t *ret_expires)
{
    uint64_t ms = 0;

    *ret_expires = 0;
    if (r->expires == NULL) {
        return AIU_OK;
    }
    TRY(num_parse_duration_ms(span_str(r->expires), &ms));
    *ret_expires = now + (ms + 999) / 1000;
    return ms == 0 ? AIU_USAGE : AIU_OK;
}

static void write_entry(struct json_writer *w, const struct request *r, uint64_t now,
                        uint64_t expires)
{
    json_write_object(w);
    json_write_member_string(w, "scope", span_str(r->scope));
    json_write_member_string(w, "reason", span_str(r->reason == NULL ? "" : r->reason));
    json_write_member_u64(w, "actor_uid", getuid());
    json_write_member_u64(w, "since", now);
    json_write_member_u64(w, "expires", expires);
    json_write_object_end(w);
}

static enum aiu_status change(const struct request *r, int folder)
{
    CLEANUP(buf_wipe) struct buf before = BUF_OF(FILE_MOST);
    CLEANUP(buf_wipe) struct buf after = BUF_OF(FILE_MOST);
    CLEANUP(arena_done) struct arena a;
    uint64_t now = (uint64_t)time(NULL), expires = 0;
    struct json_doc doc = {.count = 0};
    struct json_writer w;

    arena_init(&a, 4 << 20);
    TRY(expiry_of(r, now, &expires));
    TRY(read_file(folder, &before));
    json_writer_init(&w, &after);
    json_write_object(&w);
    json_write_key(&w, "maintenance");
    json_write_array(&w);
    // A file that cannot be understood stops everything; this change replaces it.
    if (before.n > 0 &&
        json_parse(buf_span(&before), &a, &json_default_limits, &doc, NULL) == AIU_OK) {
        TRY(keep_entries(&doc, r, now, &w));
    }
    if (strcmp(r->verb, "on") == 0) {
        write_entry(&w, r, now, expires);
    }
    json_write_array_end(&w);
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return write_file(folder, buf_span(&after));
}

static void print_text(const struct json_doc *doc, uint32_t token)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(FILE_MOST);

    if (json_is(doc, token, JSON_STRING) && json_unescape(doc, token, &b) == AIU_OK) {
        for (size_t i = 0; i < b.n; i++) {
            (void)putchar(b.p[i] < 0x20 || b.p[i] == 0x7F ? '?' : b.p[i]);
        }
    }
}

static int print_status(const struct request *r, int folder)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(FILE_MOST);
    CLEANUP(arena_done) struct arena a;
    uint64_t now = (uint64_t)time(NULL);
    struct json_doc doc = {.count = 0};
    bool stopped = false;

    arena_init(&a, 4 << 20);
    enum aiu_status st = read_file(folder, &text);
    if (st == AIU_OK && text.n > 0) {
        st = json_parse(buf_span(&text), &a, &json_default_limits, &doc, NULL);
    }
    if (st != AIU_OK) {
        (void)fprintf(stderr,
                      "aiu maintenance: control.json cannot be understood, so everything is "
                      "stopped; `aiu maintenance off` writes a new one\n");
        return aiu_status_info(AIU_FILE_INVALID)->exit;
    }
    if (r->json) {
        (void)printf("%.*s\n", (int)text.n, text.n > 0 ? (const char *)text.p : "");
    }
    uint32_t list = doc.count == 0 ? JSON_NONE : json_member(&doc, 0, SPAN_OF("maintenance"));
    for (uint32_t item = list == JSON_NONE ? JSON_NONE : json_first(&doc, list); item != JSON_NONE;
         item = json_next(&doc, list, item)) {
        uint64_t expires = 0;
        IGNORE(json_u64(&doc, json_member(&doc, item, SPAN_OF("expires")), &expires));
        if (expires != 0 && expires <= now) {
            continue;
        }
        stopped = true;
        if (!r->json) {
            print_text(&doc, json_member(&doc, item, SPAN_OF("scope")));
            (void)printf(expires == 0 ? "\tuntil switched off\t" : "\tfor %llu s\t",
                         (unsigned long long)(expires - now));
            print_text(&doc, json_member(&doc, item, SPAN_OF("reason")));
            (void)putchar('\n');
        }
    }
    if (!stopped && !r->json) {
        (void)printf("nothing is stopped\n");
    }
    return 0;
}

static int run(const struct request *r)
{
    int folder = -1;
    enum aiu_status st = state_dir_open(&r->where, &folder);

    if (st != AIU_OK) {
        return aiu_status_info(st)->exit;
    }
    if (strcmp(r->verb, "status") == 0) {
        return print_status(r, folder);
    }
    // Two commands at once: one after the other.
    (void)flock(folder, LOCK_EX);
    st = change(r, folder);
    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu maintenance: %s\n",
                      st == AIU_USAGE ? "--expires is a duration like 30m or 2h"
                                      : aiu_status_info(st)->text);
        return aiu_status_info(st)->exit;
    }
    (void)printf("maintenance %s for %s\n", r->verb, r->scope);
    return 0;
}

int cmd_maintenance(int argc, char **argv)
{
    struct request r = {.scope = "all"};

    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, argc < 2 ? stderr : stdout);
        return argc < 2 ? aiu_status_info(AIU_USAGE)->exit : 0;
    }
    r.verb = argv[1];
    bool known =
        strcmp(r.verb, "on") == 0 || strcmp(r.verb, "off") == 0 || strcmp(r.verb, "status") == 0;
    for (int i = 2; known && i < argc; i++) {
        known = take_option(&r, argc, argv, &i);
    }
    if (!known || !is_scope(r.scope)) {
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    return run(&r);
}
