// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/evidence_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/backup.h"
#include "audit/months_chain.h"

enum { PATH_SIZE = 8192 + 64 };

static enum aiu_status copy_month(struct evidence_log *e, const char *name)
{
    char log[PATH_SIZE], to[PATH_SIZE], path[PATH_SIZE];
    struct backup_result made;
    const struct backup_options o = {
        .log = log, .to = to, .host = "log", .now_unix_s = e->now_unix_s, .month = name};

    (void)snprintf(log, sizeof(log), "%s/audit/%s", e->state, name);
    (void)snprintf(to, sizeof(to), "%s/log", e->folder);
    if (snprintf(path, sizeof(path), "%s/%s", to, name) >= (int)sizeof(path)) {
        return AIU_TOO_LONG;
    }
    TRY(backup_make(&o, &made));
    e->entries += made.entries;
    return rename(made.path, path) == 0 ? AIU_OK : AIU_IO;
}

// A month that ended while the others were copied: its name was not there when they were listed.
static enum aiu_status copy_late(struct evidence_log *e, const struct months *listed)
{
    char path[PATH_SIZE], previous[MONTHS_NAME_SIZE];
    struct months *m = &e->months;
    size_t last = m->count - 1;

    (void)snprintf(path, sizeof(path), "%s/log/%s", e->folder, m->names[last]);
    TRY(months_previous(path, previous));
    if (strcmp(m->names[last], "main") != 0 || previous[0] == '\0' || m->count == MONTHS_MOST ||
        months_find(listed, previous) < listed->count) {
        return AIU_OK;
    }
    (void)snprintf(path, sizeof(path), "%s/audit/%s", e->state, previous);
    if (access(path, F_OK) != 0) {
        return AIU_OK; // deleted long ago
    }
    memcpy(m->names[m->count++], m->names[last], MONTHS_NAME_SIZE);
    memcpy(m->names[last], previous, MONTHS_NAME_SIZE);
    return copy_month(e, previous);
}

enum aiu_status evidence_log_copy(struct evidence_log *e)
{
    char path[PATH_SIZE];
    struct months listed;

    if (snprintf(path, sizeof(path), "%s/log", e->folder) >= (int)sizeof(path)) {
        return AIU_TOO_LONG;
    }
    if (mkdir(path, 0700) != 0) {
        return errno == ENOSPC ? AIU_AUDIT_UNAVAILABLE : AIU_FILE_DENIED;
    }
    (void)snprintf(path, sizeof(path), "%s/audit", e->state);
    TRY(months_of(path, &listed));
    e->months = listed;
    e->entries = 0;
    TRY(months_within(path, e->from_us, e->to_us, &e->months));
    if (listed.count == 0) {
        return AIU_FILE_NOT_FOUND;
    }
    if (e->months.count == 0) { // a window before everything: the newest, to see that it is so
        memcpy(e->months.names[0], listed.names[listed.count - 1], MONTHS_NAME_SIZE);
        e->months.count = 1;
    }
    for (size_t i = 0; i < e->months.count; i++) {
        TRY(copy_month(e, e->months.names[i]));
    }
    return copy_late(e, &listed);
}

static enum aiu_status wrong(struct buf *why, const char *what)
{
    buf_reset(why);
    IGNORE(buf_append(why, span_str(what)));
    return AIU_NOT_FOUND;
}

enum aiu_status evidence_log_check(const char *folder, const struct json_doc *manifest,
                                   struct arena *a, struct buf *why)
{
    uint32_t list = json_member(manifest, 0, SPAN_OF("logs"));

    if (!json_is(manifest, list, JSON_ARRAY) || json_first(manifest, list) == JSON_NONE) {
        return wrong(why, "MANIFEST.json names no log");
    }
    for (uint32_t item = json_first(manifest, list); item != JSON_NONE;
         item = json_next(manifest, list, item)) {
        char path[PATH_SIZE];
        struct backup_result checked;
        struct span name;
        TRY(json_string(manifest, item, a, &name));
        if (!span_starts_with(name, SPAN_OF("log/")) ||
            span_find_span(name, SPAN_OF("..")) < name.n) {
            return wrong(why, "MANIFEST.json names a log outside of the bundle");
        }
        (void)snprintf(path, sizeof(path), "%s/%.*s", folder, (int)name.n, (const char *)name.p);
        if (backup_check(path, &checked, why) != AIU_OK) {
            return AIU_NOT_FOUND;
        }
    }
    return AIU_OK;
}
