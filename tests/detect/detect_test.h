// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the tests of detect share: one engine, and findings as text.
#pragma once

#include "detect/engine.h"
#include "detect/redact.h"
#include "detect/window.h"

#include "test.h"

struct bench {
    struct engine *engine;
    struct scratch *scratch;
    struct rule_set all;
};

static inline struct bench *bench_get(void)
{
    static struct bench bench;

    if (bench.engine == NULL) {
        assert_ok(engine_new(&bench.engine));
        assert_ok(scratch_new(bench.engine, &bench.scratch));
        bench.all = rule_set_all();
    }
    return &bench;
}

// For the end of a program, so that leak checkers have nothing to say.
static inline int bench_done(void **state)
{
    (void)state;
    scratch_free(bench_get()->scratch);
    engine_free(bench_get()->engine);
    *bench_get() = (struct bench){0};
    return 0;
}

static inline uint16_t rule_of(const char *id)
{
    uint16_t rule = 0;

    if (!rules_find(span_str(id), &rule)) {
        fail_msg("no rule %s", id);
    }
    return rule;
}

// "ada@example.com" -> "[REDACTED:email]" for all rules.
static inline struct span redacted(struct span text, struct buf *out)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();

    buf_reset(out);
    assert_ok(scan_text(b->engine, b->scratch, &b->all, text, &found));
    assert_ok(redact_text(text, &found, NULL, false, out));
    return buf_span(out);
}
