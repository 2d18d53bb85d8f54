// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/pseudonym_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "secret/io.h"
#include "secret/load.h"
#include "secret/master.h"
#include "secret/seal.h"
#include "secret/token_key.h"

enum { MAP_MOST = 128 << 20, KEY_LEAST = 32, PATH_MOST = 4096 };

static const char purpose[] = "pseudonyms";

bool map_option(struct map_options *o, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **into;
    } options[] = {
        {"--map", &o->path},
        {"--key", &o->key},
        {"--state-dir", &o->where.state_dir},
        {"--config", &o->where.config},
    };

    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (strcmp(name, options[i].name) == 0) {
            *options[i].into = value;
            return true;
        }
    }
    return false;
}

static enum aiu_status complain(const char *path, enum aiu_status st, const char *why)
{
    (void)fprintf(stderr, "aiu: %s: %s\n", path, why);
    return st;
}

static enum aiu_status open_master(const struct state_dir_options *where, struct secret **ret)
{
    char path[PATH_MOST];

    TRY(state_dir_path(where, path));
    enum aiu_status st = io_make_folders(path) ? AIU_OK : AIU_FILE_DENIED;
    if (st != AIU_OK) {
        return complain(path, st, strerrordesc_np(errno));
    }
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return complain(path, AIU_FILE_DENIED, strerrordesc_np(errno));
    }
    st = master_open(folder, ret);
    (void)close(folder);
    return st == AIU_OK ? st : complain(path, st, aiu_status_info(st)->text);
}

static enum aiu_status open_key(const struct map_options *o, struct secret **ret_key)
{
    const struct secret_source source = {.kind = SECRET_FROM_FILE, .name = o->key, .raw = true};

    TRY(secret_init_process(false));
    if (o->key == NULL) {
        return open_master(&o->where, ret_key);
    }
    enum aiu_status st = secret_load(&source, NULL, ret_key);
    if (st == AIU_OK && secret_size(*ret_key) < KEY_LEAST) {
        st = AIU_CONFIG_BAD_KEY;
    }
    return st == AIU_OK ? st : complain(o->key, st, aiu_status_info(st)->text);
}

static enum aiu_status read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum aiu_status st = AIU_OK;
    ssize_t n = 1;

    if (fd < 0) {
        return errno == ENOENT ? AIU_FILE_NOT_FOUND : AIU_FILE_DENIED;
    }
    while (n != 0 && st == AIU_OK) {
        uint8_t *into = NULL;
        st = buf_reserve(out, 64 << 10, &into);
        n = st == AIU_OK ? read(fd, into, 64 << 10) : 0;
        st = n < 0 && errno != EINTR ? AIU_IO : st;
        buf_grow(out, n > 0 ? (size_t)n : 0);
    }
    (void)close(fd);
    return st;
}

static enum aiu_status load(struct pseudonym_map *m, bool adding)
{
    CLEANUP(buf_wipe) struct buf sealed = BUF_OF(MAP_MOST);
    CLEANUP(buf_wipe) struct buf plain = BUF_OF(MAP_MOST);

    enum aiu_status st = read_file(m->path, &sealed);
    if (st == AIU_FILE_NOT_FOUND && adding) {
        return AIU_OK;
    }
    st = st == AIU_OK ? seal_open(m->master, purpose, buf_span(&sealed), &plain) : st;
    if (st == AIU_OK) {
        st = aiu_pseudonyms_load(m->list, (const char *)plain.p, plain.n);
    }
    m->saved = aiu_pseudonyms_count(m->list);
    if (st == AIU_FILE_INVALID) {
        return complain(m->path, st, "no map of this key, or it was changed");
    }
    return st == AIU_OK ? st : complain(m->path, st, aiu_status_info(st)->text);
}

static enum aiu_status hash(void *ctx, const unsigned char *bytes, size_t n,
                            unsigned char out[AIU_PSEUDONYMS_MAC_SIZE])
{
    _Static_assert((int)MAC_SIZE == (int)AIU_PSEUDONYMS_MAC_SIZE, "one size");
    mac_start(ctx);
    mac_update(ctx, span_of(bytes, n));
    return mac_final(ctx, out);
}

static enum aiu_status open_all(const struct map_options *o, bool adding, struct pseudonym_map *m)
{
    m->path = o->path;
    TRY(open_key(o, &m->master));
    TRY(token_key_new(m->master, SPAN_OF(""), &m->mac));
    TRY(aiu_pseudonyms_new(hash, m->mac, &m->list));
    return m->path == NULL ? AIU_OK : load(m, adding);
}

enum aiu_status pseudonym_map_open(const struct map_options *o, bool adding,
                                   struct pseudonym_map *ret_map)
{
    struct pseudonym_map m = {0};
    enum aiu_status st = open_all(o, adding, &m);

    if (st != AIU_OK) {
        pseudonym_map_done(&m);
        return st;
    }
    *ret_map = m;
    return AIU_OK;
}

void pseudonym_map_done(struct pseudonym_map *m)
{
    aiu_pseudonyms_free(m->list);
    mac_free(m->mac);
    secret_unref(m->master);
    *m = (struct pseudonym_map){0};
}

static enum aiu_status sync_folder(const char *path)
{
    char folder[PATH_MOST];
    const char *slash = strrchr(path, '/');

    (void)snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
                   slash == NULL ? "." : path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return AIU_IO;
    }
    enum aiu_status st = fsync(fd) == 0 ? AIU_OK : AIU_IO;
    (void)close(fd);
    return st;
}

static enum aiu_status replace(const char *path, struct span bytes)
{
    char new_path[PATH_MOST];

    int n = snprintf(new_path, sizeof(new_path), "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof(new_path)) {
        return AIU_TOO_LONG;
    }
    if (unlink(new_path) != 0 && errno != ENOENT) {
        return AIU_FILE_DENIED;
    }
    int fd = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return AIU_FILE_DENIED;
    }
    enum aiu_status st = io_write_all(fd, bytes) && fsync(fd) == 0 ? AIU_OK : AIU_IO;
    st = close(fd) == 0 ? st : AIU_IO;
    if (st == AIU_OK && rename(new_path, path) != 0) {
        st = AIU_FILE_DENIED;
    }
    return st == AIU_OK ? sync_folder(path) : st;
}

enum aiu_status pseudonym_map_save(struct pseudonym_map *m)
{
    CLEANUP(buf_wipe) struct buf sealed = BUF_OF(MAP_MOST);
    char *plain = NULL;
    size_t n = 0;

    if (m->path == NULL || aiu_pseudonyms_count(m->list) == m->saved) {
        return AIU_OK;
    }
    TRY(aiu_pseudonyms_save(m->list, &plain, &n));
    enum aiu_status st = seal(m->master, purpose, span_of(plain, n), &sealed);
    aiu_redactor_text_free(plain);
    st = st == AIU_OK ? replace(m->path, buf_span(&sealed)) : st;
    if (st != AIU_OK) {
        return complain(m->path, st, "the map can not be written");
    }
    m->saved = aiu_pseudonyms_count(m->list);
    return AIU_OK;
}
