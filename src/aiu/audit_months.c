// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/audit_months.h"

#include <string.h>

#include "audit/months_chain.h"

static enum aiu_status find_folder(const struct audit_where *where, struct audit_months *m)
{
    TRY(audit_folder(where, m->folder));
    if (where->dir == NULL) {
        *strrchr(m->folder, '/') = '\0'; // STATE/audit
    }
    return strlen(m->folder) + 1 + MONTHS_NAME_SIZE < AUDIT_FOLDER_MOST ? AIU_OK : AIU_TOO_LONG;
}

static enum aiu_status pick(struct audit_months *m, const char *month)
{
    size_t i = months_find(&m->list, month);

    if (i < m->list.count) {
        m->list.count = i + 1;
        audit_months_keep_last(m);
        return AIU_OK;
    }
    (void)fprintf(stderr, "aiu audit: there is no month %s in %s\n", month, m->folder);
    return AIU_USAGE;
}

enum aiu_status audit_months_open(const struct audit_where *where, const char *month,
                                  struct audit_months *ret_months)
{
    struct audit_months *m = ret_months;

    TRY(find_folder(where, m));
    TRY(months_of(m->folder, &m->list));
    if (month != NULL) {
        return pick(m, month);
    }
    if (m->list.count > 0) {
        return AIU_OK;
    }
    m->list.count = 1; // its name is empty: the folder itself, whatever is in it
    return where->dir != NULL ? AIU_OK : AIU_FILE_NOT_FOUND;
}

void audit_months_path(const struct audit_months *m, size_t i, char ret_path[AUDIT_FOLDER_MOST])
{
    const char *name = m->list.names[i];

    (void)snprintf(ret_path, AUDIT_FOLDER_MOST, "%.*s%s%s",
                   AUDIT_FOLDER_MOST - MONTHS_NAME_SIZE - 2, m->folder, name[0] == '\0' ? "" : "/",
                   name);
}

// Whether the list is another by now from month `i` on; what it is goes in.
static bool has_grown(struct audit_months *m, size_t i)
{
    struct months now;

    if (months_of(m->folder, &now) != AIU_OK) {
        return false;
    }
    size_t k = months_find(&now, m->list.names[i - 1]) + 1;
    if (k >= now.count || strcmp(now.names[k], m->list.names[i]) == 0 ||
        i + now.count - k > MONTHS_MOST) {
        return false;
    }
    memcpy(m->list.names[i], now.names[k], (now.count - k) * sizeof(now.names[0]));
    m->list.count = i + now.count - k;
    return true;
}

bool audit_months_is_gap(struct audit_months *m, size_t i, char ret_previous[MONTHS_NAME_SIZE])
{
    char path[AUDIT_FOLDER_MOST];
    bool gap = i > 0; // what was before the first may have been deleted in its time

    ret_previous[0] = '\0';
    for (bool again = gap; again; again = gap && has_grown(m, i)) {
        audit_months_path(m, i, path);
        // One that cannot be read is told by whoever reads it.
        gap = months_previous(path, ret_previous) == AIU_OK &&
              strcmp(ret_previous, m->list.names[i - 1]) != 0;
    }
    return gap;
}

void audit_months_say_gap(const struct audit_months *m, size_t i, const char *previous, FILE *to)
{
    if (previous[0] == '\0') {
        (void)fprintf(to, "missing: %s does not say that it goes on from %s\n", m->list.names[i],
                      m->list.names[i - 1]);
    } else {
        (void)fprintf(
            to, "missing: %s goes on from %s, which is not there; the month before it here is %s\n",
            m->list.names[i], previous, m->list.names[i - 1]);
    }
}

void audit_months_keep_last(struct audit_months *m)
{
    memmove(m->list.names, m->list.names[m->list.count - 1], sizeof(m->list.names[0]));
    m->list.count = 1;
}
