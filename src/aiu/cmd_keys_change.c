// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu keys revoke`: an entry of STATE/control.json, in force within a second, in requests under
// way too. `aiu keys rotate`: a new key in the place of an old one: its hash replaces the old hash
// in the configuration file, byte for byte and nothing else, and the gateway reads the file again.
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aiu/config_file.h"
#include "aiu/control_file.h"
#include "aiu/keys.h"
#include "base/alloc.h"
#include "secret/io.h"
#include "secret/secret.h"
#include "secret/vkey.h"

enum { CONFIG_MOST = 1 << 20, KEY_MOST = 256, PATH_MOST = 4096 };

__attribute__((format(printf, 2, 3))) static int fail(enum aiu_status st, const char *format, ...)
{
    va_list args;

    (void)fputs("aiu keys: ", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return aiu_status_info(st)->exit;
}

// --- revoke -----------------------------------------------------------------------------------

static void warn_where_unknown(const struct keys_change *k)
{
    CLEANUP(config_unrefp) struct config *c = NULL;

    if (config_file_load(k->where.config, false, &c) == AIU_OK &&
        config_key(c, span_str(k->id)) == NULL) {
        (void)fprintf(stderr, "aiu keys: note: the configuration has no key with this id\n");
    }
}

int keys_revoke(const struct keys_change *k)
{
    const struct control_entry entry = {
        .list = CONTROL_REVOKED, .name = k->id, .reason = k->reason, .cut = true};
    int folder = -1;
    enum aiu_status st = state_dir_open(&k->where, &folder);

    if (st != AIU_OK) {
        return aiu_status_info(st)->exit;
    }
    st = control_file_change(folder, &entry, !k->undo);
    if (st != AIU_OK) {
        return fail(st, "%s", aiu_status_info(st)->text);
    }
    if (!k->undo) {
        warn_where_unknown(k);
    }
    (void)printf("%s %s\n", k->id,
                 k->undo ? "is taken again"
                         : "is refused from now on, in requests under way too; take its lines out "
                           "of the configuration when you can");
    return 0;
}

// --- rotate -----------------------------------------------------------------------------------

struct rotation {
    char path[PATH_MOST], new_path[PATH_MOST + 8]; // of the configuration, links followed
    struct buf before, after;
    struct buf token, hash;
    struct span old_hash;
    mode_t mode;
};

static void rotation_done(struct rotation *r)
{
    buf_wipe(&r->before);
    buf_wipe(&r->after);
    buf_wipe(&r->token);
    buf_wipe(&r->hash);
}

static enum aiu_status read_config(struct rotation *r)
{
    struct stat st;
    uint8_t *p = NULL;
    ssize_t n = 1;
    int fd = open(r->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0) {
        return AIU_FILE_DENIED;
    }
    r->mode = st.st_mode & 0777;
    while (n > 0) {
        n = buf_reserve(&r->before, 4096, &p) == AIU_OK ? read(fd, p, 4096) : -1;
        if (n > 0) {
            buf_grow(&r->before, (size_t)n);
        }
    }
    (void)close(fd);
    return n < 0 ? AIU_IO : AIU_OK;
}

// The file with the new hash in the place of the old one. AIU_NOT_FOUND where it does not stand
// there exactly once.
static enum aiu_status rewrite(struct rotation *r)
{
    struct span text = buf_span(&r->before);
    const uint8_t *at = memmem(text.p, text.n, r->old_hash.p, r->old_hash.n);

    if (at == NULL) {
        return AIU_NOT_FOUND;
    }
    struct span rest = span_drop_first(text, (size_t)(at - text.p) + r->old_hash.n);
    if (memmem(rest.p, rest.n, r->old_hash.p, r->old_hash.n) != NULL) {
        return AIU_NOT_FOUND;
    }
    TRY(buf_append(&r->after, span_first(text, (size_t)(at - text.p))));
    TRY(buf_append(&r->after, buf_span(&r->hash)));
    return buf_append(&r->after, rest);
}

static enum aiu_status make_key(struct rotation *r)
{
    struct vkey_digest digest;

    TRY(secret_init_process(false));
    TRY(vkey_generate(&r->token));
    TRY(vkey_digest(buf_span(&r->token), &digest));
    return vkey_digest_format(&digest, &r->hash);
}

static enum aiu_status write_beside(const struct rotation *r)
{
    int fd = open(r->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        return AIU_FILE_DENIED;
    }
    bool fine = io_write_all(fd, buf_span(&r->after)) && fchmod(fd, r->mode) == 0 && fsync(fd) == 0;
    (void)close(fd);
    return fine ? AIU_OK : AIU_IO;
}

static enum aiu_status keep_former(const struct keys_change *k, const struct rotation *r,
                                   int folder)
{
    struct control_entry entry = {
        .list = CONTROL_RETIRED, .name = k->id, .reason = "rotation", .hash = r->old_hash};

    if (k->grace == NULL) {
        return AIU_OK;
    }
    TRY(control_file_expiry(k->grace, &entry.expires_unix_s));
    return control_file_change(folder, &entry, true);
}

// The former key is kept before the new one is in force, so that at no time neither is.
static enum aiu_status replace(const struct keys_change *k, struct rotation *r, int folder)
{
    TRY(read_config(r));
    TRY(rewrite(r));
    TRY(write_beside(r));
    enum aiu_status st = keep_former(k, r, folder);
    if (st == AIU_OK && rename(r->new_path, r->path) != 0) {
        st = AIU_FILE_DENIED;
    }
    if (st != AIU_OK) {
        (void)unlink(r->new_path);
    }
    return st;
}

static int rotate(const struct keys_change *k, struct rotation *r, int folder)
{
    enum aiu_status st = make_key(r);

    (void)snprintf(r->new_path, sizeof(r->new_path), "%s.new", r->path);
    if (st == AIU_OK) {
        st = replace(k, r, folder);
    }
    if (st == AIU_NOT_FOUND) {
        return fail(AIU_CONFIG_INVALID, "%s has the hash of this key not exactly once", r->path);
    }
    if (st == AIU_USAGE) {
        return fail(st, "--grace is a duration like 30m or 2h");
    }
    if (st != AIU_OK) {
        return fail(st, "%s: %s", r->path, aiu_status_info(st)->text);
    }
    bool told = state_dir_reload(folder);
    (void)printf("%.*s\n\nThis key is shown once. %s%s%s\n", (int)r->token.n,
                 (const char *)r->token.p, "The configuration has its hash; ",
                 told ? "the gateway reads it now. " : "no gateway runs on this state folder. ",
                 k->grace == NULL ? "The former key is refused."
                                  : "The former key is still taken.");
    return fflush(stdout) == 0 ? 0 : fail(AIU_IO, "%s", aiu_status_info(AIU_IO)->text);
}

int keys_rotate(const struct keys_change *k)
{
    CLEANUP(config_unrefp) struct config *c = NULL;
    CLEANUP(rotation_done)
    struct rotation r = {.before = BUF_OF(CONFIG_MOST),
                         .after = BUF_OF(CONFIG_MOST + KEY_MOST),
                         .token = BUF_OF(KEY_MOST),
                         .hash = BUF_OF(KEY_MOST)};
    char path[PATH_MOST];
    int folder = -1;
    enum aiu_status st = config_file_load(k->where.config, false, &c);

    if (st != AIU_OK) {
        return aiu_status_info(st)->exit;
    }
    const struct config_key *key = config_key(c, span_str(k->id));
    if (key == NULL || c->path.n == 0) {
        return fail(AIU_NOT_FOUND, "the configuration has no key with this id");
    }
    if (key->hash.n == 0) {
        return fail(AIU_USAGE, "this key comes from outside of the configuration: make a new one "
                               "with `aiu keys new`, put it there, and send the gateway SIGHUP");
    }
    (void)snprintf(path, sizeof(path), "%.*s", (int)c->path.n, (const char *)c->path.p);
    if (realpath(path, r.path) == NULL) {
        return fail(AIU_FILE_NOT_FOUND, "%s: %s", path, aiu_status_info(AIU_FILE_NOT_FOUND)->text);
    }
    r.old_hash = key->hash;
    st = state_dir_open(&k->where, &folder);
    return st == AIU_OK ? rotate(k, &r, folder) : aiu_status_info(st)->exit;
}
