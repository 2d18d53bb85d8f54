// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/sse.h"

#include "test.h"

static const struct sse_limits wide = {.line = 4096, .event = 8192};

// What the handler saw: blocks as "type|data;" (only those that are events), and all of the source.
struct seen {
    struct buf events;
    struct buf raw;
    size_t blocks;
    bool copied; // the last event lay outside `fed`
    struct span fed;
};

static void seen_init(struct seen *s)
{
    *s = (struct seen){.blocks = 0};
    buf_init(&s->events, 1 << 20);
    buf_init(&s->raw, 1 << 20);
}

static void seen_done(struct seen *s)
{
    buf_wipe(&s->events);
    buf_wipe(&s->raw);
}

static bool lies_in(struct span part, struct span whole)
{
    return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static enum aiu_status record(void *ctx, const struct sse_event *e)
{
    struct seen *s = ctx;

    assert_true(e->raw.n > 0);
    s->blocks++;
    s->copied = !lies_in(e->raw, s->fed);
    TRY(buf_append(&s->raw, e->raw));
    if (!e->has_data) {
        assert_int_equal(e->data.n, 0);
        assert_true(e->data_at == SIZE_MAX);
        return AIU_OK;
    }
    if (e->data_at != SIZE_MAX) {
        assert_span("data_at", span_first(span_drop_first(e->raw, e->data_at), e->data.n), e->data);
    }
    TRY(buf_append(&s->events, e->type));
    TRY(buf_append_byte(&s->events, '|'));
    TRY(buf_append(&s->events, e->data));
    return buf_append_byte(&s->events, ';');
}

static const struct {
    const char *why;
    struct span stream;
    struct span events;
    struct span rest; // what is not finished
} cases[] = {
    {"one line", SPAN("data: a\n\n"), SPAN("|a;"), SPAN("")},
    {"lines are joined", SPAN("data: a\ndata: b\ndata:\ndata: c\n\n"), SPAN("|a\nb\n\nc;"),
     SPAN("")},
    {"one space is eaten", SPAN("data:  a\n\n"), SPAN("| a;"), SPAN("")},
    {"no space is fine", SPAN("data:a\n\n"), SPAN("|a;"), SPAN("")},
    {"no colon means empty", SPAN("data\n\n"), SPAN("|;"), SPAN("")},
    {"two empty lines of data", SPAN("data\ndata\n\n"), SPAN("|\n;"), SPAN("")},
    {"typed", SPAN("event: ping\ndata: {}\n\n"), SPAN("ping|{};"), SPAN("")},
    {"type behind the data", SPAN("data: {}\nevent: x\n\n"), SPAN("x|{};"), SPAN("")},
    {"the last type counts", SPAN("event: x\nevent: y\ndata: 1\n\n"), SPAN("y|1;"), SPAN("")},
    {"type does not outlive its event", SPAN("event: x\ndata: 1\n\ndata: 2\n\n"), SPAN("x|1;|2;"),
     SPAN("")},
    {"an event without data is none", SPAN("event: x\n\ndata: 1\n\n"), SPAN("|1;"), SPAN("")},
    {"comments and unknown fields", SPAN(": hi\nid: 7\nfoo: b\nretry: 1\ndata: 1\n\n"), SPAN("|1;"),
     SPAN("")},
    {"names are exact", SPAN("Data: 1\n data: 2\ndata : 3\ndata: 4\n\n"), SPAN("|4;"), SPAN("")},
    {"a NUL in an id", SPAN("id: a\0b\ndata: 1\n\n"), SPAN("|1;"), SPAN("")},
    {"a NUL in data", SPAN("data: a\0b\n\n"), SPAN("|a\0b;"), SPAN("")},
    {"a heartbeat", SPAN(": ping\n\n"), SPAN(""), SPAN("")},
    {"CR", SPAN("data: a\r\rdata: b\r\r"), SPAN("|a;|b;"), SPAN("")},
    {"CR LF", SPAN("data: a\r\n\r\ndata: b\r\ndata: c\r\n\r\n"), SPAN("|a;|b\nc;"), SPAN("")},
    {"mixed line ends", SPAN("data: a\n\r\ndata: b\r\n\n"), SPAN("|a;|b;"), SPAN("")},
    {"CR, then LF CR LF", SPAN("data: a\r\r\ndata: b\n\r"), SPAN("|a;|b;"), SPAN("")},
    {"blank lines alone", SPAN("\n\n\r\n\rdata: a\n\n\n"), SPAN("|a;"), SPAN("")},
    {"byte order mark", SPAN("\357\273\277data: a\n\n"), SPAN("|a;"), SPAN("")},
    {"a mark before a blank line", SPAN("\357\273\277\ndata: a\n\n"), SPAN("|a;"), SPAN("")},
    {"a mark later is text", SPAN("data: a\n\n\357\273\277data: b\n\n"), SPAN("|a;"), SPAN("")},
    {"two marks: the second is text", SPAN("\357\273\277\357\273\277data: a\n\n"), SPAN(""),
     SPAN("")},
    {"half a mark is text", SPAN("\357\273data: a\n\n"), SPAN(""), SPAN("")},
    {"half a mark and no more", SPAN("\357\273"), SPAN(""), SPAN("\357\273")},
    {"unfinished is not dispatched, and not lost", SPAN("data: a\n\ndata: b\n"), SPAN("|a;"),
     SPAN("data: b\n")},
    {"an unfinished line", SPAN("data: a\n\ndata: b"), SPAN("|a;"), SPAN("data: b")},
    {"long lines", SPAN("data: 0123456789012345678901234567890123456789\n\n"),
     SPAN("|0123456789012345678901234567890123456789;"), SPAN("")},
};

static void feed(struct sse *s, struct seen *seen, struct span bytes)
{
    seen->fed = bytes;
    assert_ok(sse_feed(s, bytes));
}

static void check_seen(const char *why, struct seen *seen, const struct sse *s, struct span stream,
                       size_t i)
{
    assert_span(why, buf_span(&seen->events), cases[i].events);
    assert_span(why, sse_rest(s), cases[i].rest);
    assert_int_equal(sse_pending(s), cases[i].rest.n > 0);
    assert_ok(buf_append(&seen->raw, sse_rest(s)));
    assert_span(why, buf_span(&seen->raw), stream);
}

static void events_do_not_depend_on_how_the_stream_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct span stream = cases[i].stream;
        for (size_t a = 0; a <= stream.n; a++) {
            for (size_t b = a; b <= stream.n; b++) {
                CLEANUP(seen_done) struct seen seen;
                CLEANUP(sse_done) struct sse s;
                seen_init(&seen);
                sse_init(&s, &wide, record, &seen);
                feed(&s, &seen, span_first(stream, a));
                feed(&s, &seen, span_first(span_drop_first(stream, a), b - a));
                feed(&s, &seen, span_drop_first(stream, b));
                check_seen(cases[i].why, &seen, &s, stream, i);
            }
        }
    }
}

static void fed_byte_by_byte_it_is_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(seen_done) struct seen seen;
        CLEANUP(sse_done) struct sse s;
        seen_init(&seen);
        sse_init(&s, &wide, record, &seen);
        for (size_t k = 0; k < cases[i].stream.n; k++) {
            feed(&s, &seen, span_of(cases[i].stream.p + k, 1));
        }
        check_seen(cases[i].why, &seen, &s, cases[i].stream, i);
    }
}

// Nothing is lost, whatever comes: the raw of all blocks and the rest are the input.
static void every_byte_is_accounted_for(void **state)
{
    (void)state;
    static const char *const parts[] = {"data",           ":",    " ",        "\r", "\n",
                                        "\r\n",           "\n\n", "event: x", "a",  "\357\273\277",
                                        "data: {\"a\":1}"};
    uint64_t random = 3;

    for (int round = 0; round < 20000; round++) {
        CLEANUP(buf_wipe) struct buf stream = BUF_OF(4096);
        CLEANUP(seen_done) struct seen whole;
        CLEANUP(seen_done) struct seen cut;
        CLEANUP(sse_done) struct sse s;
        CLEANUP(sse_done) struct sse t;
        seen_init(&whole);
        seen_init(&cut);
        for (uint64_t n = test_random(&random) % 20; n > 0; n--) {
            assert_ok(
                buf_append(&stream, span_str(parts[test_random(&random) % ARRAY_SIZE(parts)])));
        }
        sse_init(&s, &wide, record, &whole);
        feed(&s, &whole, buf_span(&stream));
        sse_init(&t, &wide, record, &cut);
        for (struct span rest = buf_span(&stream); rest.n > 0;) {
            size_t n = 1 + test_random(&random) % 9;
            feed(&t, &cut, span_first(rest, n));
            rest = span_drop_first(rest, n);
        }
        assert_span("events", buf_span(&cut.events), buf_span(&whole.events));
        assert_ok(buf_append(&whole.raw, sse_rest(&s)));
        assert_ok(buf_append(&cut.raw, sse_rest(&t)));
        assert_span("whole", buf_span(&whole.raw), buf_span(&stream));
        assert_span("cut", buf_span(&cut.raw), buf_span(&stream));
    }
}

static void an_event_that_comes_whole_is_not_copied(void **state)
{
    (void)state;
    CLEANUP(seen_done) struct seen seen;
    CLEANUP(sse_done) struct sse s;
    size_t before = 0;

    seen_init(&seen);
    sse_init(&s, &wide, record, &seen);
    feed(&s, &seen, SPAN_OF("data: a\n\n"));
    before = mem_in_use();
    feed(&s, &seen, SPAN_OF(": hi\nevent: x\ndata: b\n\ndata: c\r\n\r\n"));
    assert_false(seen.copied);
    assert_int_equal(s.held.capacity, 0);
    assert_int_equal(mem_in_use(), before);
    feed(&s, &seen, SPAN_OF("data: d\n"));
    feed(&s, &seen, SPAN_OF("\ndata: e\n\n"));
    assert_false(seen.copied); // the second one came whole
    assert_span("events", buf_span(&seen.events), SPAN_OF("|a;x|b;|c;|d;|e;"));
}

// A heartbeat and the LF of a cut CR LF are handed over at once.
static void a_block_waits_for_nothing(void **state)
{
    (void)state;
    CLEANUP(seen_done) struct seen seen;
    CLEANUP(sse_done) struct sse s;

    seen_init(&seen);
    sse_init(&s, &wide, record, &seen);
    feed(&s, &seen, SPAN_OF(": ping\n\n"));
    assert_int_equal(seen.blocks, 1);
    feed(&s, &seen, SPAN_OF("data: a\r\n\r"));
    assert_int_equal(seen.blocks, 2);
    feed(&s, &seen, SPAN_OF("\n"));
    assert_int_equal(seen.blocks, 3);
    assert_false(sse_pending(&s));
    feed(&s, &seen, SPAN_OF("data: b\r\n\r\n"));
    assert_int_equal(seen.blocks, 4);
}

static const struct {
    const char *why;
    struct span stream;
    enum aiu_status status;
    struct span events;
} limited[] = {
    {"a line as long as allowed", SPAN("data: 78\n\n"), AIU_OK, SPAN("|78;")},
    {"a line too long", SPAN("data: 789\n\n"), AIU_TOO_LONG, SPAN("")},
    {"a line too long without an end", SPAN("data: 789"), AIU_TOO_LONG, SPAN("")},
    {"an event as long as allowed", SPAN("data: a\ndata: b\n:9\n\n"), AIU_OK, SPAN("|a\nb;")},
    {"an event too long", SPAN("data: a\ndata: b\n:90\n\n"), AIU_TOO_LONG, SPAN("")},
    {"too long before it ends", SPAN("data: a\ndata: b\ndata"), AIU_OK, SPAN("")},
    {"too long and not ended", SPAN("data: a\ndata: b\ndata:"), AIU_TOO_LONG, SPAN("")},
    {"the LF of a CR LF fits", SPAN("data: a\ndata: b\n:9\r\n"), AIU_OK, SPAN("")},
    {"too long by the LF of a CR LF", SPAN("data: a\ndata: b\n:90\r\n"), AIU_TOO_LONG, SPAN("")},
    {"the LF of the blank line does not count", SPAN("data: a\ndata: b\n:9\n\r\n"), AIU_OK,
     SPAN("|a\nb;")},
    {"events before it are whole", SPAN("data: a\n\ndata: 789\n\n"), AIU_TOO_LONG, SPAN("|a;")},
};

static void limits_hold_at_every_cut(void **state)
{
    (void)state;
    static const struct sse_limits tight = {.line = 8, .event = 20};

    for (size_t i = 0; i < ARRAY_SIZE(limited); i++) {
        for (size_t cut = 0; cut <= limited[i].stream.n; cut++) {
            CLEANUP(seen_done) struct seen seen;
            CLEANUP(sse_done) struct sse s;
            seen_init(&seen);
            sse_init(&s, &tight, record, &seen);
            enum aiu_status st = sse_feed(&s, span_first(limited[i].stream, cut));
            if (st == AIU_OK) {
                st = sse_feed(&s, span_drop_first(limited[i].stream, cut));
            }
            if (st != limited[i].status) {
                print_error("%s, cut at %zu\n", limited[i].why, cut);
            }
            assert_status(st, limited[i].status);
            assert_span(limited[i].why, buf_span(&seen.events), limited[i].events);
        }
    }
}

static void a_mark_is_no_part_of_its_line(void **state)
{
    (void)state;
    CLEANUP(seen_done) struct seen seen;
    CLEANUP(sse_done) struct sse s;

    seen_init(&seen);
    sse_init(&s, &wide, record, &seen);
    feed(&s, &seen, SPAN_OF("\357\273\277\n"));
    assert_int_equal(seen.blocks, 1);
    feed(&s, &seen, SPAN_OF("data: a\n\n"));
    assert_int_equal(seen.blocks, 2);
}

// 100 MiB without a line end: refused at the limit, and memory never passes it.
static void memory_is_flat_without_line_ends(void **state)
{
    (void)state;
    static const struct sse_limits limits = {.line = 1 << 20, .event = 4 << 20};
    static uint8_t block[65536];
    CLEANUP(seen_done) struct seen seen;
    CLEANUP(sse_done) struct sse s;
    size_t fed = 0;
    size_t before = mem_in_use();
    enum aiu_status st = AIU_OK;

    memset(block, 'a', sizeof(block));
    seen_init(&seen);
    sse_init(&s, &limits, record, &seen);
    while (fed < (100U << 20) && st == AIU_OK) {
        st = sse_feed(&s, span_of(block, sizeof(block)));
        fed += sizeof(block);
        assert_true(mem_in_use() - before <= (2U << 20));
    }
    assert_status(st, AIU_TOO_LONG);
    assert_int_equal(fed, (1U << 20) + sizeof(block));
}

static enum aiu_status refuse(void *ctx, const struct sse_event *event)
{
    (void)event;
    (*(int *)ctx)++;
    return AIU_CANCELLED;
}

static void what_the_handler_returns_stops_the_feed(void **state)
{
    (void)state;
    CLEANUP(sse_done) struct sse s;
    int calls = 0;

    sse_init(&s, &wide, refuse, &calls);
    assert_status(sse_feed(&s, SPAN_OF("data: a\n\ndata: b\n\n")), AIU_CANCELLED);
    assert_int_equal(calls, 1);
}

static void failing_memory_is_reported(void **state)
{
    (void)state;
    CLEANUP(seen_done) struct seen seen;
    CLEANUP(sse_done) struct sse s;

    seen_init(&seen);
    sse_init(&s, &wide, record, &seen);
    mem_fail_after(0);
    enum aiu_status st = sse_feed(&s, SPAN_OF("data: a"));
    mem_fail_after(SIZE_MAX);
    assert_status(st, AIU_NO_MEMORY);
}

TEST_MAIN(events_do_not_depend_on_how_the_stream_is_cut, fed_byte_by_byte_it_is_the_same,
          every_byte_is_accounted_for, an_event_that_comes_whole_is_not_copied,
          a_block_waits_for_nothing, limits_hold_at_every_cut, a_mark_is_no_part_of_its_line,
          memory_is_flat_without_line_ends, what_the_handler_returns_stops_the_feed,
          failing_memory_is_reported)
