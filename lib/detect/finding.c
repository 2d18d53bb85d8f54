// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "detect/finding.h"

#include <string.h>

#include "base/alloc.h"

const char *finding_kind_text(enum finding_kind kind)
{
    static const char *const texts[KIND_COUNT] = {
        [KIND_PII] = "pii",       [KIND_SECRET] = "secret", [KIND_INJECTION] = "injection",
        [KIND_HIDDEN] = "hidden", [KIND_OUTPUT] = "output",
    };

    return (unsigned)kind < KIND_COUNT ? texts[kind] : "";
}

const char *severity_text(enum severity severity)
{
    static const char *const texts[SEVERITY_COUNT] = {
        [SEVERITY_LOW] = "low",
        [SEVERITY_MEDIUM] = "medium",
        [SEVERITY_HIGH] = "high",
        [SEVERITY_CRITICAL] = "critical",
    };

    return (unsigned)severity < SEVERITY_COUNT ? texts[severity] : "";
}

void findings_done(struct findings *f)
{
    mem_free(f->items);
    *f = (struct findings)FINDINGS_OF(f->maximum);
}

static enum aiu_status findings_grow(struct findings *f)
{
    size_t capacity = f->capacity == 0 ? 4 : 2 * f->capacity;

    struct finding *items =
        mem_resize_wiped(f->items, f->capacity * sizeof(*items), capacity * sizeof(*items));
    if (items == NULL) {
        return AIU_NO_MEMORY;
    }
    f->items = items;
    f->capacity = capacity;
    return AIU_OK;
}

enum aiu_status findings_append(struct findings *f, const struct finding *item)
{
    if (f->count >= f->maximum) {
        return AIU_INSPECTION_FAILED;
    }
    if (f->count == f->capacity) {
        TRY(findings_grow(f));
    }
    f->items[f->count++] = *item;
    return AIU_OK;
}

void findings_drop_first(struct findings *f, size_t n)
{
    CHECK(n <= f->count);
    if (n > 0) {
        memmove(f->items, f->items + n, (f->count - n) * sizeof(*f->items));
        f->count -= n;
    }
}
