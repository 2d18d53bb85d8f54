// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit backup` and `restore` (guide S79, S90): copies that are known to be good.
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "aiu/audit.h"
#include "audit/backup.h"
#include "audit/months.h"
#include "base/num.h"
#include "codec/json_write.h"

static const char backup_usage[] =
    "usage: aiu audit backup --to FOLDER [--json]\n"
    "\n"
    "Copies the log, also while a gateway writes it, into a new folder below FOLDER, checks the\n"
    "copy, and prints its path: one for each month that has ended, the oldest first, and one for\n"
    "the month that is written. `aiu audit verify --dir` reads each like the log itself.\n"
    "\n"
    "  --dir DIR        only this folder of a log, as STATE/audit/main\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

static const char restore_usage[] =
    "usage: aiu audit restore BACKUP --to FOLDER [--json]\n"
    "       aiu audit restore BACKUP --drill [--json]\n"
    "\n"
    "Checks a backup against its manifest, copies it to FOLDER, which must be new or empty, and\n"
    "checks the copy. --drill does the same in a temporary folder and removes it again: what a\n"
    "restore would give, without one. Exit code 1 where the backup is not what it should be.\n";

struct request {
    struct audit_where where;
    const char *backup, *to;
    bool drill, json;
};

static bool parse(struct request *r, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            r->json = true;
        } else if (strcmp(argv[i], "--drill") == 0) {
            r->drill = true;
        } else if (strcmp(argv[i], "--to") == 0 && i + 1 < argc) {
            r->to = argv[++i];
        } else if (argv[i][0] != '-' && r->backup == NULL) {
            r->backup = argv[i];
        } else if (!audit_where_option(&r->where, argc, argv, &i)) {
            return false;
        }
    }
    return true;
}

static enum aiu_status print_result(const struct request *r, const char *what,
                                    const struct backup_result *b)
{
    CLEANUP(buf_wipe) struct buf root = BUF_OF(64);
    CLEANUP(buf_wipe) struct buf line = BUF_OF(16384);
    struct json_writer w;

    TRY(num_append_base64(&root, span_of(b->root.bytes, TREE_HASH_SIZE)));
    if (!r->json) {
        (void)printf(
            "%s\n%s: %" PRIu64 " entries in %" PRIu64 " files, %" PRIu64 " bytes, root %.*s\n",
            b->path, what, b->entries, b->files, b->bytes, (int)root.n, (const char *)root.p);
        return AIU_OK;
    }
    json_writer_init(&w, &line);
    json_write_object(&w);
    json_write_member_string(&w, "path", span_str(b->path));
    json_write_member_u64(&w, "entries", b->entries);
    json_write_member_u64(&w, "files", b->files);
    json_write_member_u64(&w, "bytes", b->bytes);
    json_write_member_string(&w, "root", buf_span(&root));
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return audit_print_line(buf_span(&line), true);
}

// --- backup -----------------------------------------------------------------------------------

static enum aiu_status backup_log(const struct request *r, const char *folder, const char *month)
{
    char host[65] = "unknown";
    struct backup_result result;
    const struct backup_options o = {.log = folder,
                                     .to = r->to,
                                     .host = host,
                                     .now_unix_s = (uint64_t)time(NULL),
                                     .month = month};

    (void)gethostname(host, sizeof(host) - 1);
    if (access(folder, F_OK) != 0) {
        return AIU_FILE_NOT_FOUND;
    }
    if (access(r->to, F_OK) != 0) {
        (void)fprintf(stderr, "aiu audit: there is no folder %s for the backup\n", r->to);
        return AIU_FILE_DENIED;
    }
    enum aiu_status st = backup_make(&o, &result);
    if (st == AIU_AUDIT_CORRUPT) {
        (void)fprintf(stderr,
                      "aiu audit: what was copied to %s is damaged, so it is no backup; `aiu audit "
                      "fsck --dir %s` tells where\n",
                      result.path, result.path);
    }
    TRY(st);
    return print_result(r, "copied and checked", &result);
}

static enum aiu_status backup_months(const struct request *r, const char *audit)
{
    char folder[AUDIT_FOLDER_MOST + MONTHS_NAME_SIZE];
    struct months months;

    TRY(months_of(audit, &months));
    for (size_t i = 0; i + 1 < months.count; i++) {
        (void)snprintf(folder, sizeof(folder), "%s/%s", audit, months.names[i]);
        TRY(backup_log(r, folder, months.names[i]));
    }
    return AIU_OK;
}

static enum aiu_status backup(const struct request *r)
{
    char folder[AUDIT_FOLDER_MOST], audit[AUDIT_FOLDER_MOST];

    TRY(audit_folder(&r->where, folder));
    if (r->where.dir == NULL && access(r->to, F_OK) == 0) {
        (void)snprintf(audit, sizeof(audit), "%s", folder);
        char *slash = strrchr(audit, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        TRY(backup_months(r, audit));
    }
    return backup_log(r, folder, NULL);
}

static bool is_help(int argc, char **argv)
{
    return argc == 2 && strcmp(argv[1], "--help") == 0;
}

int audit_backup(int argc, char **argv)
{
    struct request r = {.drill = false};

    if (is_help(argc, argv)) {
        (void)fputs(backup_usage, stdout);
        return 0;
    }
    if (!parse(&r, argc, argv) || r.to == NULL || r.backup != NULL || r.drill) {
        (void)fputs(backup_usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    return audit_exit(backup(&r));
}

// --- restore ----------------------------------------------------------------------------------

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static enum aiu_status restore(const struct request *r, const char *to)
{
    CLEANUP(buf_wipe) struct buf why = BUF_OF(8192);
    struct backup_result result;
    enum aiu_status st = backup_restore(r->backup, to, &result, &why);

    if (st == AIU_NOT_FOUND) {
        (void)fprintf(stderr, "aiu audit: %.*s\n", (int)why.n, (const char *)why.p);
    } else if (st == AIU_BUSY) {
        (void)fprintf(stderr, "aiu audit: %s is not empty: nothing is overwritten\n", to);
    }
    TRY(st);
    return print_result(r, r->drill ? "drill: a restore would give" : "restored and checked",
                        &result);
}

static enum aiu_status drill(const struct request *r)
{
    const char *tmp = getenv("TMPDIR"); // NOLINT(concurrency-mt-unsafe): one thread
    char path[AUDIT_FOLDER_MOST];

    (void)snprintf(path, sizeof(path), "%s/aiu-drill-XXXXXX",
                   tmp == NULL || tmp[0] == '\0' ? "/tmp" : tmp);
    if (mkdtemp(path) == NULL) {
        return AIU_FILE_DENIED;
    }
    enum aiu_status st = restore(r, path);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): only with FTW_CHDIR
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) {
        (void)fprintf(stderr, "aiu audit: %s could not be removed\n", path);
    }
    return st;
}

int audit_restore(int argc, char **argv)
{
    struct request r = {.drill = false};

    if (is_help(argc, argv)) {
        (void)fputs(restore_usage, stdout);
        return 0;
    }
    if (!parse(&r, argc, argv) || r.backup == NULL || (r.to != NULL) == r.drill) {
        (void)fputs(restore_usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    return audit_exit(r.drill ? drill(&r) : restore(&r, r.to));
}
