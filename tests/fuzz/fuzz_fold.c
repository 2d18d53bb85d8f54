// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Any bytes fold to valid UTF-8 with single blanks, folding again changes no length for the worse,
// and the way back stays inside the source and goes forward.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "detect/fold.h"
#include "detect/guess.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct folder g_words, g_exact, g_made;

static void leads_back(const struct folded *f, size_t size)
{
    size_t last = 0;

    for (size_t at = 0; at < f->text.n; at++) {
        size_t start = 0;
        size_t end = 0;
        folded_source(f, at, at + 1, &start, &end);
        CHECK(start < end && end <= size && start >= last);
        last = start;
    }
}

static enum aiu_status take(void *ctx, const struct folded *reading, bool text)
{
    const size_t *size = ctx;
    size_t start = 0;
    size_t end = 0;

    (void)text;
    if (reading->text.n > 0) {
        folded_source(reading, 0, reading->text.n, &start, &end);
        CHECK(start < end && end <= *size);
    }
    return AIU_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span source = {data, size};
    struct folded words;
    struct folded exact;

    CHECK(fold_text(&g_words, source, &words) == AIU_OK);
    CHECK(utf8_valid(words.text));
    CHECK(span_find_span(words.text, SPAN_OF("  ")) == words.text.n);
    leads_back(&words, size);
    CHECK(fold_exact(&g_exact, source, &exact) == AIU_OK);
    leads_back(&exact, size);
    CHECK(guess_readings(&words, source, &g_made, take, &size) == AIU_OK);
    CHECK(guess_turned(source, &g_made, take, &size) == AIU_OK);
    return 0;
}
