// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/scan_files.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "aiu/status.h"
#include "base/alloc.h"
#include "scan/root.h"
#include "scan/texts.h"

enum { REPORT_MOST = 1 << 30, FILE_MOST = 64 << 20, THREADS_MOST = 16, FAILED = 2 };

static void print_path(const char *path)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);

    if (report_append_path(&text, path) == AIU_OK) {
        (void)fwrite(text.p, 1, text.n, stderr);
    }
}

static void problem(void *ctx, const char *path, const char *why)
{
    const bool *terminal = ctx;

    (void)fputs(*terminal ? "\r\033[K" : "", stderr);
    (void)fputs("aiu scan: ", stderr);
    print_path(path);
    (void)fprintf(stderr, ": %s\n", why);
}

static void progress(void *ctx, uint64_t files)
{
    (void)ctx;
    (void)fprintf(stderr, "\r\033[Kaiu scan: %llu files", (unsigned long long)files);
}

static int fail(const char *path, const char *why)
{
    (void)fputs("aiu scan: ", stderr);
    print_path(path);
    (void)fprintf(stderr, ": %s\n", why);
    return FAILED;
}

static int fail_at(const char *folder, const char *name, const struct allow_error *error)
{
    (void)fputs("aiu scan: ", stderr);
    print_path(folder);
    (void)fprintf(stderr, "/%s:%u: %s\n", name, error->line, error->reason);
    return FAILED;
}

// The allow-lists of a folder; 0 or the exit code.
static int read_folder(struct allow *allow, const char *folder)
{
    CLEANUP(buf_wipe) struct buf toml = BUF_OF(FILE_MOST + 4096);
    CLEANUP(buf_wipe) struct buf lines = BUF_OF(FILE_MOST + 4096);
    struct allow_error error = {0};

    if (root_read(folder, ".gitleaks.toml", FILE_MOST, &toml) != AIU_OK ||
        root_read(folder, ".gitleaksignore", FILE_MOST, &lines) != AIU_OK) {
        return fail(folder, "its allow-lists can not be read");
    }
    enum aiu_status st = allow_read_gitleaks(allow, buf_span(&toml), &error);
    if (st == AIU_FILE_INVALID) {
        return fail_at(folder, ".gitleaks.toml", &error);
    }
    st = st == AIU_OK ? allow_read_lines(allow, buf_span(&lines)) : st;
    return st == AIU_OK ? 0 : fail(folder, aiu_status_info(st)->text);
}

static int read_lists_of(struct allow *allow, const char *path)
{
    struct root root;
    int code = 0;

    if (root_open(path, &root) != AIU_OK) {
        return 0; // the scan says so
    }
    if (root.repository) {
        code = read_folder(allow, root.top);
    }
    bool same = root.repository && root.name[0] == '\0';
    if (code == 0 && S_ISDIR(root.stat.st_mode) && !same) {
        code = read_folder(allow, path);
    }
    root_done(&root);
    return code;
}

static int read_baseline(struct allow *allow, const char *path)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(FILE_MOST + 4096);
    struct allow_error error = {0};

    if (path == NULL) {
        return 0;
    }
    if (access(path, R_OK) != 0) {
        return fail(path, strerrordesc_np(errno));
    }
    if (root_read(path[0] == '/' ? "" : ".", path, FILE_MOST, &text) != AIU_OK) {
        return fail(path, "can not be read");
    }
    enum aiu_status st = allow_read_report(allow, buf_span(&text), &error);
    if (st != AIU_OK) {
        return fail(path, st == AIU_FILE_INVALID ? error.reason : aiu_status_info(st)->text);
    }
    return 0;
}

static int read_lists(struct allow *allow, const struct scan_request *r)
{
    int code = read_baseline(allow, r->baseline);

    if (r->staged && code == 0) {
        return read_lists_of(allow, ".");
    }
    for (size_t i = 0; i < r->path_count && code == 0 && !r->pipe; i++) {
        code = read_lists_of(allow, r->paths[i]);
    }
    return code;
}

static unsigned threads(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0) {
        return 1;
    }
    int n = CPU_COUNT(&set);
    return n < 1 ? 1 : n > THREADS_MOST ? THREADS_MOST : (unsigned)n;
}

static void drop_known(const struct allow *allow, struct file_findings *hits)
{
    size_t kept = 0;

    for (size_t i = 0; i < hits->count; i++) {
        if (!allow_knows(allow, hits->items[i].fingerprint)) {
            struct file_finding swap = hits->items[kept]; // each keeps its owner
            hits->items[kept++] = hits->items[i];
            hits->items[i] = swap;
        }
    }
    for (size_t i = kept; i < hits->count; i++) {
        mem_wipe_free(hits->items[i].revealed, hits->items[i].revealed_n);
    }
    hits->count = kept;
}

static int print_report(const struct scan_request *r, const struct files_result *result)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(REPORT_MOST);

    enum aiu_status st = report_write(result, r->format, AIU_VERSION, &out);
    if (st != AIU_OK) {
        return fail("the report", aiu_status_info(st)->text);
    }
    bool said = out.n == 0 || fwrite(out.p, 1, out.n, stdout) == out.n; // no findings: no bytes
    if (!said || fflush(stdout) != 0) {
        return fail("the report", strerrordesc_np(errno));
    }
    if (r->format == REPORT_TEXT) {
        (void)fprintf(stderr, "aiu scan: %zu findings; %llu files, %.1f MB\n", result->hits.count,
                      (unsigned long long)result->files, (double)result->bytes / 1e6);
    }
    return result->problems > 0 ? FAILED : result->hits.count > 0 ? 1 : 0;
}

static enum aiu_status scan(const struct scan_request *r, const struct files_options *options,
                            struct files_result *result)
{
    if (r->staged) {
        return texts_scan_staged(options, r->paths, r->path_count, result);
    }
    if (r->pipe) {
        return texts_scan_pipe(options, STDIN_FILENO, "-", result);
    }
    return files_scan(options, r->paths, r->path_count, result);
}

static int scan_with(const struct scan_request *r, const struct content_rules *rules)
{
    CLEANUP(files_done) struct files_result result = {0};
    bool terminal = isatty(STDERR_FILENO) == 1;
    const struct files_options options = {.rules = rules,
                                          .threads = threads(),
                                          .all = r->all,
                                          .problem = problem,
                                          .progress = terminal ? progress : NULL,
                                          .ctx = &terminal};

    enum aiu_status st = scan(r, &options, &result);
    (void)fputs(terminal ? "\r\033[K" : "", stderr);
    if (st == AIU_NOT_FOUND) {
        return fail("git", "is not installed");
    }
    if (st != AIU_OK) {
        return fail(r->staged ? "git" : "scan", aiu_status_info(st)->text);
    }
    drop_known(rules->allow, &result.hits);
    return print_report(r, &result);
}

// Nobody judges the wording of a system prompt: the role for files that are not asked for it.
static enum text_role role_of(const struct scan_request *r)
{
    struct rule_set injection = rule_set_kind(KIND_INJECTION);

    for (size_t i = 0; i < ARRAY_SIZE(injection.bits); i++) {
        if ((injection.bits[i] & r->rules.bits[i]) != 0) {
            return r->pipe ? TEXT_USER : TEXT_DOCUMENT;
        }
    }
    return TEXT_SYSTEM;
}

int scan_files(const struct scan_request *r)
{
    CLEANUP(allow_done) struct allow allow;
    CLEANUP(engine_freep) struct engine *engine = NULL;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    allow_init(&allow);
    int code = read_lists(&allow, r);
    if (code != 0) {
        return code;
    }
    enum aiu_status st = engine_new(&engine);
    if (st != AIU_OK) {
        return fail("scan", aiu_status_info(st)->text);
    }
    const struct content_rules rules = {.engine = engine,
                                        .rules = r->rules,
                                        .role = role_of(r),
                                        .deep = true,
                                        .reveal = r->reveal,
                                        .allow = &allow,
                                        .allow_lock = &lock};
    return scan_with(r, &rules);
}
