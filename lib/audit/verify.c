// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// First the signatures, then the entries: as many parts of the log at once as there are threads,
// whose nodes then go into one tree in order.
//
// A live log grows meanwhile. The checkpoint is read before the entries, so they are never fewer
// than it says.
#include "audit/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/verify_private.h"
#include "base/alloc.h"

enum { ENTRIES_A_JOB = 256 * TILE_WIDTH };

static void verify_done(struct verify *v)
{
    for (size_t i = 0; i < v->jobs_count; i++) {
        job_free(v->jobs[i]);
    }
    buf_wipe(&v->note);
    buf_wipe(&v->keys.epochs);
    segment_list_done(&v->segments);
    folder_close_fd(&v->wal_fd);
    folder_close_fd(&v->top_fd);
}

void verify_find(struct verify *v, enum verify_fault fault, uint64_t from, uint64_t until)
{
    if (v->report->fault == VERIFY_GOOD) {
        v->report->fault = fault;
        v->report->bad_index = from;
        v->report->bad_until = until > from ? until : from + 1;
    }
}

void verify_place(struct verify *v, const char *path)
{
    if (v->report->place[0] == '\0') {
        (void)snprintf(v->report->place, sizeof(v->report->place), "%s", path);
    }
}

// Signatures

// A note that counts: what it says, and who says it.
struct opened {
    struct checkpoint checkpoint;
    struct trust_verdict verdict;
    uint32_t key_id;
};

// The keys of a log count for each of its months. `witnessed`: the quorum is asked for.
static enum aiu_status open_note(const struct trust *trust, bool witnessed, struct span bytes,
                                 struct opened *ret_opened)
{
    struct opened o = {.key_id = 0};
    struct trust own;
    struct note n;

    TRY(note_parse(bytes, &n));
    TRY(checkpoint_parse(n.text, &o.checkpoint));
    if (trust != NULL) {
        own = *trust;
        own.quorum = witnessed ? trust->quorum : TRUST_NONE;
        TRY(trust_add_shard(&own, o.checkpoint.origin));
        TRY(trust_open(&own, bytes, &o.checkpoint, &o.verdict));
        o.key_id = own.logs[o.verdict.log].id;
    }
    *ret_opened = o;
    return AIU_OK;
}

static void judge_note(struct verify *v, enum aiu_status st)
{
    enum verify_fault fault = VERIFY_NOT_A_CHECKPOINT;

    if (st == AIU_NOT_FOUND) {
        fault = VERIFY_FOREIGN_KEY;
    } else if (st == AIU_AUDIT_UNVERIFIED) {
        fault = VERIFY_BAD_SIGNATURE;
    } else if (st == AIU_FORBIDDEN) {
        fault = VERIFY_NO_QUORUM;
    }
    verify_find(v, fault, 0, 0);
    verify_place(v, "checkpoint");
}

static void report_checkpoint(struct verify *v, const struct opened *o)
{
    struct verify_report *r = v->report;
    const struct checkpoint *c = &o->checkpoint;
    size_t n = c->origin.n < NOTE_NAME_MOST ? c->origin.n : NOTE_NAME_MOST;

    memcpy(r->origin, c->origin.p, n);
    r->origin[n] = '\0';
    r->size = c->size;
    r->root = c->root;
    r->signers = o->verdict;
    r->cosigned = (size_t)__builtin_popcountll(o->verdict.witnesses);
    r->key_id = o->key_id;
    v->is_signed = true;
}

static enum aiu_status check_checkpoint(struct verify *v, struct span bytes)
{
    struct opened o;
    enum aiu_status st = open_note(v->options->trust, true, bytes, &o);

    if (st == AIU_TOO_LONG) {
        return st;
    }
    if (st != AIU_OK) {
        judge_note(v, st);
        return AIU_OK;
    }
    report_checkpoint(v, &o);
    return AIU_OK;
}

static enum aiu_status read_checkpoint(struct verify *v)
{
    CLEANUP(folder_close_fd) int fd = -1;
    struct buf *note = &v->note;
    uint8_t *p = NULL;
    ssize_t n = 1;

    if (v->options->checkpoint != NULL) {
        return check_checkpoint(v, *v->options->checkpoint);
    }
    enum aiu_status st = folder_open_file(v->top_fd, "checkpoint", O_RDONLY | O_NONBLOCK, &fd);
    if (st == AIU_FILE_NOT_FOUND) {
        return AIU_OK;
    }
    TRY(st);
    while (n > 0 && note->n <= CHECKPOINT_MOST) {
        size_t room = CHECKPOINT_MOST + 1 - note->n < 4096 ? CHECKPOINT_MOST + 1 - note->n : 4096;
        TRY(buf_reserve(note, room, &p));
        n = read(fd, p, room);
        if (n < 0 && errno != EINTR) {
            return folder_errno(errno);
        }
        buf_grow(note, n > 0 ? (size_t)n : 0);
        n = n < 0 ? 1 : n;
    }
    return check_checkpoint(v, buf_span(note));
}

static void add_cut(struct verify *v, const struct checkpoint *c, size_t since)
{
    struct verify_tree *t = &v->tree;
    size_t i = t->cuts_count++;

    for (; i > 0 && t->cuts[i - 1].size > c->size; i--) {
        t->cuts[i] = t->cuts[i - 1];
    }
    t->cuts[i] = (struct verify_cut){.size = c->size, .root = c->root, .since = since};
}

// What somebody remembers must be signed by the log, and the log must go on from there.
static enum aiu_status check_since(struct verify *v)
{
    const struct verify_options *o = v->options;
    const struct checkpoint own = {.size = v->report->size, .root = v->report->root};

    for (size_t i = 0; i < o->since_count; i++) {
        struct opened old;
        const struct checkpoint *c = &old.checkpoint;
        v->report->since = i;
        // How many witnesses it had then is no question now.
        if (open_note(o->trust, false, o->since[i], &old) != AIU_OK ||
            !span_equal(c->origin, span_str(v->report->origin))) {
            return AIU_FILE_INVALID;
        }
        if (c->size > own.size) {
            verify_find(v, VERIFY_ROLLED_BACK, own.size, c->size);
            return AIU_OK;
        }
        if (c->size == own.size && !tree_hash_equal(&c->root, &own.root)) {
            verify_find(v, VERIFY_FORKED, 0, c->size);
            return AIU_OK;
        }
        add_cut(v, c, i);
    }
    v->report->since = 0;
    add_cut(v, &own, SIZE_MAX);
    return AIU_OK;
}

// The entries

static bool has_file(int dir, const char *name)
{
    struct stat s;

    return fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum aiu_status look_around(struct verify *v)
{
    struct folder f = {v->top_fd, -1, -1};
    enum aiu_status st = folder_open_file(v->top_fd, "wal", O_RDONLY | O_DIRECTORY, &v->wal_fd);

    if (st != AIU_OK && st != AIU_FILE_NOT_FOUND) {
        return st;
    }
    v->report->has_tiles = has_file(v->top_fd, "tile/0");
    v->report->has_bundles = has_file(v->top_fd, "tile/entries");
    if (v->wal_fd >= 0) {
        f.wal = v->wal_fd;
        TRY(folder_segments(&f, &v->segments));
    }
    v->report->has_wal = v->segments.count > 0;
    return AIU_OK;
}

// The next part that is not begun, as long as there is one.
struct plan {
    size_t segment;
    uint64_t index;
};

static bool next_job(const struct verify *v, struct plan *plan, struct job *job)
{
    const struct verify_report *r = v->report;

    job->top_fd = v->top_fd;
    job->wal_fd = v->wal_fd;
    job->size = r->size;
    job->tiles = r->has_tiles && v->with_tiles;
    job->bundles = r->has_bundles && r->has_wal && v->with_tiles;
    job->cuts = v->cut_sizes;
    job->cuts_count = v->tree.cuts_count;
    if (r->has_wal) {
        job->kind = JOB_SEGMENT;
        job->last = plan->segment + 1 == v->segments.count;
        if (plan->segment == v->segments.count) {
            return false;
        }
        job->first = v->segments.first[plan->segment++];
        return true;
    }
    job->kind = r->has_bundles ? JOB_BUNDLES : JOB_TILES;
    job->first = plan->index;
    job->end = r->size - plan->index < ENTRIES_A_JOB ? r->size : plan->index + ENTRIES_A_JOB;
    plan->index = job->end;
    return job->first < job->end;
}

static enum aiu_status add_nodes(struct verify *v, const struct job *job)
{
    for (struct span rest = buf_span(&job->nodes); rest.n > 0;
         rest = span_drop_first(rest, sizeof(struct job_tree_node))) {
        struct job_tree_node node;
        struct tree_hash hash;
        memcpy(&node, rest.p, sizeof(node));
        memcpy(hash.bytes, node.hash, TREE_HASH_SIZE);
        TRY(verify_tree_add(&v->tree, node.level, &hash));
    }
    return AIU_OK;
}

// Whether the segment was begun with the entries that are before it now.
static void check_header(struct verify *v, const struct job *job)
{
    struct tree_hash root = tree_root(&v->tree.tree);

    if (v->header_until == 0 && !tree_hash_equal(&root, &job->header.root)) {
        v->header_until = job->first;
        (void)snprintf(v->header_place, sizeof(v->header_place), "wal/%020llu.wal",
                       (unsigned long long)job->first);
    }
}

static enum aiu_status take_job(struct verify *v, const struct job *job)
{
    uint64_t index = v->tree.tree.size;

    TRY(job->status);
    if (job->first != index) {
        char path[VERIFY_PLACE_SIZE] = "wal/";
        bool gap = job->first > index;
        wal_name(job->first, path + strlen(path));
        verify_find(v, gap ? VERIFY_DELETED : VERIFY_INSERTED, gap ? index : job->first,
                    gap ? job->first : index);
        verify_place(v, path);
        return AIU_OK;
    }
    if (job->kind == JOB_SEGMENT && job->mark != JOB_HEADER) {
        check_header(v, job);
    }
    if (job->is_missing && !v->tree.is_missing) {
        v->tree.is_missing = true;
        v->tree.missing = job->missing;
    }
    v->report->bytes += job->bytes;
    TRY(add_nodes(v, job));
    TRY(verify_keys_take(v, job));
    if (job->mark != JOB_FINE) {
        v->stop = (struct verify_stop){job->kind, job->mark, job->first, job->at};
        v->there = job->row;
    }
    return AIU_OK;
}

static void *run_thread(void *ctx)
{
    job_run(ctx);
    return NULL;
}

static void run_jobs(struct verify *v, size_t count)
{
    pthread_t threads[VERIFY_THREADS_MOST];
    bool started[VERIFY_THREADS_MOST];

    for (size_t i = 1; i < count; i++) {
        started[i] = pthread_create(&threads[i], NULL, run_thread, v->jobs[i]) == 0;
    }
    job_run(v->jobs[0]);
    for (size_t i = 1; i < count; i++) {
        if (started[i]) {
            (void)pthread_join(threads[i], NULL);
        } else {
            job_run(v->jobs[i]);
        }
    }
}

static enum aiu_status make_jobs(struct verify *v)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = v->options->threads;

    if (wanted == 0) {
        wanted = processors < 1 ? 1 : (size_t)processors;
    }
    wanted = wanted < VERIFY_THREADS_MOST ? wanted : VERIFY_THREADS_MOST;
    while (v->jobs_count < wanted) {
        TRY(job_new(&v->jobs[v->jobs_count]));
        v->jobs_count++;
    }
    return AIU_OK;
}

enum aiu_status verify_pass(struct verify *v)
{
    struct plan plan = {0};
    size_t count = 0;

    v->tree.tree = (struct tree){0};
    v->tree.tiles = v->with_tiles && v->report->has_tiles;
    v->report->bytes = 0;
    v->stop.mark = JOB_FINE;
    v->bad_key_until = 0;
    TRY(verify_keys_begin(v));
    for (size_t i = 0; i < v->tree.cuts_count; i++) {
        v->cut_sizes[i] = v->tree.cuts[i].size;
        v->tree.cuts[i].reached = false;
    }
    verify_tree_begin(&v->tree);
    do {
        for (count = 0; count < v->jobs_count && next_job(v, &plan, v->jobs[count]); count++) {
        }
        if (count > 0) {
            run_jobs(v, count);
        }
        for (size_t i = 0; i < count && v->stop.mark == JOB_FINE && v->report->fault == VERIFY_GOOD;
             i++) {
            TRY(take_job(v, v->jobs[i]));
        }
    } while (count > 0 && v->stop.mark == JOB_FINE && v->report->fault == VERIFY_GOOD);
    v->report->entries = v->tree.tree.size;
    v->report->entries_root = tree_root(&v->tree.tree);
    return AIU_OK;
}

static enum aiu_status check_entries(struct verify *v)
{
    const struct verify_report *r = v->report;

    v->tree.top_fd = v->top_fd;
    v->tree.size = r->size;
    v->with_tiles = v->is_signed;
    if (!r->has_wal && !r->has_bundles && !r->has_tiles && r->size > 0) {
        verify_find(v, VERIFY_EMPTY, 0, r->size);
        return AIU_OK;
    }
    TRY(make_jobs(v));
    TRY(verify_pass(v));
    return verify_judge(v);
}

static enum aiu_status run(struct verify *v, const char *folder)
{
    v->top_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (v->top_fd < 0) {
        return folder_errno(errno);
    }
    TRY(read_checkpoint(v));
    TRY(v->is_signed ? check_since(v) : AIU_OK);
    TRY(look_around(v));
    if (v->report->fault != VERIFY_GOOD) {
        return AIU_OK;
    }
    TRY(check_entries(v));
    if (!v->is_signed) {
        verify_find(v, VERIFY_NO_CHECKPOINT, 0, v->report->entries);
    }
    if (v->options->after != NULL && v->report->fault == VERIFY_GOOD) {
        TRY(verify_link(v));
    }
    return v->report->fault == VERIFY_GOOD ? verify_keys_judge(v) : AIU_OK;
}

enum aiu_status verify_log(const char *folder, const struct verify_options *options,
                           struct verify_report *ret_report)
{
    if (options->since_count > VERIFY_SINCE_MOST) {
        return AIU_TOO_LONG;
    }
    struct verify *v = mem_new(1, sizeof(*v));
    if (v == NULL) {
        return AIU_NO_MEMORY;
    }
    *ret_report = (struct verify_report){.fault = VERIFY_GOOD};
    v->options = options;
    v->report = ret_report;
    v->top_fd = -1;
    v->wal_fd = -1;
    buf_init(&v->note, CHECKPOINT_MOST + 1);
    buf_init(&v->keys.epochs, 16 << 20);
    enum aiu_status st = run(v, folder);
    verify_done(v);
    mem_free(v);
    return st;
}
