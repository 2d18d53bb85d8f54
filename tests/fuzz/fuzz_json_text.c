// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Both decoders: any cut gives the same text at the same places, and no source byte is lost. The
// first byte of the input says where to cut.
#include "base/utf8.h"
#include "codec/json_text.h"

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // libFuzzer's name for it

// Decoded bytes, and for each the source behind it, written as text so that two can be compared.
struct seen {
    struct buf text;
    struct buf places;
    size_t source_n;
    bool whole_characters;
};

static enum aiu_status record(void *ctx, struct span bytes, size_t source_n,
                              enum text_origin origin)
{
    struct seen *s = ctx;
    bool run = bytes.n == source_n;

    CHECK(bytes.n > 0 && (run || (bytes.n <= 4 && utf8_valid(bytes) && utf8_count(bytes) == 1)));
    for (size_t i = 0; i < bytes.n; i++) {
        size_t place[] = {s->source_n + (run ? i : 0), s->source_n + (run ? i + 1 : source_n),
                          (size_t)origin};
        TRY(buf_append(&s->places, span_of(place, sizeof(place))));
    }
    s->source_n += source_n;
    s->whole_characters = s->whole_characters && utf8_valid(bytes);
    return buf_append(&s->text, bytes);
}

static void seen_init(struct seen *s)
{
    *s = (struct seen){.whole_characters = true};
    buf_init(&s->text, 1 << 20);
    buf_init(&s->places, 1 << 24);
}

static void seen_done(struct seen *s)
{
    buf_wipe(&s->text);
    buf_wipe(&s->places);
}

static void decode(struct span raw, size_t step, bool inner, struct seen *s)
{
    struct json_inner i;
    struct json_text t;

    json_inner_init(&i, record, s);
    json_text_init(&t, inner ? json_inner_feed : record, inner ? (void *)&i : (void *)s);
    while (raw.n > 0) {
        CHECK(json_text_feed(&t, span_first(raw, step)) == AIU_OK);
        raw = span_drop_first(raw, step);
    }
    CHECK(json_text_finish(&t) == AIU_OK);
    CHECK(json_inner_finish(&i) == AIU_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span raw = span_drop_first(span_of(data, size < 4096 ? size : 4096), 1);
    size_t step = size > 0 ? 1 + data[0] % 40U : 1;

    for (int inner = 0; inner < 2; inner++) {
        CLEANUP(seen_done) struct seen whole;
        CLEANUP(seen_done) struct seen cut;
        seen_init(&whole);
        seen_init(&cut);
        decode(raw, SIZE_MAX, inner != 0, &whole);
        decode(raw, step, inner != 0, &cut);
        CHECK(whole.source_n == raw.n && cut.source_n == raw.n);
        CHECK(span_equal(buf_span(&whole.text), buf_span(&cut.text)));
        CHECK(span_equal(buf_span(&whole.places), buf_span(&cut.places)));
        CHECK(cut.whole_characters || !utf8_valid(raw));
    }
    return 0;
}
