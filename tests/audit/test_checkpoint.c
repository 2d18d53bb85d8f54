// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/checkpoint.h"

#include "signing.h"

#define ROOT "0mGQvNeWHnAiDXNJugjl5NjjdByXldJBfOn4RJPMexw="

static void three_lines_are_a_checkpoint(void **state)
{
    struct checkpoint c;
    CLEANUP(buf_wipe) struct buf again = BUF_OF(4096);

    (void)state;
    assert_ok(checkpoint_parse(SPAN_OF("example.com/log\n70000\n" ROOT "\n"), &c));
    assert_span("origin", c.origin, SPAN_OF("example.com/log"));
    assert_int_equal(c.size, 70000);
    assert_int_equal(c.extensions.n, 0);
    assert_ok(checkpoint_write(&c, &again));
    assert_span("again", buf_span(&again), SPAN_OF("example.com/log\n70000\n" ROOT "\n"));
    assert_ok(checkpoint_parse(SPAN_OF("a log\n0\n" ROOT "\n"), &c)); // an origin may be any text
    assert_int_equal(c.size, 0);
}

static void lines_behind_the_third_are_tolerated(void **state)
{
    struct checkpoint c;

    (void)state;
    assert_ok(checkpoint_parse(SPAN_OF("l\n1\n" ROOT "\nmore\nand more\n"), &c));
    assert_span("extensions", c.extensions, SPAN_OF("more\nand more\n"));
}

static void anything_else_is_none(void **state)
{
    static const struct span bad[] = {
        SPAN(""),
        SPAN("\n1\n" ROOT "\n"),
        SPAN("l\n\n" ROOT "\n"),
        SPAN("l\n1\n\n"),
        SPAN("l\n1\n"),
        SPAN("l\n1\n" ROOT),
        SPAN("l\n01\n" ROOT "\n"),
        SPAN("l\n00\n" ROOT "\n"),
        SPAN("l\n+1\n" ROOT "\n"),
        SPAN("l\n1 \n" ROOT "\n"),
        SPAN("l\n-1\n" ROOT "\n"),
        SPAN("l\n18446744073709551616\n" ROOT "\n"),
        SPAN("l\n1\n" ROOT "=\n"),
        SPAN("l\n1\n0mGQvNeWHnAiDXNJugjl5NjjdByXldJBfOn4RJPMex==\n"),
        SPAN("l\n1\n0mGQvNeWHnAiDXNJugjl5NjjdByXldJBfOn4RJPMexx=\n"), // loose bits
        SPAN("l\n1\n" ROOT "\n\n"),
        SPAN("l\n1\n" ROOT "\nmore\n\nmore\n"),
        SPAN("l\n1\n" ROOT "\nmore"),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct checkpoint c;
        if (checkpoint_parse(bad[i], &c) != AIU_FILE_INVALID) {
            fail_msg("accepted: %zu", i);
        }
    }
}

// S62: a checkpoint counts only with the signature of the key that is known for its origin.
static void only_the_key_of_the_origin_opens_it(void **state)
{
    CLEANUP(sign_key_done) struct sign_key *ours = key_of_seed(0);
    CLEANUP(sign_key_done) struct sign_key *theirs = key_of_seed(1);
    const struct note_key key = named_key("log.example/1", NOTE_SIGNATURE, ours);
    const struct note_key other = named_key("log.example/2", NOTE_SIGNATURE, ours);
    const struct note_key foreign = named_key("log.example/1", NOTE_SIGNATURE, theirs);
    const struct checkpoint c = {.origin = SPAN("log.example/1"), .size = 5};
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    struct checkpoint got;

    (void)state;
    assert_ok(checkpoint_sign(&key, ours, &c, &note));
    assert_ok(checkpoint_open(buf_span(&note), &key, &got));
    assert_int_equal(got.size, 5);
    assert_status(checkpoint_open(buf_span(&note), &foreign, &got), AIU_NOT_FOUND);
    // The same key with the name of another log has signed nothing here.
    assert_status(checkpoint_open(buf_span(&note), &other, &got), AIU_NOT_FOUND);
    buf_reset(&note);
    assert_ok(checkpoint_sign(&other, ours, &c, &note));
    assert_status(checkpoint_open(buf_span(&note), &other, &got), AIU_AUDIT_UNVERIFIED);
    size_t at = span_find_byte(buf_span(&note), '5');
    note.p[at] = '6';
    assert_status(checkpoint_open(buf_span(&note), &other, &got), AIU_AUDIT_UNVERIFIED);
}

static void an_origin_that_is_no_name_is_not_written(void **state)
{
    const struct checkpoint c = {.origin = SPAN("two words"), .size = 5};
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);

    (void)state;
    assert_status(checkpoint_write(&c, &note), AIU_USAGE);
}

TEST_MAIN(three_lines_are_a_checkpoint, lines_behind_the_third_are_tolerated, anything_else_is_none,
          only_the_key_of_the_origin_opens_it, an_origin_that_is_no_name_is_not_written)
