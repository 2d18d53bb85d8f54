// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The only file of this layer that touches the system: it reads the configuration, and looks at the
// files that it names when it is asked to. What a key file must be like is known by the secret
// layer, so the key is loaded there once and forgotten.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/document.h"
#include "config/environment.h"
#include "config/report.h"
#include "detect/canary.h"

enum { FILE_PATH_MOST = 4096 };

static void close_fd(const int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

static enum aiu_status refuse_file(struct config_report *report, enum aiu_status status)
{
    report_error(report, status, (struct config_place){0}, "%s", aiu_status_info(status)->text);
    return status;
}

static enum aiu_status status_of_errno(int error)
{
    if (error == ENOENT || error == ENOTDIR) {
        return AIU_FILE_NOT_FOUND;
    }
    return error == EACCES || error == EPERM ? AIU_FILE_DENIED : AIU_IO;
}

static enum aiu_status read_all(int fd, struct buf *dst)
{
    for (;;) {
        uint8_t *p = NULL;
        enum aiu_status st = buf_reserve(dst, 4096, &p);
        if (st != AIU_OK) {
            return st == AIU_TOO_LONG ? AIU_FILE_TOO_LARGE : st;
        }
        ssize_t n = read(fd, p, 4096);
        if (n == 0) {
            return AIU_OK;
        }
        if (n < 0 && errno != EINTR) {
            return AIU_IO;
        }
        buf_grow(dst, n < 0 ? 0 : (size_t)n);
    }
}

static enum aiu_status read_config(const char *path, struct buf *dst, mode_t *ret_mode)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0) {
        return status_of_errno(errno);
    }
    if (fstat(fd, &st) != 0) {
        return AIU_IO;
    }
    if (!S_ISREG(st.st_mode)) {
        return AIU_FILE_INVALID;
    }
    *ret_mode = st.st_mode;
    return read_all(fd, dst);
}

// --- the files that it names

struct checker {
    const struct config *config;
    const char *const *env;
    struct config_report *report;
    char path[128]; // of the key at hand
};

static const char *problem_of(enum aiu_status status)
{
    switch ((int)status) {
    case AIU_CONFIG_NO_KEY:
        return "is empty or not set";
    case AIU_FILE_NOT_FOUND:
        return "the file does not exist";
    case AIU_FILE_DENIED:
        return "the file may not be read";
    case AIU_FILE_INVALID:
        return "is not a regular file";
    case AIU_CONFIG_KEY_EXPOSED:
        return "others can read or change the file: chmod 600";
    case AIU_CONFIG_BAD_KEY:
        return "the file holds more than one line, a blank or a byte that no key has";
    case AIU_FILE_TOO_LARGE:
        return "the file is too large for a key";
    default:
        return "cannot be read";
    }
}

static void report_source(struct checker *c, const struct config_source *s, enum aiu_status status)
{
    struct config_place at = {.path = span_str(c->path), .line = s->line, .column = s->column};

    report_error(c->report, status, at, "%s", problem_of(status));
}

static enum aiu_status check_readable(const char *path)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0) {
        return status_of_errno(errno);
    }
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? AIU_OK : AIU_FILE_INVALID;
}

static enum aiu_status try_secret(const struct secret_source *source)
{
    CLEANUP(secret_done) struct secret *s = NULL;

    return secret_load(source, NULL, &s);
}

// Commands are not run: they may ask somebody, or cost something.
static void check_secret(struct checker *c, const struct config_source *s)
{
    enum aiu_status st = AIU_OK;

    if (!s->given) {
        return;
    }
    switch (s->from.kind) {
    case SECRET_FROM_ENV:
        st = environment_get(c->env, s->from.name).n == 0 ? AIU_CONFIG_NO_KEY : AIU_OK;
        break;
    case SECRET_FROM_FILE:
    case SECRET_FROM_CREDENTIAL:
        st = try_secret(&s->from);
        break;
    case SECRET_FROM_COMMAND:
        break;
    }
    if (st != AIU_OK) {
        report_source(c, s, st);
    }
}

static void check_public(struct checker *c, const struct config_source *s)
{
    enum aiu_status st = s->given ? check_readable(s->from.name) : AIU_OK;

    if (st != AIU_OK) {
        report_source(c, s, st);
    }
}

static void set_path(struct checker *c, const char *path)
{
    (void)snprintf(c->path, sizeof(c->path), "%s", path);
}

static void check_listeners(struct checker *c)
{
    const struct config_tls *tls = &c->config->data.tls;

    set_path(c, "listen.data.tls.certificate");
    check_public(c, &tls->certificate);
    set_path(c, "listen.data.tls.client_ca");
    check_public(c, &tls->client_ca);
    set_path(c, "listen.data.tls.key");
    check_secret(c, &tls->key);
    set_path(c, "listen.admin.token");
    check_secret(c, &c->config->admin.token);
}

static void check_providers(struct checker *c)
{
    for (size_t i = 0; i < c->config->provider_count; i++) {
        const struct config_provider *p = &c->config->providers[i];
        const struct config_source ca = {
            .given = p->ca_file.n > 0,
            .from = {.kind = SECRET_FROM_FILE, .name = (const char *)p->ca_file.p}};
        (void)snprintf(c->path, sizeof(c->path), "providers[%zu].api_key", i);
        check_secret(c, &p->api_key);
        (void)snprintf(c->path, sizeof(c->path), "providers[%zu].ca_file", i);
        check_public(c, &ca);
    }
}

static void check_keys(struct checker *c)
{
    for (size_t i = 0; i < c->config->key_count; i++) {
        (void)snprintf(c->path, sizeof(c->path), "keys[%zu].key", i);
        check_secret(c, &c->config->keys[i].key);
    }
}

// Whether what can be read of it now is too short. A command is not run.
static bool is_short(const struct checker *c, const struct config_source *s)
{
    CLEANUP(secret_done) struct secret *secret = NULL;

    if (s->from.kind == SECRET_FROM_ENV) {
        return environment_get(c->env, s->from.name).n < CANARY_LEAST;
    }
    return s->from.kind != SECRET_FROM_COMMAND && secret_load(&s->from, NULL, &secret) == AIU_OK &&
           secret_size(secret) < CANARY_LEAST;
}

static void check_canary(struct checker *c, const struct config_source *s)
{
    struct config_place at = {.path = span_str(c->path), .line = s->line, .column = s->column};
    size_t errors = c->report->errors;

    check_secret(c, s);
    if (s->given && errors == c->report->errors && is_short(c, s)) {
        report_error(c->report, AIU_CONFIG_INVALID, at,
                     "has fewer than %d characters: it would stop harmless answers", CANARY_LEAST);
    }
}

static void check_canaries(struct checker *c)
{
    for (size_t i = 0; i < c->config->policy_count; i++) {
        const struct policy *p = &c->config->policies[i];
        for (size_t k = 0; k < p->canary_count; k++) {
            (void)snprintf(c->path, sizeof(c->path), "policies[%zu].canaries[%zu].value", i, k);
            check_canary(c, &config_canaries(p)[k].value);
        }
    }
}

// A file that others can change chooses where keys go and which programs run.
static void check_mode(struct config_report *report, mode_t mode)
{
    if ((mode & S_IWOTH) != 0) {
        report_error(report, AIU_CONFIG_KEY_EXPOSED, (struct config_place){0},
                     "anybody can change this file: chmod o-w");
    }
}

enum aiu_status config_load(const char *path, const struct config_options *o,
                            struct config_report *report, struct config **ret_config)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(DOCUMENT_SIZE + 4096);
    CLEANUP(config_unrefp) struct config *config = NULL;
    mode_t mode = 0;

    *report = (struct config_report){0};
    enum aiu_status st = read_config(path, &text, &mode);
    if (st != AIU_OK) {
        return st == AIU_NO_MEMORY ? st : refuse_file(report, st);
    }
    TRY(config_parse(buf_span(&text), span_str(path), o, report, &config));
    if (o != NULL && o->check_files) {
        struct checker c = {.config = config, .env = o->env, .report = report};
        check_mode(report, mode);
        check_listeners(&c);
        check_providers(&c);
        check_keys(&c);
        check_canaries(&c);
        TRY(report_status(report));
    }
    *ret_config = TAKE_PTR(config);
    return AIU_OK;
}

// --- where it lies

// AIU_OK where the file `name` in `folder` exists; its path is in `dst` then.
static enum aiu_status try_file(struct span folder, const char *name, struct buf *dst)
{
    buf_reset(dst);
    TRY(buf_append(dst, folder));
    TRY(buf_append(dst, span_str(name)));
    TRY(buf_append_byte(dst, '\0'));
    bool exists = access((const char *)dst->p, F_OK) == 0;
    dst->n--;
    return exists ? AIU_OK : AIU_NOT_FOUND;
}

enum aiu_status config_find_file(const char *const *env, struct buf *dst)
{
    CLEANUP(buf_wipe) struct buf path = BUF_OF(FILE_PATH_MOST);
    struct span named = environment_get(env, "AIU_CONFIG");
    struct span xdg = environment_get(env, "XDG_CONFIG_HOME");
    struct span home = environment_get(env, "HOME");
    enum aiu_status st = AIU_NOT_FOUND;

    if (named.n > 0) { // whoever names a file wants that one, or an error
        return buf_append(dst, named);
    }
    if (xdg.n > 0) {
        st = try_file(xdg, "/aiu/config.yaml", &path);
    } else if (home.n > 0) {
        st = try_file(home, "/.config/aiu/config.yaml", &path);
    }
    if (st == AIU_NOT_FOUND) {
        st = try_file(SPAN_OF("/etc/aiu"), "/config.yaml", &path);
    }
    TRY(st);
    return buf_append(dst, buf_span(&path));
}
