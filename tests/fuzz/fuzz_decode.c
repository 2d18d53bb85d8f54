// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Whatever is decoded is text of a place inside the source, runs come in order, and escapes lead
// back. Then the whole inspection of the same bytes.
#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"
#include "detect/decode.h"
#include "detect/deep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct decoder g_decoder;
static struct folder g_escapes;
static struct engine *g_engine;
static struct scratch *g_scratch;

static enum aiu_status on_decoded(void *ctx, const struct decoded *d)
{
    const size_t *size = ctx;

    CHECK(d->start < d->end && d->end <= *size);
    CHECK(d->bytes.n >= DECODE_LEAST && utf8_valid(d->bytes));
    return AIU_OK;
}

static enum aiu_status on_token(void *ctx, size_t start, size_t end)
{
    const size_t *size = ctx;

    CHECK(start < end && end <= *size);
    return AIU_OK;
}

static void decode_all(struct span text)
{
    const struct decode_handlers to = {on_decoded, on_token, &text.n};
    struct folded reading;
    size_t at = 0;

    CHECK(decode_runs(&g_decoder, text, DECODE_NUMBERS | DECODE_MORSE, &to) == AIU_OK);
    CHECK(decode_selectors(&g_decoder, text, on_decoded, &text.n) == AIU_OK);
    do {
        CHECK(decode_escapes(&g_escapes, text, &at, &reading) == AIU_OK);
        CHECK(at <= text.n);
        for (size_t i = 0; i < reading.text.n; i++) {
            size_t start = 0;
            size_t end = 0;
            folded_source(&reading, i, i + 1, &start, &end);
            CHECK(start < end && end <= text.n);
        }
    } while (reading.text.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct span text = {data, size};
    struct rule_set all = rule_set_all();
    struct wording wording;

    if (g_engine == NULL) {
        CHECK(engine_new(&g_engine) == AIU_OK && scratch_new(g_engine, &g_scratch) == AIU_OK);
    }
    decode_all(text);
    CHECK(deep_scan(g_engine, g_scratch, &all, TEXT_TOOL, text, &found, &wording) == AIU_OK);
    for (size_t i = 0; i < found.count; i++) {
        CHECK(found.items[i].start <= found.items[i].end && found.items[i].end <= size);
        CHECK(i == 0 || found.items[i - 1].start <= found.items[i].start);
    }
    return 0;
}
