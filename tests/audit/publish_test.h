// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A log with a signer in the same process, in a new folder: STATE, STATE/audit/main. Time is the
// test's own.
#pragma once

#include <ftw.h>
#include <stdatomic.h>

#include "audit/publish.h"
#include "audit_test.h"
#include "secret/secret.h"

enum { SECOND_US = 1000000, WAIT_MS = 60000 };

struct site {
    char state[PATH_SIZE], log_folder[PATH_SIZE + 16];
    int state_fd;
    _Atomic uint64_t unix_us;
    struct signer *signer;
    struct audit_log *log;
    struct publisher *publisher;
    _Atomic int ask_fails;        // answers are AIU_TIMEOUT
    _Atomic unsigned asked, told; // told: bit i for event i
    const struct signer_request *last;
    size_t segment_size;
    uint64_t keep_ms;
};

static inline uint64_t site_unix_us(void *ctx)
{
    struct site *s = ctx;
    return atomic_load(&s->unix_us);
}

static inline struct clock site_clock(struct site *s)
{
    return (struct clock){real_monotonic_ns, site_unix_us, s};
}

static inline void site_init(struct site *s)
{
    memset(s, 0, sizeof(*s));
    assert_ok(secret_init_process(true));
    (void)snprintf(s->state, sizeof(s->state), "%s", test_new_folder());
    (void)snprintf(s->log_folder, sizeof(s->log_folder), "%s/audit/main", s->state);
    s->state_fd = open(s->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(s->state_fd >= 0);
    s->unix_us = UINT64_C(1795000000) * SECOND_US; // 2026-11-18
    s->segment_size = SMALL_SEGMENT;
}

static inline enum aiu_status site_open_signer(struct site *s)
{
    const struct signer_options o = {s->state_fd, SPAN("audit.example.com/gw1"), site_clock(s)};

    return signer_new(&o, &s->signer);
}

static inline enum aiu_status site_ask(void *ctx, const struct signer_request *request,
                                       struct signer_reply *ret_reply)
{
    struct site *s = ctx;

    atomic_fetch_add(&s->asked, 1);
    if (atomic_load(&s->ask_fails) != 0) {
        return AIU_TIMEOUT;
    }
    signer_sign(s->signer, request, ret_reply);
    return AIU_OK;
}

static inline void site_event(void *ctx, enum publish_event event, const char *why)
{
    struct site *s = ctx;

    (void)why;
    atomic_fetch_or(&s->told, 1U << event);
}

static inline bool site_was_told(struct site *s, enum publish_event event)
{
    return (atomic_load(&s->told) >> event & 1) != 0;
}

static inline enum aiu_status site_open_log(struct site *s)
{
    struct audit_options o = small_options(s->log_folder);

    o.clock = site_clock(s);
    o.segment_size = s->segment_size;
    o.unsafe_no_sync = true;
    o.signed_head = signer_head(s->signer).tree;
    return audit_open(&o, &s->log);
}

static inline void site_start_publisher(struct site *s)
{
    const struct publish_options o = {
        .folder = s->log_folder,
        .log = s->log,
        .clock = site_clock(s),
        .origin = {SPAN("gw1"), SPAN("b007")},
        .ask = site_ask,
        .ask_ctx = s,
        .on_event = site_event,
        .on_event_ctx = s,
        .interval_ms = 20,
        .month_ms = 20,
        .keep_ms = s->keep_ms,
        .unsafe_no_sync = true,
    };

    assert_ok(publish_start(&o, &s->publisher));
}

static inline void site_start(struct site *s)
{
    assert_ok(site_open_signer(s));
    assert_ok(site_open_log(s));
    site_start_publisher(s);
}

static inline void site_stop(struct site *s)
{
    publish_stop(s->publisher);
    s->publisher = NULL;
    assert_ok(audit_close(s->log));
    s->log = NULL;
    signer_free(s->signer);
    s->signer = NULL;
}

static inline void site_done(struct site *s)
{
    (void)close(s->state_fd);
    test_remove_folder(s->state);
}

// `n` more numbered entries; what the log itself adds comes in between.
static inline uint64_t site_append(struct site *s, uint64_t n)
{
    char text[128];
    uint64_t index = 0;

    for (uint64_t i = 0; i < n; i++) {
        enum aiu_status st = audit_append(s->log, numbered_entry(i, text), &index);
        while (st == AIU_OVERLOADED) {
            assert_ok(audit_wait(s->log, audit_durable(s->log), WAIT_MS));
            st = audit_append(s->log, numbered_entry(i, text), &index);
        }
        assert_ok(st);
    }
    assert_ok(audit_wait(s->log, index, WAIT_MS));
    return index + 1;
}

static inline void site_append_published(struct site *s, uint64_t n)
{
    assert_ok(publish_wait(s->publisher, site_append(s, n), WAIT_MS));
}

static inline const char *site_path(const struct site *s, const char *name, char out[2 * PATH_SIZE])
{
    (void)snprintf(out, (size_t)2 * PATH_SIZE, "%s/%s", s->log_folder, name);
    return out;
}

// The published checkpoint, verified with the key in LOG/vkey.
static inline void site_checkpoint(const struct site *s, struct checkpoint *ret_checkpoint)
{
    static char note_text[SIGNER_NOTE_MOST], vkey_text[SIGNER_VKEY_SIZE];
    char path[2 * PATH_SIZE];
    struct note_key key;

    struct span vkeys = test_read_file(site_path(s, "vkey", path));
    struct span note = test_read_file(site_path(s, "checkpoint", path));
    size_t line = span_find_byte(vkeys, '\n');
    assert_true(line < sizeof(vkey_text) && note.n < sizeof(note_text));
    memcpy(vkey_text, vkeys.p, line);
    memcpy(note_text, note.p, note.n);
    assert_ok(note_key_parse(span_of(vkey_text, line), &key));
    assert_ok(checkpoint_open(span_of(note_text, note.n), &key, ret_checkpoint));
    mem_free((void *)vkeys.p);
    mem_free((void *)note.p);
}

// The root of the first `size` entries of the log, by RFC 6962 and nothing of the publisher's.
static inline struct tree_hash site_root(const struct site *s, uint64_t size)
{
    struct reader *r = NULL;
    struct reader_entry entry;
    struct tree t = {0};

    assert_ok(reader_open(s->log_folder, 0, &r));
    while (t.size < size) {
        assert_ok(reader_next(r, &entry));
        struct tree_hash leaf = tree_leaf(entry.bytes);
        tree_append(&t, &leaf);
    }
    reader_free(r);
    return tree_root(&t);
}

static inline void site_assert_published(const struct site *s, uint64_t least)
{
    struct checkpoint c;

    site_checkpoint(s, &c);
    assert_true(c.size >= least);
    struct tree_hash root = site_root(s, c.size);
    assert_true(tree_hash_equal(&c.root, &root));
}
