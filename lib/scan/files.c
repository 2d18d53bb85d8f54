// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The calling thread walks and fills the queue; the others scan, each with buffers of its own. What
// they found is joined and sorted at the end.
#include "scan/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "scan/folder.h"
#include "scan/queue.h"

enum { PROGRESS_MS = 100 };

struct run {
    const struct files_options *options;
    struct queue queue;
    pthread_mutex_t lock; // of the callbacks and the result
    struct files_result *result;
    _Atomic uint64_t scanned;
    size_t order;
    uint64_t shown_ms;
};

struct worker {
    struct run *run;
    pthread_t thread;
    struct content content;
    enum aiu_status status;
};

enum aiu_status source_file_new(const char *path, const char *name, size_t order,
                                struct source_file **ret_file)
{
    struct source_file *file = mem_new(1, sizeof(*file));

    if (file == NULL) {
        return AIU_NO_MEMORY;
    }
    file->order = order;
    file->path = mem_dup(path, strlen(path));
    file->name = mem_dup(name, strlen(name));
    if (file->path == NULL || file->name == NULL) {
        source_file_free(file);
        return AIU_NO_MEMORY;
    }
    *ret_file = file;
    return AIU_OK;
}

void source_file_free(struct source_file *file)
{
    if (file != NULL) {
        mem_free(file->path);
        mem_free(file->name);
        mem_free(file);
    }
}

enum aiu_status files_keep(struct files_result *r, struct source_file *file)
{
    if (r->kept_count == r->kept_capacity) {
        size_t more = r->kept_capacity == 0 ? 16 : r->kept_capacity * 2;
        struct source_file **kept = mem_resize_wiped(
            (void *)r->kept, r->kept_capacity * sizeof(*kept), more * sizeof(*kept));
        if (kept == NULL) {
            return AIU_NO_MEMORY;
        }
        r->kept = kept;
        r->kept_capacity = more;
    }
    r->kept[r->kept_count++] = file;
    return AIU_OK;
}

void files_done(struct files_result *r)
{
    file_findings_done(&r->hits);
    for (size_t i = 0; i < r->kept_count; i++) {
        source_file_free(r->kept[i]);
    }
    mem_free((void *)r->kept);
    *r = (struct files_result){0};
}

static void report(struct run *run, const char *path, const char *why)
{
    (void)pthread_mutex_lock(&run->lock);
    run->result->problems++;
    if (run->options->problem != NULL) {
        run->options->problem(run->options->ctx, path, why);
    }
    (void)pthread_mutex_unlock(&run->lock);
}

static void report_from_walk(void *ctx, const char *path, const char *why)
{
    report(ctx, path, why);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void show_progress(struct run *run)
{
    if (run->options->progress == NULL || now_ms() - run->shown_ms < PROGRESS_MS) {
        return;
    }
    run->shown_ms = now_ms();
    (void)pthread_mutex_lock(&run->lock);
    run->options->progress(run->options->ctx, atomic_load(&run->scanned));
    (void)pthread_mutex_unlock(&run->lock);
}

static enum aiu_status push(struct run *run, const char *path, const char *name, bool named)
{
    struct job job = {.named = named};

    TRY(source_file_new(path, name, run->order++, &job.file));
    queue_push(&run->queue, &job);
    show_progress(run);
    return AIU_OK;
}

static enum aiu_status push_found(void *ctx, const char *path, const char *name)
{
    return push(ctx, path, name, false);
}

static const char *why_of(enum aiu_status st, int error)
{
    return st == AIU_IO ? strerrordesc_np(error) : aiu_status_info(st)->text;
}

// A file may end sooner than it said when it was opened: then some of it was never seen.
static bool has_shrunk(int fd, const struct stat *before)
{
    struct stat now;

    return fstat(fd, &now) == 0 && now.st_size < before->st_size;
}

static enum aiu_status scan_open(struct worker *w, const struct job *job, int fd)
{
    const struct content_source source = {.read = content_read_fd, .ctx = &fd, .file = job->file};
    struct stat before;

    if (fstat(fd, &before) != 0 || !S_ISREG(before.st_mode)) {
        if (job->named) {
            report(w->run, job->file->path, "no regular file; use - to scan a pipe");
        }
        return AIU_OK;
    }
    errno = 0;
    enum aiu_status st = content_scan(&w->content, &source);
    if (st == AIU_NO_MEMORY) {
        return st;
    }
    if (st != AIU_OK) {
        report(w->run, job->file->path, why_of(st, errno));
    } else if (has_shrunk(fd, &before)) {
        report(w->run, job->file->path, "became shorter while it was read");
    }
    return AIU_OK;
}

static enum aiu_status scan_job(struct worker *w, const struct job *job)
{
    int follow = job->named ? 0 : O_NOFOLLOW;
    int fd = open(job->file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | follow);

    if (fd < 0) {
        report(w->run, job->file->path, strerrordesc_np(errno));
        return AIU_OK;
    }
    enum aiu_status st = scan_open(w, job, fd);
    (void)close(fd);
    atomic_fetch_add_explicit(&w->run->scanned, 1, memory_order_relaxed);
    return st;
}

// Whether an allow-list lets the whole file pass.
static bool is_passed(struct worker *w, const struct job *job)
{
    const struct content_rules *rules = w->run->options->rules;
    bool yes = false;

    if (rules->allow == NULL || rules->allow->entries == NULL) {
        return false;
    }
    (void)pthread_mutex_lock(rules->allow_lock);
    enum aiu_status st = allow_has_file(rules->allow, span_str(job->file->name), &yes);
    (void)pthread_mutex_unlock(rules->allow_lock);
    return st == AIU_OK && yes;
}

static void take_job(struct worker *w, const struct job *job)
{
    size_t before = w->content.hits.count;

    if (w->status == AIU_OK && !is_passed(w, job)) {
        w->status = scan_job(w, job);
    }
    if (w->content.hits.count == before) {
        source_file_free(job->file);
        return;
    }
    (void)pthread_mutex_lock(&w->run->lock);
    enum aiu_status st = files_keep(w->run->result, job->file);
    (void)pthread_mutex_unlock(&w->run->lock);
    if (st != AIU_OK) {
        source_file_free(job->file); // nobody looks at its hits any more
    }
    w->status = w->status == AIU_OK ? st : w->status;
}

static void *work(void *ctx)
{
    struct worker *w = ctx;
    struct job job;

    while (queue_take(&w->run->queue, &job)) {
        take_job(w, &job);
    }
    return NULL;
}

static enum aiu_status walk_path(struct run *run, const char *path)
{
    const struct folder_visitor visitor = {
        .file = push_found, .problem = report_from_walk, .ctx = run, .all = run->options->all};
    struct root root;

    enum aiu_status st = root_open(path, &root);
    if (st == AIU_IO) {
        report(run, path, strerrordesc_np(errno));
        return AIU_OK;
    }
    TRY(st);
    st = S_ISDIR(root.stat.st_mode) ? folder_visit(&root, &visitor)
                                    : push(run, path, root.name, true);
    root_done(&root);
    return st;
}

static enum aiu_status join(struct run *run, struct worker *workers, unsigned count)
{
    struct files_result *r = run->result;
    enum aiu_status st = AIU_OK;

    for (unsigned i = 0; i < count; i++) {
        struct content *c = &workers[i].content;
        (void)pthread_join(workers[i].thread, NULL);
        st = st == AIU_OK ? workers[i].status : st;
        for (size_t k = 0; k < c->hits.count && st == AIU_OK; k++) {
            st = file_findings_append(&r->hits, &c->hits.items[k]);
            c->hits.items[k].revealed = st == AIU_OK ? NULL : c->hits.items[k].revealed;
        }
        r->files += c->files;
        r->bytes += c->bytes;
        r->binary += c->binary;
        content_done(c);
    }
    return st == AIU_OK ? file_findings_sort(&r->hits) : st;
}

static enum aiu_status start(struct run *run, struct worker *w)
{
    w->run = run;
    enum aiu_status st = content_init(&w->content, run->options->rules);
    if (st == AIU_OK && pthread_create(&w->thread, NULL, work, w) != 0) {
        st = AIU_IO;
    }
    if (st != AIU_OK) {
        content_done(&w->content);
    }
    return st;
}

static enum aiu_status run_all(struct run *run, struct worker *workers, const char *const *paths,
                               size_t count)
{
    unsigned started = 0;
    enum aiu_status st = AIU_OK;

    while (started < run->options->threads && st == AIU_OK) {
        st = start(run, &workers[started]);
        started += st == AIU_OK;
    }
    st = started > 0 ? AIU_OK : st; // fewer threads do as well
    for (size_t i = 0; i < count && st == AIU_OK; i++) {
        st = walk_path(run, paths[i]);
    }
    queue_close(&run->queue);
    enum aiu_status joined = join(run, workers, started);
    return st == AIU_OK ? joined : st;
}

enum aiu_status files_scan(const struct files_options *options, const char *const *paths,
                           size_t count, struct files_result *ret_result)
{
    struct run run = {.options = options, .result = ret_result, .shown_ms = now_ms()};
    struct worker *workers = mem_new(options->threads, sizeof(*workers));

    if (workers == NULL) {
        return AIU_NO_MEMORY;
    }
    queue_init(&run.queue);
    (void)pthread_mutex_init(&run.lock, NULL);
    enum aiu_status st = run_all(&run, workers, paths, count);
    (void)pthread_mutex_destroy(&run.lock);
    queue_done(&run.queue);
    mem_free(workers);
    return st;
}
