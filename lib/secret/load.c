// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Whatever the source, the value is first read into guarded memory, then checked there, then copied
// to a secret of its exact size. keyfile.c and command.c have the rules for files and programs.
#include "secret/load.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "secret/command.h"
#include "secret/guarded.h"
#include "secret/keyfile.h"

enum { NAME_MOST = 255 };

struct secret_env {
    struct variable {
        struct variable *next;
        char *name;
        struct secret *value; // as it stood there; NULL: forgotten
    } * first;
};

enum aiu_status secret_env_new(struct secret_env **ret_env)
{
    struct secret_env *env = mem_new(1, sizeof(*env));

    if (env == NULL) {
        return AIU_NO_MEMORY;
    }
    *ret_env = env;
    return AIU_OK;
}

static void variable_free(struct variable *v)
{
    if (v != NULL) {
        secret_unref(v->value);
        mem_free(v->name);
        mem_free(v);
    }
}

void secret_env_free(struct secret_env *env)
{
    while (env != NULL && env->first != NULL) {
        struct variable *v = env->first;
        env->first = v->next;
        variable_free(v);
    }
    mem_free(env);
}

const char *secret_env_name(const struct secret_env *env, size_t i)
{
    const struct variable *v = env == NULL ? NULL : env->first;

    for (; v != NULL && i > 0; i--) {
        v = v->next;
    }
    return v == NULL ? NULL : v->name;
}

static struct variable *kept_variable(const struct secret_env *env, const char *name)
{
    struct variable *v = env == NULL ? NULL : env->first;

    while (v != NULL && strcmp(v->name, name) != 0) {
        v = v->next;
    }
    return v;
}

void secret_env_forget(struct secret_env *env, const char *name)
{
    struct variable *v = kept_variable(env, name);

    if (v != NULL) {
        secret_unref(TAKE_PTR(v->value));
    }
}

// Remember `bytes` as what `name` holds, in the place of what it held.
static enum aiu_status keep(struct secret_env *env, const char *name, struct span bytes)
{
    struct secret *value = NULL;
    uint8_t *p = NULL;

    TRY(secret_new_blank(bytes.n, &value, &p));
    memcpy(p, bytes.p, bytes.n);
    secret_seal(value);
    struct variable *v = kept_variable(env, name);
    if (v != NULL) {
        secret_unref(v->value);
        v->value = value;
        return AIU_OK;
    }
    v = mem_new(1, sizeof(*v));
    char *copy = mem_dup(name, strlen(name));
    if (v == NULL || copy == NULL) {
        secret_unref(value);
        mem_free(copy);
        mem_free(v);
        return AIU_NO_MEMORY;
    }
    *v = (struct variable){.next = env->first, .name = copy, .value = value};
    env->first = v;
    return AIU_OK;
}

static bool is_name(const char *name)
{
    return name != NULL && name[0] != '\0' && strchr(name, '=') == NULL &&
           strlen(name) <= NAME_MOST;
}

// The value of `name` in the environment, or NULL. Not getenv: the bytes will be overwritten, all
// of them where the variable stands there twice.
static char *next_value(char ***at, const char *name)
{
    size_t n = strlen(name);

    for (; *at != NULL && **at != NULL; (*at)++) {
        if (strncmp(**at, name, n) == 0 && (**at)[n] == '=') {
            return *(*at)++ + n + 1;
        }
    }
    return NULL;
}

static void erase_variable(const char *name)
{
    char **at = environ;

    for (char *value = next_value(&at, name); value != NULL; value = next_value(&at, name)) {
        mem_wipe(value, strlen(value));
    }
    (void)unsetenv(name); // NOLINT(concurrency-mt-unsafe): the header asks for one thread
}

static enum aiu_status read_env(const char *name, struct secret_env *env, struct pad *pad)
{
    char **at = environ;
    const char *value = is_name(name) ? next_value(&at, name) : NULL;
    size_t n = value == NULL ? 0 : strlen(value);
    enum aiu_status st = AIU_OK;

    if (n > pad->maximum) {
        st = AIU_FILE_TOO_LARGE;
    } else if (n > 0) {
        memcpy(pad->p, value, n);
        pad->n = n;
    }
    if (value != NULL) {
        erase_variable(name);
    }
    if (st == AIU_OK && n > 0 && env != NULL) {
        st = keep(env, name, span_of(pad->p, pad->n));
    }
    const struct variable *kept = is_name(name) ? kept_variable(env, name) : NULL;
    if (st == AIU_OK && n == 0 && kept != NULL && kept->value != NULL) {
        struct span bytes = secret_bytes(kept->value);
        memcpy(pad->p, bytes.p, bytes.n);
        pad->n = bytes.n;
    }
    return st;
}

static const char *environment(const char *name)
{
    char **at = environ;
    const char *value = next_value(&at, name);

    return value == NULL || value[0] == '\0' ? NULL : value;
}

static enum aiu_status read_credential(const char *name, struct pad *pad)
{
    const char *folder = environment("CREDENTIALS_DIRECTORY");
    struct buf path = BUF_OF(4096);

    if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0) {
        return AIU_USAGE;
    }
    if (folder == NULL) {
        return AIU_CONFIG_NO_KEY;
    }
    enum aiu_status st = buf_printf(&path, "%s/%s", folder, name);
    if (st == AIU_OK) {
        st = keyfile_read((const char *)path.p, false, pad);
    }
    buf_wipe(&path);
    return st;
}

static enum aiu_status read_source(const struct secret_source *source, struct secret_env *env,
                                   struct pad *pad)
{
    if (source->kind == SECRET_FROM_COMMAND) {
        uint32_t most_ms = source->timeout_ms == 0 ? SECRET_COMMAND_TIMEOUT_MS : source->timeout_ms;
        return source->argv == NULL || source->argv[0] == NULL
                   ? AIU_USAGE
                   : command_read(source->argv, most_ms, pad);
    }
    if (source->name == NULL) {
        return AIU_USAGE;
    }
    switch (source->kind) {
    case SECRET_FROM_ENV:
        return read_env(source->name, env, pad);
    case SECRET_FROM_FILE:
        return keyfile_read(source->name, source->public, pad);
    case SECRET_FROM_CREDENTIAL:
        return read_credential(source->name, pad);
    case SECRET_FROM_COMMAND:
        break;
    }
    return AIU_USAGE;
}

static bool is_printable(uint8_t c)
{
    return c >= 0x20 && c < 0x7F;
}

static bool is_header_safe(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_printable(s.p[i])) {
            return false;
        }
    }
    return s.p[0] != ' ' && s.p[s.n - 1] != ' ';
}

static struct span without_line_end(struct span s)
{
    if (span_ends_with(s, SPAN_OF("\r\n"))) {
        return span_drop_last(s, 2);
    }
    return span_ends_with(s, SPAN_OF("\n")) ? span_drop_last(s, 1) : s;
}

static enum aiu_status checked(struct span value, bool raw, struct secret **ret_secret)
{
    struct secret *s = NULL;
    uint8_t *p = NULL;

    value = raw ? value : without_line_end(value);
    if (value.n == 0) {
        return AIU_CONFIG_NO_KEY;
    }
    if (!raw && !is_header_safe(value)) {
        return AIU_CONFIG_BAD_KEY;
    }
    TRY(secret_new_blank(value.n, &s, &p));
    memcpy(p, value.p, value.n);
    secret_seal(s);
    *ret_secret = s;
    return AIU_OK;
}

enum aiu_status secret_load(const struct secret_source *source, struct secret_env *env,
                            struct secret **ret_secret)
{
    CLEANUP(pad_done) struct pad pad = {.p = NULL};

    TRY(pad_init(&pad, SECRET_LOAD_MOST));
    TRY(read_source(source, env, &pad));
    return checked(span_of(pad.p, pad.n), source->raw, ret_secret);
}

enum aiu_status secret_load_env_or_file(const char *name, struct secret_env *env,
                                        struct secret **ret_secret)
{
    struct buf file_name = BUF_OF(NAME_MOST + 8);
    struct secret_source source = {.kind = SECRET_FROM_ENV, .name = name};

    if (!is_name(name)) {
        return AIU_USAGE;
    }
    TRY(buf_printf(&file_name, "%s_FILE", name));
    const char *path = environment((const char *)file_name.p);
    buf_wipe(&file_name);
    if (path != NULL) {
        if (environment(name) != NULL) {
            return AIU_CONFIG_INVALID;
        }
        source = (struct secret_source){.kind = SECRET_FROM_FILE, .name = path};
    }
    return secret_load(&source, env, ret_secret);
}
