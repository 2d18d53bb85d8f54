// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Any bytes: findings are sorted, do not overlap and lie in the text.
#include <stddef.h>
#include <stdint.h>

#include "detect/engine.h"
#include "detect/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct engine *g_engine;
static struct scratch *g_scratch;

static void redact(struct span text, struct findings *found, struct buf *out)
{
    struct rule_set all = rule_set_all();
    size_t end = 0;

    buf_reset(out);
    CHECK(scan_text(g_engine, g_scratch, &all, text, found) == AIU_OK);
    for (size_t i = 0; i < found->count; i++) {
        CHECK(found->items[i].start >= end && found->items[i].end > found->items[i].start);
        CHECK(!found->items[i].open);
        end = found->items[i].end;
    }
    CHECK(end <= text.n);
    CHECK(redact_text(text, found, NULL, false, out) == AIU_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(64 << 20);
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);

    if (g_engine == NULL) {
        CHECK(engine_new(&g_engine) == AIU_OK && scratch_new(g_engine, &g_scratch) == AIU_OK);
    }
    redact(span_of(data, size), &found, &out);
    return 0;
}
