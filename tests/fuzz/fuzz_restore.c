// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The first byte chooses the cuts, the rest is a text in which the bytes 1 to 9 stand for tokens: a
// window that looks for tokens finds what a search of the whole finds, and holds little.
#include <stddef.h>
#include <stdint.h>

#include "detect/window.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pseudonyms g_list;

static enum aiu_status mac(void *ctx, struct span bytes, uint8_t out[TOKEN_MAC_SIZE])
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);

    (void)ctx;
    for (size_t i = 0; i < bytes.n; i++) {
        h = (h ^ bytes.p[i]) * UINT64_C(0x100000001B3);
    }
    for (size_t i = 0; i < TOKEN_MAC_SIZE; i++) {
        h = (h ^ h >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
        out[i] = (uint8_t)(h >> 56);
    }
    return AIU_OK;
}

static void fill(void)
{
    static const char *const values[][2] = {
        {"pii.email", "ada@example.org"},       {"pii.card", "4111 1111 1111 1111"},
        {"pii.us_ssn", "536-90-4399"},          {"pii.phone", "+1 415 555 2671"},
        {"pii.iban", "DE89370400440532013000"}, {"pii.ip", "203.0.113.7"},
        {"pii.ip", "2001:db8:85a3::8a2e"},      {"secret.groq_api_key", "x"},
        {"pii.card", "378282246310005"},
    };
    const struct pseudonym_keyer keyer = {mac, NULL};
    struct span token;
    uint16_t rule = 0;

    pseudonyms_init(&g_list, &keyer, 1 << 20);
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        CHECK(rules_find(span_str(values[i][0]), &rule));
        CHECK(pseudonyms_token(&g_list, rule, span_str(values[i][1]), false, &token) == AIU_OK);
    }
    CHECK(pseudonyms_index(&g_list) == AIU_OK);
}

static size_t next_piece(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return 1 + (*state >> 24) % 23;
}

static void expand(struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        size_t k = in.p[i];
        struct span piece =
            k >= 1 && k <= g_list.count ? g_list.items[k - 1]->token : span_of(in.p + i, 1);
        CHECK(buf_append(out, piece) == AIU_OK);
    }
}

static void same(const struct tokens_seen *got, const struct tokens_seen *wanted)
{
    CHECK(got->count == wanted->count);
    for (size_t i = 0; i < got->count; i++) {
        CHECK(got->items[i].start == wanted->items[i].start);
        CHECK(got->items[i].end == wanted->items[i].end);
        CHECK(got->items[i].entry == wanted->items[i].entry);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(tokens_seen_done) struct tokens_seen whole = {0};
    CLEANUP(window_done) struct window w;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(64 << 20);
    size_t decided = 0;

    if (g_list.count == 0) {
        fill();
    }
    window_init(&w, NULL, NULL);
    window_seek(&w, &g_list);
    if (size == 0) {
        return 0;
    }
    expand(span_of(data + 1, size - 1), &text);
    const struct view v = {text.p, text.n, true, true, NULL};
    CHECK(restore_search(&g_list, NULL, &v, 0, &whole, &decided) == AIU_OK && decided == text.n);
    uint32_t state = data[0];
    for (struct span left = buf_span(&text); left.n > 0;) {
        struct span piece = span_first(left, data[0] < 8 ? data[0] + 1U : next_piece(&state));
        CHECK(window_feed(&w, piece, piece.n, TEXT_PLAIN) == AIU_OK);
        CHECK(window_scan(&w, NULL) == AIU_OK);
        CHECK(window_held(&w) <= 256);
        left = span_drop_first(left, piece.n);
    }
    CHECK(window_finish(&w, NULL) == AIU_OK);
    same(window_tokens(&w), &whole);
    return 0;
}
