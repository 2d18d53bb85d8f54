// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What detection hands over: where in a text which rule fires. Never the text itself.
//
// Ownership: a list owns its items; they hold no content. Threads: one per list.
// Errors:    AIU_INSPECTION_FAILED at the maximum (a finding is never dropped silently),
//            AIU_NO_MEMORY.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum finding_kind { KIND_PII, KIND_SECRET, KIND_INJECTION, KIND_HIDDEN, KIND_OUTPUT, KIND_COUNT };

enum severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL, SEVERITY_COUNT };

// "pii", "secret", "injection", "hidden", "output".
const char *finding_kind_text(enum finding_kind kind);
// "low", "medium", "high", "critical".
const char *severity_text(enum severity severity);

struct finding {
    size_t start; // bytes, half open
    size_t end;
    uint16_t rule;      // rules.h
    uint8_t confidence; // 0 to 100
    bool number;        // touches a bare JSON number (TEXT_NUMBER)
    bool open;          // of a stream: still flowing, `end` grows with each scan
    uint8_t note;       // for the reader's own use, 0 as it was found
    size_t value;       // of a window that keeps values: where its bytes are (window_value)
    size_t value_n;
};

// Sorted by start, not overlapping.
struct findings {
    struct finding *items;
    size_t count;
    size_t capacity;
    size_t maximum;
};

// Most findings of one text; a text with more is one that could not be inspected.
enum { FINDINGS_MOST = 1 << 20 };

#define FINDINGS_OF(most)                                                                          \
    {                                                                                              \
        .maximum = (most)                                                                          \
    }

// Empty; nothing is allocated until the first finding.
static inline void findings_init(struct findings *f, size_t maximum)
{
    *f = (struct findings)FINDINGS_OF(maximum);
}

void findings_done(struct findings *f);

// Empty, memory kept.
static inline void findings_reset(struct findings *f)
{
    f->count = 0;
}

MUST_CHECK enum aiu_status findings_append(struct findings *f, const struct finding *item);

// Forget the first `n`.
void findings_drop_first(struct findings *f, size_t n);
