// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Two lists of the same files in the same order: names and blobs (--raw -z), and the lines that are
// new (-U0), whose headers are counted through, so that no content can pass for a header.
#include "scan/git.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"

enum { OUTPUT_MOST = 1 << 30, STAGED_MEMORY = 1 << 30, WORDS_MOST = 16, PATH_MOST = 4096 };

extern char **environ; // NOLINT(readability-identifier-naming): as POSIX has it

// Folders of PATH that are relative are passed over: they mean another program in each folder.
static enum aiu_status find_git(char path[PATH_MOST])
{
    struct span rest = span_str(getenv("PATH")); // NOLINT(concurrency-mt-unsafe): nobody sets it

    while (rest.n > 0) {
        struct span folder;
        (void)span_cut(rest, ':', &folder, &rest);
        if (folder.n == 0 || folder.p[0] != '/' || folder.n > PATH_MOST - 8) {
            continue;
        }
        (void)snprintf(path, PATH_MOST, "%.*s/git", (int)folder.n, (const char *)folder.p);
        if (access(path, X_OK) == 0) {
            return AIU_OK;
        }
    }
    return AIU_NOT_FOUND;
}

// Start git with its output, and its input where `ret_in` is not NULL, on pipes.
static enum aiu_status spawn(const char *const *words, const int in[2], const int out[2],
                             pid_t *ret_pid)
{
    char path[PATH_MOST];
    posix_spawn_file_actions_t actions;

    TRY(find_git(path));
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    if (in[0] >= 0) {
        (void)posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    }
    int error = posix_spawn(ret_pid, path, &actions, NULL, (char *const *)words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? AIU_OK : AIU_IO;
}

static void close_end(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

static enum aiu_status start(const char *const *words, int *ret_in, int *ret_out, pid_t *ret_pid)
{
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    enum aiu_status st = AIU_IO;

    if ((ret_in == NULL || pipe2(in, O_CLOEXEC) == 0) && pipe2(out, O_CLOEXEC) == 0) {
        st = spawn(words, in, out, ret_pid);
    }
    close_end(in[0]);
    close_end(out[1]);
    if (st != AIU_OK) {
        close_end(in[1]);
        close_end(out[0]);
        return st;
    }
    if (ret_in != NULL) {
        *ret_in = in[1];
    }
    *ret_out = out[0];
    return AIU_OK;
}

static enum aiu_status wait_for(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return AIU_IO;
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? AIU_OK : AIU_IO;
}

static enum aiu_status read_all(int fd, struct buf *out)
{
    while (true) {
        uint8_t *into = NULL;
        TRY(buf_reserve(out, 64 << 10, &into));
        ssize_t n = read(fd, into, 64 << 10);
        if (n == 0) {
            return AIU_OK;
        }
        if (n < 0 && errno != EINTR) {
            return AIU_IO;
        }
        buf_grow(out, n > 0 ? (size_t)n : 0);
    }
}

static enum aiu_status run(const char *const *words, struct buf *out)
{
    pid_t pid = 0;
    int fd = -1;

    TRY(start(words, NULL, &fd, &pid));
    enum aiu_status st = read_all(fd, out);
    (void)close(fd);
    enum aiu_status ended = wait_for(pid);
    return st == AIU_OK ? ended : st;
}

static enum aiu_status run_diff(struct arena *a, const char *form, const char *const *paths,
                                size_t count, struct buf *out)
{
    static const char *const words[] = {
        "git",          "-c",           "core.fsmonitor=false", "diff",
        "--cached",     "--no-renames", "--no-ext-diff",        "--no-textconv",
        "--no-color",   "--no-abbrev",  "--diff-filter=ACMT",   "--ignore-submodules=all",
        "--no-relative"};
    const char **all = arena_array(a, ARRAY_SIZE(words) + count + 4, sizeof(*all));
    size_t n = 0;

    if (all == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        all[n++] = words[i];
    }
    all[n++] = form;
    if (form[1] == '-') {
        all[n++] = "-z";
    }
    all[n++] = "--";
    for (size_t i = 0; i < count; i++) {
        all[n++] = paths[i];
    }
    return run(all, out);
}

// ":100644 100644 OLD NEW M\0name\0" for each file.
static enum aiu_status read_names(struct staged *s, struct span raw)
{
    size_t most = 0;

    for (size_t i = 0; i < raw.n; i++) {
        most += raw.p[i] == 0;
    }
    s->files = arena_array(&s->arena, most / 2 + 1, sizeof(*s->files));
    if (s->files == NULL) {
        return AIU_NO_MEMORY;
    }
    while (raw.n > 0) {
        struct span words[5] = {{0}};
        struct span head;
        struct span name;
        struct span copy;
        if (!span_cut(raw, 0, &head, &raw) || !span_cut(raw, 0, &name, &raw)) {
            return AIU_IO;
        }
        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
            (void)span_cut(head, ' ', &words[i], &head);
        }
        struct staged_file *file = &s->files[s->count++];
        TRY(arena_copy(&s->arena, words[3], &copy));
        file->blob = (const char *)copy.p;
        TRY(arena_copy(&s->arena, name, &copy));
        file->name = (const char *)copy.p;
    }
    return AIU_OK;
}

// "first" or "first,count" behind a sign; how many lines there are.
static bool read_range(struct span *text, uint64_t *ret_first, uint64_t *ret_count)
{
    struct span range;
    struct span first;
    struct span count;

    (void)span_cut(*text, ' ', &range, text);
    bool some = span_cut(span_drop_first(range, 1), ',', &first, &count);
    *ret_count = 1;
    return num_parse_u64(first, INT64_MAX, ret_first) == AIU_OK &&
           (!some || num_parse_u64(count, INT64_MAX, ret_count) == AIU_OK);
}

static enum aiu_status add_lines(struct staged *s, struct staged_file *file, uint64_t first,
                                 uint64_t count)
{
    // Doubled at each power of two, old ones stay in the arena.
    if ((file->line_pairs & (file->line_pairs - 1)) == 0) {
        size_t room = file->line_pairs == 0 ? 1 : file->line_pairs * 2;
        uint64_t *lines = arena_array(&s->arena, 2 * room, sizeof(*lines));
        if (lines == NULL) {
            return AIU_NO_MEMORY;
        }
        if (file->line_pairs > 0) {
            memcpy(lines, file->lines, 2 * file->line_pairs * sizeof(*lines));
        }
        file->lines = lines;
    }
    file->lines[2 * file->line_pairs] = first;
    file->lines[2 * file->line_pairs + 1] = first + count;
    file->line_pairs++;
    return AIU_OK;
}

static void skip_lines(struct span *text, uint64_t count)
{
    struct span line;

    while (count > 0 && text->n > 0) {
        (void)span_cut(*text, '\n', &line, text);
        count -= line.n == 0 || line.p[0] != '\\'; // "\ No newline at end of file"
    }
}

// "@@ -1,2 +3,4 @@", then so many lines that go and come.
static enum aiu_status read_hunk(struct staged *s, struct staged_file *file, struct span head,
                                 struct span *rest)
{
    uint64_t from[2];
    uint64_t to[2];

    head = span_skip_prefix(head, SPAN_OF("@@ "));
    if (!read_range(&head, &from[0], &from[1]) || !read_range(&head, &to[0], &to[1])) {
        return AIU_IO;
    }
    skip_lines(rest, from[1] + to[1]);
    return to[1] == 0 ? AIU_OK : add_lines(s, file, to[0], to[1]);
}

static enum aiu_status read_hunks(struct staged *s, struct span diff)
{
    size_t next = 0;

    while (diff.n > 0) {
        struct span line;
        (void)span_cut(diff, '\n', &line, &diff);
        if (span_starts_with(line, SPAN_OF("diff --git "))) {
            next++;
        } else if (span_starts_with(line, SPAN_OF("Binary files ")) && next <= s->count &&
                   next > 0) {
            s->files[next - 1].whole = true; // an attribute may say so of any file
        } else if (span_starts_with(line, SPAN_OF("@@ "))) {
            if (next == 0 || next > s->count) {
                return AIU_IO;
            }
            TRY(read_hunk(s, &s->files[next - 1], line, &diff));
        }
    }
    return next == s->count ? AIU_OK : AIU_IO;
}

// Where the two lists do not go together (a link became a file), all lines count.
static enum aiu_status read_lines(struct staged *s, struct span diff)
{
    enum aiu_status st = read_hunks(s, diff);

    for (size_t i = 0; i < s->count && st == AIU_IO; i++) {
        s->files[i].whole = true;
    }
    return st == AIU_IO ? AIU_OK : st;
}

enum aiu_status staged_read(const char *const *paths, size_t count, struct staged *ret_staged)
{
    CLEANUP(buf_wipe) struct buf raw = BUF_OF(OUTPUT_MOST);
    CLEANUP(buf_wipe) struct buf diff = BUF_OF(OUTPUT_MOST);
    static const char *const where[] = {"git", "rev-parse", "--git-dir", NULL};
    struct staged s = {0};

    TRY(run(where, &raw)); // outside of a repository, diff would say how it is called
    buf_reset(&raw);
    arena_init(&s.arena, STAGED_MEMORY);
    enum aiu_status st = run_diff(&s.arena, "--raw", paths, count, &raw);
    st = st == AIU_OK ? run_diff(&s.arena, "-U0", paths, count, &diff) : st;
    st = st == AIU_OK ? read_names(&s, buf_span(&raw)) : st;
    st = st == AIU_OK ? read_lines(&s, buf_span(&diff)) : st;
    if (st != AIU_OK) {
        staged_done(&s);
        return st;
    }
    *ret_staged = s;
    return AIU_OK;
}

void staged_done(struct staged *s)
{
    arena_done(&s->arena);
    *s = (struct staged){0};
}

enum aiu_status git_blobs_start(struct git_blobs *b)
{
    static const char *const words[] = {"git", "cat-file", "--batch", NULL};

    *b = (struct git_blobs){.in = -1, .out = -1};
    return start(words, &b->in, &b->out, &b->pid);
}

// "ID blob SIZE\n"
static enum aiu_status read_head(struct git_blobs *b)
{
    char head[128];
    size_t n = 0;
    struct span id;
    struct span type;
    struct span size;

    do {
        if (n == sizeof(head) || read(b->out, head + n, 1) != 1) {
            return AIU_IO;
        }
    } while (head[n++] != '\n');
    (void)span_cut(span_of(head, n - 1), ' ', &id, &size);
    (void)span_cut(size, ' ', &type, &size);
    return num_parse_u64(size, INT64_MAX - 1, &b->left) == AIU_OK ? AIU_OK : AIU_IO;
}

static enum aiu_status pass_over(struct git_blobs *b)
{
    uint8_t rest[4096];

    while (b->open) {
        if (git_blobs_read(b, rest, sizeof(rest)) < 0) {
            return AIU_IO;
        }
    }
    return AIU_OK;
}

enum aiu_status git_blobs_open(struct git_blobs *b, const char *blob)
{
    struct span id = span_str(blob);

    TRY(pass_over(b));
    if (write(b->in, id.p, id.n) != (ssize_t)id.n || write(b->in, "\n", 1) != 1) {
        return AIU_IO;
    }
    TRY(read_head(b));
    b->open = true;
    return AIU_OK;
}

static ssize_t read_end(struct git_blobs *b)
{
    char end = 0;

    b->open = false;
    return read(b->out, &end, 1) == 1 && end == '\n' ? 0 : -1;
}

ssize_t git_blobs_read(void *blobs, uint8_t *to, size_t most)
{
    struct git_blobs *b = blobs;
    ssize_t n = 0;

    if (!b->open) {
        return 0;
    }
    if (b->left == 0) {
        return read_end(b);
    }
    do {
        n = read(b->out, to, most < b->left ? most : (size_t)b->left);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        b->open = false;
        return -1;
    }
    b->left -= (uint64_t)n;
    return n;
}

void git_blobs_stop(struct git_blobs *b)
{
    close_end(b->in);
    close_end(b->out);
    if (b->pid > 0) {
        IGNORE(wait_for(b->pid)); // all that was wanted has been read
    }
    *b = (struct git_blobs){.in = -1, .out = -1};
}
