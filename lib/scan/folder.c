// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "scan/ignore.h"

enum { IGNORE_MOST = 1 << 20, NAMES_MOST = 64 << 20 };

// Where the walk is. Both texts are one buffer each, cut back on the way up.
struct visit {
    const struct folder_visitor *visitor;
    char path[PATHS_MOST];
    char name[PATHS_MOST];
    size_t path_n, name_n;
};

// The names in one folder, each with its type in front and a NUL behind.
struct names {
    struct buf text;
    const char **sorted;
    size_t count;
};

static void names_done(struct names *n)
{
    buf_wipe(&n->text);
    mem_free(n->sorted);
}

// The current folder has no name of its own in front of what lies in it.
static const char *path_of(const struct visit *v)
{
    return v->path_n == 0 ? "." : v->path;
}

static void problem(const struct visit *v, int error)
{
    v->visitor->problem(v->visitor->ctx, path_of(v), strerrordesc_np(error));
}

static enum aiu_status read_rules(const char *folder, const char *name, struct ignore *list)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(IGNORE_MOST + 4096);

    enum aiu_status st = root_read(folder, name, IGNORE_MOST, &text);
    if (st == AIU_OK) {
        st = ignore_read(list, buf_span(&text));
    }
    return st == AIU_NO_MEMORY ? st : AIU_OK; // unreadable: nothing is left out by it
}

static enum aiu_status collect(DIR *dir, struct names *names)
{
    const struct dirent *entry = NULL;

    // NOLINTNEXTLINE(concurrency-mt-unsafe): the folder is this thread's own
    while ((entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, ".git") == 0) {
            continue;
        }
        TRY(buf_append_byte(&names->text, entry->d_type));
        TRY(buf_append(&names->text, span_of(name, strlen(name) + 1)));
        names->count++;
    }
    return AIU_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a + 1, *(const char *const *)b + 1);
}

static enum aiu_status sort_names(struct names *names)
{
    const char *p = (const char *)names->text.p;

    if (names->count == 0) {
        return AIU_OK;
    }
    names->sorted = mem_new(names->count, sizeof(*names->sorted));
    if (names->sorted == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < names->count; i++) {
        names->sorted[i] = p;
        p += 2 + strlen(p + 1);
    }
    qsort((void *)names->sorted, names->count, sizeof(*names->sorted), by_name);
    return AIU_OK;
}

static enum aiu_status list_folder(const struct visit *v, struct names *names)
{
    DIR *dir = opendir(path_of(v));

    if (dir == NULL) {
        problem(v, errno);
        return AIU_OK;
    }
    errno = 0;
    enum aiu_status st = collect(dir, names);
    if (errno != 0) {
        problem(v, errno);
    }
    (void)closedir(dir);
    return st == AIU_OK ? sort_names(names) : st;
}

static bool append(char *to, size_t *n, const char *name)
{
    size_t more = strlen(name);
    bool slash = *n > 0 && to[*n - 1] != '/';

    if (*n + more + 2 > PATHS_MOST) {
        return false;
    }
    if (slash) {
        to[(*n)++] = '/';
    }
    memcpy(to + *n, name, more + 1);
    *n += more;
    return true;
}

static unsigned char type_of(const struct visit *v, unsigned char known)
{
    struct stat st;

    if (known != DT_UNKNOWN) {
        return known;
    }
    if (lstat(v->path, &st) != 0) {
        problem(v, errno);
        return DT_UNKNOWN;
    }
    return S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
}

static enum aiu_status visit_folder(struct visit *v, const struct ignore *above);

static enum aiu_status visit_entry(struct visit *v, const char *entry, const struct ignore *ignore)
{
    unsigned char type = type_of(v, (unsigned char)entry[0]);

    if ((type != DT_DIR && type != DT_REG) ||
        (!v->visitor->all && ignore_has(ignore, span_of(v->name, v->name_n), type == DT_DIR))) {
        return AIU_OK;
    }
    return type == DT_DIR ? visit_folder(v, ignore)
                          : v->visitor->file(v->visitor->ctx, v->path, v->name);
}

static enum aiu_status visit_entries(struct visit *v, const struct names *names,
                                     const struct ignore *ignore)
{
    size_t path_n = v->path_n;
    size_t name_n = v->name_n;
    enum aiu_status st = AIU_OK;

    for (size_t i = 0; i < names->count && st == AIU_OK; i++) {
        if (append(v->path, &v->path_n, names->sorted[i] + 1) &&
            append(v->name, &v->name_n, names->sorted[i] + 1)) {
            st = visit_entry(v, names->sorted[i], ignore);
        } else {
            problem(v, ENAMETOOLONG);
        }
        v->path_n = path_n;
        v->name_n = name_n;
        v->path[path_n] = '\0';
        v->name[name_n] = '\0';
    }
    return st;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as a path may be long
static enum aiu_status visit_folder(struct visit *v, const struct ignore *above)
{
    CLEANUP(names_done) struct names names = {.text = BUF_OF(NAMES_MOST)};
    CLEANUP(ignore_done) struct ignore here = {0};

    ignore_init(&here, above, v->name_n == 0 ? 0 : v->name_n + 1);
    if (!v->visitor->all) {
        TRY(read_rules(path_of(v), ".gitignore", &here));
    }
    TRY(list_folder(v, &names));
    return visit_entries(v, &names, &here);
}

// The rules of the folders between the repository's root and where the walk begins.
static enum aiu_status visit_below(struct visit *v, const struct root *root, size_t at,
                                   const struct ignore *above)
{
    CLEANUP(ignore_done) struct ignore here = {0};
    char folder[2 * PATHS_MOST];

    if (!root->repository || at >= strlen(root->name)) {
        return visit_folder(v, above);
    }
    const char *slash = strchr(root->name + at, '/');
    (void)snprintf(folder, sizeof(folder), "%s/%.*s", root->top, (int)at, root->name);
    ignore_init(&here, above, at);
    TRY(read_rules(folder, ".gitignore", &here));
    size_t next = slash == NULL ? strlen(root->name) : (size_t)(slash - root->name) + 1;
    return visit_below(v, root, next, &here);
}

enum aiu_status folder_visit(const struct root *root, const struct folder_visitor *visitor)
{
    CLEANUP(ignore_done) struct ignore excluded = {0};
    struct visit *v = mem_new(1, sizeof(*v));

    ignore_init(&excluded, NULL, 0);
    if (v == NULL) {
        return AIU_NO_MEMORY;
    }
    v->visitor = visitor;
    enum aiu_status st = AIU_OK;
    const char *path = strcmp(root->path, ".") == 0 ? "" : root->path;
    if (!append(v->path, &v->path_n, path) || !append(v->name, &v->name_n, root->name)) {
        problem(v, ENAMETOOLONG);
    } else {
        if (!visitor->all && root->repository) {
            st = read_rules(root->top, ".git/info/exclude", &excluded);
        }
        st = st == AIU_OK ? visit_below(v, root, 0, &excluded) : st;
    }
    mem_free(v);
    return st;
}
