// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit backup` and `restore` (guide S79, S90): copies that are known to be good.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "aiu/audit.h"
#include "aiu/option.h"
#include "audit/backup.h"
#include "audit/backup_seal.h"
#include "audit/months.h"
#include "base/num.h"
#include "codec/json_write.h"
#include "secret/io.h"
#include "secret/load.h"

static const char backup_usage[] =
    "usage: aiu audit backup --to FOLDER [--key FILE] [--json]\n"
    "\n"
    "Copies the log, also while a gateway writes it, into a new folder below FOLDER, checks the\n"
    "copy, and prints its path: one for each month that has ended, the oldest first, and one for\n"
    "the month that is written. `aiu audit verify --dir` reads each like the log itself.\n"
    "\n"
    "  --key FILE       make one encrypted file NAME.sealed instead of a folder. FILE holds a key\n"
    "                   of 32 bytes and more (head -c 32 /dev/urandom >FILE) that only you can\n"
    "                   read; without it nobody opens the backup again\n"
    "  --dir DIR        only this folder of a log, as STATE/audit/main\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

static const char restore_usage[] =
    "usage: aiu audit restore BACKUP --to FOLDER [--key FILE] [--json]\n"
    "       aiu audit restore BACKUP --drill [--key FILE] [--json]\n"
    "\n"
    "Checks a backup against its manifest, copies it to FOLDER, which must be new or empty, and\n"
    "checks the copy. --drill does the same in a temporary folder and removes it again: what a\n"
    "restore would give, without one. Exit code 1 where the backup is not what it should be.\n"
    "\n"
    "  --key FILE   the key that BACKUP, a file, was encrypted with\n";

struct request {
    struct audit_where where;
    const char *backup, *to;
    const char *key_file; // NULL: not encrypted
    struct secret *key;
    bool drill, json;
};

enum { KEY_LEAST = 32, NAMES_MOST = 1000 };

static bool parse(struct request *r, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            r->json = true;
        } else if (strcmp(argv[i], "--drill") == 0) {
            r->drill = true;
        } else if (strcmp(argv[i], "--to") == 0 && i + 1 < argc) {
            r->to = argv[++i];
        } else if (strcmp(argv[i], "--key") == 0 && i + 1 < argc) {
            r->key_file = argv[++i];
        } else if (argv[i][0] != '-' && r->backup == NULL) {
            r->backup = argv[i];
        } else if (!audit_where_option(&r->where, argc, argv, &i)) {
            option_complain("aiu audit", argv[i]);
            return false;
        }
    }
    return true;
}

static enum aiu_status load_key(struct request *r)
{
    const struct secret_source source = {
        .kind = SECRET_FROM_FILE, .name = r->key_file, .raw = true};

    if (r->key_file == NULL) {
        return AIU_OK;
    }
    enum aiu_status st = secret_init_library();
    st = st == AIU_OK ? secret_load(&source, NULL, &r->key) : st;
    if (st == AIU_OK && secret_size(r->key) < KEY_LEAST) {
        (void)fprintf(stderr, "aiu audit: %s: the key is shorter than %d bytes\n", r->key_file,
                      KEY_LEAST);
        return AIU_CONFIG_BAD_KEY;
    }
    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu audit: %s: %s\n", r->key_file, aiu_status_info(st)->text);
    }
    return st;
}

static void remove_folder(const char *path)
{
    if (!io_remove_folder(path)) {
        (void)fprintf(stderr, "aiu audit: %s could not be removed\n", path);
    }
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

// Open the sealed file once more, as a restore would, and check what is in it.
static enum aiu_status check_sealed(const struct request *r, const char *tmp, const char *file)
{
    CLEANUP(buf_wipe) struct buf why = BUF_OF(8192);
    struct backup_result checked;
    char folder[AUDIT_FOLDER_MOST];

    if (snprintf(folder, sizeof(folder), "%s/check", tmp) >= (int)sizeof(folder)) {
        return AIU_TOO_LONG;
    }
    if (mkdir(folder, 0700) != 0) {
        return AIU_FILE_DENIED;
    }
    TRY(backup_unseal(file, folder, r->key));
    enum aiu_status st = backup_check(folder, &checked, &why);
    return st == AIU_NOT_FOUND ? AIU_IO : st;
}

// Into a file whose name nothing has, even in the same second.
static enum aiu_status seal_as(const struct request *r, const char *to, const char *made,
                               char file[AUDIT_FOLDER_MOST])
{
    enum aiu_status st = AIU_BUSY;

    for (int i = 1; st == AIU_BUSY && i < NAMES_MOST; i++) {
        char number[16] = "";
        if (i > 1) {
            (void)snprintf(number, sizeof(number), "-%d", i);
        }
        if (snprintf(file, AUDIT_FOLDER_MOST, "%s%s%s.sealed", to, strrchr(made, '/'), number) >=
            AUDIT_FOLDER_MOST) {
            return AIU_TOO_LONG;
        }
        st = backup_seal(made, file, r->key);
    }
    return st;
}

static enum aiu_status seal_in(const struct request *r, const char *tmp,
                               const struct backup_options *o, struct backup_result *ret_result)
{
    struct backup_options inside = *o;
    char file[AUDIT_FOLDER_MOST];

    inside.to = tmp;
    TRY(backup_make(&inside, ret_result));
    TRY(seal_as(r, o->to, ret_result->path, file));
    enum aiu_status st = check_sealed(r, tmp, file);
    if (st != AIU_OK) {
        (void)unlink(file); // nothing that cannot be restored is called a backup
    }
    (void)snprintf(ret_result->path, sizeof(ret_result->path), "%s", file);
    return st;
}

// The copy that is encrypted is made beside the log, where it shows nobody more than the log does.
static enum aiu_status sealed_backup(const struct request *r, const struct backup_options *o,
                                     struct backup_result *ret_result)
{
    char tmp[AUDIT_FOLDER_MOST];

    (void)snprintf(tmp, sizeof(tmp), "%s", o->log);
    char *slash = strrchr(tmp, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - tmp) + 1;
    if (snprintf(tmp + n, sizeof(tmp) - n, ".backup-XXXXXX") >= (int)(sizeof(tmp) - n)) {
        return AIU_TOO_LONG;
    }
    if (mkdtemp(tmp) == NULL) {
        (void)fprintf(stderr, "aiu audit: there is no room beside %s\n", o->log);
        return AIU_FILE_DENIED;
    }
    enum aiu_status st = seal_in(r, tmp, o, ret_result);
    remove_folder(tmp);
    return st;
}

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
    enum aiu_status st = r->key == NULL ? backup_make(&o, &result) : sealed_backup(r, &o, &result);
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
    enum aiu_status st = load_key(&r);
    st = st == AIU_OK ? backup(&r) : st;
    secret_done(&r.key);
    return audit_exit(st);
}

// --- restore ----------------------------------------------------------------------------------

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

// Of an encrypted file: opened beside the target, and gone afterwards.
static enum aiu_status restore_sealed(const struct request *r, const char *to)
{
    char tmp[AUDIT_FOLDER_MOST];
    struct request opened = *r;

    if (snprintf(tmp, sizeof(tmp), "%s.unsealed-XXXXXX", to) >= (int)sizeof(tmp)) {
        return AIU_TOO_LONG;
    }
    if (mkdtemp(tmp) == NULL) {
        return AIU_FILE_DENIED;
    }
    opened.backup = tmp;
    enum aiu_status st = backup_unseal(r->backup, tmp, r->key);
    if (st == AIU_FILE_INVALID) {
        (void)fprintf(stderr,
                      "aiu audit: %s was not encrypted with the key in %s, or was changed or cut\n",
                      r->backup, r->key_file);
        st = AIU_NOT_FOUND; // not what it should be
    }
    st = st == AIU_OK ? restore(&opened, to) : st;
    remove_folder(tmp);
    return st;
}

static enum aiu_status restore_any(const struct request *r, const char *to)
{
    struct stat st;

    if (r->key == NULL && stat(r->backup, &st) == 0 && S_ISREG(st.st_mode)) {
        (void)fprintf(stderr,
                      "aiu audit: %s is a file; of an encrypted backup say --key FILE too\n",
                      r->backup);
        return AIU_USAGE;
    }
    return r->key == NULL ? restore(r, to) : restore_sealed(r, to);
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
    enum aiu_status st = restore_any(r, path);
    remove_folder(path);
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
    enum aiu_status st = load_key(&r);
    if (st == AIU_OK) {
        st = r.drill ? drill(&r) : restore_any(&r, r.to);
    }
    secret_done(&r.key);
    return audit_exit(st);
}
