// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S62, S64: a log that was cut or changed at any place of its end either goes on as a continuation
// of what was signed, or is refused. Nothing else is ever signed.
#include "publish_test.h"

enum { SIGNED = 12, UNSIGNED = 3 };

// A log whose last entries were not signed yet, and what its files were then.
struct scene {
    struct site site;
    struct span segment, checkpoint, state;
    uint64_t signed_size, size;
};

static const char *state_path(const struct site *s, char out[2 * PATH_SIZE])
{
    (void)snprintf(out, (size_t)2 * PATH_SIZE, "%s/audit-signing.state", s->state);
    return out;
}

static void scene_init(struct scene *c)
{
    struct site *s = &c->site;
    char path[2 * PATH_SIZE];

    site_init(s);
    site_start(s);
    site_append_published(s, SIGNED);
    site_stop(s);
    assert_ok(site_open_signer(s));
    c->signed_size = signer_head(s->signer).tree.size;
    assert_ok(site_open_log(s));
    c->size = site_append(s, UNSIGNED);
    assert_ok(audit_close(s->log));
    s->log = NULL;
    signer_free(s->signer);
    s->signer = NULL;
    c->segment = test_read_file(segment_path(s->log_folder, 0, path));
    c->checkpoint = test_read_file(site_path(s, "checkpoint", path));
    c->state = test_read_file(state_path(s, path));
    assert_true(c->size >= c->signed_size + UNSIGNED);
}

static void scene_done(struct scene *c)
{
    mem_free((void *)c->segment.p);
    mem_free((void *)c->checkpoint.p);
    mem_free((void *)c->state.p);
    site_done(&c->site);
}

// The scene's files, with this segment.
static enum aiu_status open_with(struct scene *c, struct span segment)
{
    struct site *s = &c->site;
    char path[2 * PATH_SIZE];

    write_file(segment_path(s->log_folder, 0, path), segment);
    write_file(site_path(s, "checkpoint", path), c->checkpoint);
    write_file(state_path(s, path), c->state);
    s->told = 0;
    assert_ok(site_open_signer(s));
    return site_open_log(s);
}

static void close_refused(struct scene *c)
{
    // Whatever is asked for, the signer still stands where it stood.
    assert_int_equal(signer_head(c->site.signer).tree.size, c->signed_size);
    signer_free(c->site.signer);
    c->site.signer = NULL;
}

// The log opened with `n` entries: it is published and signed as what continues the signed tree.
static void assert_goes_on(struct scene *c, uint64_t n)
{
    struct site *s = &c->site;

    assert_int_equal(audit_durable(s->log), n);
    site_start_publisher(s);
    site_append_published(s, 1);
    assert_false(site_was_told(s, PUBLISH_REFUSED));
    site_stop(s);
    site_assert_published(s, n + 1);
}

static uint64_t frames_before(const struct scene *c, size_t end)
{
    uint64_t n = 0;

    while (n < c->size && frame_at(c->segment, n + 1) <= end) {
        n++;
    }
    return n;
}

static void cut_at_any_byte_of_the_last_three_frames_it_continues_what_was_signed(void **state)
{
    (void)state;
    struct scene c;

    scene_init(&c);
    size_t end = frame_at(c.segment, c.size);
    for (size_t at = frame_at(c.segment, c.size - 3); at <= end; at++) {
        assert_ok(open_with(&c, span_first(c.segment, at)));
        assert_goes_on(&c, frames_before(&c, at));
    }
    scene_done(&c);
}

static void cut_anywhere_in_what_was_signed_it_is_refused(void **state)
{
    (void)state;
    struct scene c;

    scene_init(&c);
    size_t end = frame_at(c.segment, c.signed_size);
    for (size_t at = frame_at(c.segment, c.signed_size - 1); at < end - 8; at++) {
        assert_status(open_with(&c, span_first(c.segment, at)), AIU_AUDIT_ROLLED_BACK);
        close_refused(&c);
    }
    assert_status(open_with(&c, span_first(c.segment, WAL_HEADER_SIZE)), AIU_AUDIT_ROLLED_BACK);
    close_refused(&c);
    scene_done(&c);
}

static void with_any_bit_of_its_last_frame_flipped_it_continues_what_was_signed(void **state)
{
    (void)state;
    struct scene c;

    scene_init(&c);
    uint8_t *bytes = (uint8_t *)c.segment.p;
    size_t to = frame_at(c.segment, c.size) * 8;
    for (size_t bit = frame_at(c.segment, c.size - 1) * 8; bit < to;
         bit += 3) { // every one: test_recovery.c
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_ok(open_with(&c, c.segment));
        assert_int_equal(audit_durable(c.site.log), c.size - 1);
        assert_ok(audit_close(c.site.log));
        close_refused(&c);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    scene_done(&c);
}

static void with_any_bit_of_a_signed_frame_flipped_it_is_refused(void **state)
{
    (void)state;
    struct scene c;

    scene_init(&c);
    uint8_t *bytes = (uint8_t *)c.segment.p;
    size_t last = frame_at(c.segment, c.signed_size);
    struct span cut = span_first(c.segment, last); // so that it could be a torn write
    for (size_t bit = frame_at(c.segment, c.signed_size - 1) * 8; bit < last * 8; bit += 3) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_status(open_with(&c, cut), AIU_AUDIT_ROLLED_BACK);
        close_refused(&c);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    scene_done(&c);
}

// Checksums and all: only the root tells.
static void with_an_entry_rewritten_and_sealed_it_is_refused(void **state)
{
    (void)state;
    struct scene c;

    scene_init(&c);
    for (uint64_t i = 0; i < c.signed_size; i++) {
        uint8_t *frame = (uint8_t *)c.segment.p + frame_at(c.segment, i);
        frame[WAL_FRAME_HEAD + 8] ^= 1;
        (void)wal_frame_seal(frame);
        assert_status(open_with(&c, c.segment), AIU_AUDIT_ROLLED_BACK);
        close_refused(&c);
        frame[WAL_FRAME_HEAD + 8] ^= 1;
        (void)wal_frame_seal(frame);
    }
    assert_ok(open_with(&c, c.segment));
    assert_goes_on(&c, c.size);
    scene_done(&c);
}

TEST_MAIN(cut_at_any_byte_of_the_last_three_frames_it_continues_what_was_signed,
          cut_anywhere_in_what_was_signed_it_is_refused,
          with_any_bit_of_its_last_frame_flipped_it_continues_what_was_signed,
          with_any_bit_of_a_signed_frame_flipped_it_is_refused,
          with_an_entry_rewritten_and_sealed_it_is_refused)
