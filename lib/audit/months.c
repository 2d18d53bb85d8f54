// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/months.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// "2026-10"
static bool is_month(const char *name)
{
    static const char form[] = "0000-00";

    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        bool digit = name[i] >= '0' && name[i] <= '9';
        if (form[i] == '0' ? !digit : name[i] != form[i]) {
            return false;
        }
    }
    return name[sizeof(form) - 1] == '\0';
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, MONTHS_NAME_SIZE);
}

static bool has(DIR *d, const char *name)
{
    return faccessat(dirfd(d), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_log(DIR *d)
{
    return has(d, "wal") || has(d, "tile") || has(d, "checkpoint");
}

static enum aiu_status add(struct months *m, const char *name)
{
    if (m->count == MONTHS_MOST) {
        return AIU_TOO_LONG;
    }
    memcpy(m->names[m->count++], name, strlen(name) + 1);
    return AIU_OK;
}

static enum aiu_status list(DIR *d, struct months *m)
{
    const struct dirent *entry = NULL;

    while ((entry = readdir(d)) != NULL) { // NOLINT(concurrency-mt-unsafe): one thread
        if (is_month(entry->d_name)) {
            TRY(add(m, entry->d_name));
        }
    }
    qsort(m->names, m->count, sizeof(m->names[0]), compare);
    return has(d, "main") ? add(m, "main") : AIU_OK;
}

size_t months_find(const struct months *m, const char *name)
{
    size_t i = 0;

    while (i < m->count && strcmp(m->names[i], name) != 0) {
        i++;
    }
    return i;
}

enum aiu_status months_of(const char *folder, struct months *ret_months)
{
    memset(ret_months, 0, sizeof(*ret_months));
    if (strlen(folder) + 1 + MONTHS_NAME_SIZE > MONTHS_PATH_MOST) {
        return AIU_TOO_LONG;
    }
    DIR *d = opendir(folder);
    if (d == NULL) {
        return errno == EACCES ? AIU_FILE_DENIED : AIU_FILE_NOT_FOUND;
    }
    enum aiu_status st = is_log(d) ? AIU_OK : list(d, ret_months);
    (void)closedir(d);
    return st;
}
