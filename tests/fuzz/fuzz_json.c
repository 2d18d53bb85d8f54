// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The scanner: the same result for a text cut in two and fed byte by byte, tokens inside the text,
// accepted texts valid UTF-8, and values that survive being unescaped and written again.
#include "base/utf8.h"
#include "codec/json.h"
#include "codec/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // libFuzzer's name for it

static const struct json_limits limits = {.depth = 16,
                                          .values = 4000,
                                          .string = 4096,
                                          .number = 99};

static enum aiu_status scan(struct span text, size_t step, struct arena *a, struct json_doc *d,
                            size_t *ret_at)
{
    struct json j;
    enum aiu_status fed = AIU_OK;

    json_init(&j, a, &limits);
    for (size_t n = step; step > 0 && n < text.n; n += step) {
        fed = json_feed(&j, span_first(text, n));
    }
    enum aiu_status st = json_finish(&j, text, d);
    CHECK(fed == AIU_OK || fed == st);
    *ret_at = st == AIU_OK ? 0 : json_error_offset(&j);
    CHECK(*ret_at <= text.n);
    return st;
}

static void check_token(const struct json_doc *d, uint32_t i)
{
    const struct json_token *t = &d->tokens[i];
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    CLEANUP(buf_wipe) struct buf path = BUF_OF(1 << 16);

    CHECK(t->start <= t->end && t->end <= d->text.n);
    CHECK(t->next > i && t->next <= d->count);
    CHECK(json_path(d, i, &path) == AIU_OK);
    if (t->type == JSON_STRING || t->type == JSON_KEY) {
        CHECK(json_unescape(d, i, &text) == AIU_OK);
        CHECK(utf8_valid(buf_span(&text)));
        CHECK(json_equal(d, i, buf_span(&text)));
        CHECK(text.n <= t->end - t->start);
    }
}

static void write_again(const struct json_doc *d, uint32_t token)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    CLEANUP(buf_wipe) struct buf again = BUF_OF(1 << 20);
    CLEANUP(arena_done) struct arena a;
    struct json_doc read;

    CHECK(json_unescape(d, token, &text) == AIU_OK);
    CHECK(json_append_string(&again, buf_span(&text)) == AIU_OK);
    arena_init(&a, 1 << 20);
    CHECK(json_parse(buf_span(&again), &a, &json_default_limits, &read, NULL) == AIU_OK);
    CHECK(json_equal(&read, 0, buf_span(&text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of(data, size < 4096 ? size : 4096);
    const size_t steps[] = {1, text.n / 2 + 1, 7};
    CLEANUP(arena_done) struct arena a;
    struct json_doc whole;
    struct json_doc cut;
    size_t at = 0;

    arena_init(&a, 16 << 20);
    enum aiu_status st = scan(text, 0, &a, &whole, &at);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        size_t cut_at = 0;
        CHECK(scan(text, steps[i], &a, &cut, &cut_at) == st && cut_at == at);
        CHECK(st != AIU_OK ||
              (cut.count == whole.count &&
               memcmp(cut.tokens, whole.tokens, whole.count * sizeof(struct json_token)) == 0));
    }
    if (st == AIU_OK) {
        CHECK(utf8_valid(text));
        for (uint32_t i = 0; i < whole.count && i < 64; i++) {
            check_token(&whole, i);
            if (whole.tokens[i].type == JSON_STRING) {
                write_again(&whole, i);
            }
        }
    }
    return 0;
}
