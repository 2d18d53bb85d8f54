// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "flow/positions.h"

#include "codec/json_text.h"
#include "test.h"

static const char *const pieces[] = {"a",    "\\n", "\\u00e9", "\\ud83d\\ude00",   "\xC3\xA4",
                                     "\\\"", "xyz", "\\ud800", "\xF0\x9F\x98\x80", "\\/"};

struct text {
    struct buf raw, decoded;
    size_t starts[512], ends[512], sources[512], source_ends[512];
    size_t count;
};

static enum aiu_status keep(void *ctx, struct span bytes, size_t source_n, enum text_origin origin)
{
    (void)source_n;
    (void)origin;
    return buf_append(ctx, bytes);
}

// Each piece decoded alone gives its place: the whole is their sum.
static void add_piece(struct text *t, const char *piece)
{
    struct json_text decoder;

    t->starts[t->count] = t->decoded.n;
    t->sources[t->count] = t->raw.n;
    json_text_init(&decoder, keep, &t->decoded);
    assert_ok(json_text_feed(&decoder, span_str(piece)));
    assert_ok(json_text_finish(&decoder));
    assert_ok(buf_append(&t->raw, span_str(piece)));
    t->ends[t->count] = t->decoded.n;
    t->source_ends[t->count] = t->raw.n;
    t->count++;
}

static void every_piece_is_where_it_was_written(void **state)
{
    (void)state;
    uint64_t seed = 7;

    for (int round = 0; round < 500; round++) {
        struct text t = {.raw = BUF_OF(1 << 16), .decoded = BUF_OF(1 << 16)};
        CLEANUP(findings_done) struct findings found = FINDINGS_OF(1024);
        CLEANUP(arena_done) struct arena a;
        struct positions p;
        size_t n = 1 + test_random(&seed) % 40;

        arena_init(&a, 1 << 20);
        for (size_t i = 0; i < n; i++) {
            add_piece(&t, pieces[test_random(&seed) % ARRAY_SIZE(pieces)]);
        }
        for (size_t i = 0; i < t.count; i++) {
            const struct finding f = {.start = t.starts[i], .end = t.ends[n - 1 - i]};
            assert_ok(findings_append(&found, &f));
        }
        assert_ok(positions_of(buf_span(&t.raw), &found, &a, &p));
        for (size_t i = 0; i < t.count; i++) {
            assert_int_equal(positions_source(&p, t.starts[i]), t.sources[i]);
            assert_int_equal(positions_source(&p, t.ends[i]), t.source_ends[i]);
        }
        buf_wipe(&t.raw);
        buf_wipe(&t.decoded);
    }
}

static void nothing_found_costs_nothing(void **state)
{
    (void)state;
    const struct findings none = FINDINGS_OF(1);
    CLEANUP(arena_done) struct arena a;
    struct positions p;

    arena_init(&a, 1 << 20);
    assert_ok(positions_of(SPAN_OF("\\n\\n"), &none, &a, &p));
    assert_int_equal(a.used, 0);
}

TEST_MAIN(every_piece_is_where_it_was_written, nothing_found_costs_nothing)
