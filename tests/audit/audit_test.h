// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the log share: a real clock, entries with a number in them, files as bytes.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/fsck.h"
#include "audit/log.h"
#include "audit/reader.h"
#include "audit/record.h"
#include "audit/tree.h"
#include "audit/wal.h"
#include "test.h"

enum { SMALL_SEGMENT = 128 * 1024, PATH_SIZE = 256 };

static inline uint64_t read_clock(clockid_t id, uint64_t per_second)
{
    struct timespec t;

    (void)clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * per_second + (uint64_t)t.tv_nsec / (1000000000 / per_second);
}

static inline uint64_t real_monotonic_ns(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_MONOTONIC, 1000000000);
}

static inline uint64_t real_unix_us(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME, 1000000);
}

static inline struct audit_options small_options(const char *folder)
{
    return (struct audit_options){
        .folder = folder,
        .clock = {real_monotonic_ns, real_unix_us, NULL},
        .node = SPAN("gw1"),
        .boot = SPAN("b007"),
        .segment_size = SMALL_SEGMENT,
        .reserve_size = SMALL_SEGMENT,
    };
}

// As in the shared vectors: entry i of their log.
static inline struct span numbered_entry(uint64_t i, char out[128])
{
    int n = snprintf(out, 128,
                     "{\"v\":1,\"seq\":%llu,\"ts\":\"2026-01-01T00:00:00.%06lluZ\",\"ev\":\"t\"}",
                     (unsigned long long)i, (unsigned long long)i);
    return span_of(out, (size_t)n);
}

static inline void append_numbered(struct audit_log *log, uint64_t from, uint64_t to)
{
    char text[128];
    uint64_t index = 0;

    for (uint64_t i = from; i < to; i++) {
        enum aiu_status st = audit_append(log, numbered_entry(i, text), &index);
        while (st == AIU_OVERLOADED) {
            assert_ok(audit_wait(log, audit_durable(log), 60000));
            st = audit_append(log, numbered_entry(i, text), &index);
        }
        assert_ok(st);
        assert_int_equal(index, i);
    }
    if (to > from) {
        assert_ok(audit_wait(log, to - 1, 60000));
    }
}

static inline struct tree_hash root_of_numbered(uint64_t n)
{
    struct tree t = {0};
    char text[128];

    for (uint64_t i = 0; i < n; i++) {
        struct tree_hash leaf = tree_leaf(numbered_entry(i, text));
        tree_append(&t, &leaf);
    }
    return tree_root(&t);
}

// A new log folder in a new folder, which test_remove_folder takes away.
static inline const char *new_log_folder(char out[PATH_SIZE])
{
    (void)snprintf(out, PATH_SIZE, "%s/log", test_new_folder());
    return out;
}

static inline void remove_log_folder(const char *folder)
{
    char top[PATH_SIZE];

    (void)snprintf(top, sizeof(top), "%.*s", (int)(strlen(folder) - strlen("/log")), folder);
    test_remove_folder(top);
}

static inline const char *segment_path(const char *folder, uint64_t first, char out[PATH_SIZE])
{
    char name[WAL_NAME_SIZE];

    wal_name(first, name);
    (void)snprintf(out, PATH_SIZE, "%.200s/wal/%s", folder, name);
    return out;
}

static inline void write_file(const char *path, struct span bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        assert_true(n > 0);
        bytes = span_drop_first(bytes, (size_t)n);
    }
    assert_int_equal(close(fd), 0);
}

// A log folder with nothing in it but one segment.
static inline void make_log_of(const char *folder, struct span segment)
{
    char path[PATH_SIZE];

    (void)mkdir(folder, 0700);
    (void)snprintf(path, sizeof(path), "%.200s/wal", folder);
    (void)mkdir(path, 0700);
    write_file(segment_path(folder, 0, path), segment);
}

// A segment of `n` numbered entries as a crash leaves it: its full size, zeros at the end.
static inline struct span segment_of_numbered(uint64_t n)
{
    char folder[PATH_SIZE], path[PATH_SIZE];
    struct audit_log *log = NULL;
    struct audit_options options = small_options(new_log_folder(folder));

    options.unsafe_no_sync = true;
    assert_ok(audit_open(&options, &log));
    append_numbered(log, 0, n);
    assert_ok(audit_close(log));
    struct span bytes = test_read_file(segment_path(folder, 0, path));
    remove_log_folder(folder);
    return bytes;
}

// Where frame `i` of a segment begins.
static inline size_t frame_at(struct span segment, uint64_t i)
{
    size_t at = WAL_HEADER_SIZE;
    struct wal_frame frame;

    for (; i > 0; i--) {
        assert_int_equal(wal_frame_read(span_drop_first(segment, at), &frame), WAL_FRAME);
        at += frame.size;
    }
    return at;
}
