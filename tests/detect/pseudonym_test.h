// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the tests of pseudonyms share: a keyer that needs no library (and keeps no secret).
#pragma once

#include "detect/redact.h"
#include "detect/restore.h"

#include "detect_test.h"

static inline enum aiu_status test_mac(void *ctx, struct span bytes, uint8_t out[TOKEN_MAC_SIZE])
{
    uint64_t h = UINT64_C(0xCBF29CE484222325) ^ *(const uint64_t *)ctx;

    for (size_t i = 0; i < bytes.n; i++) {
        h = (h ^ bytes.p[i]) * UINT64_C(0x100000001B3);
    }
    for (size_t i = 0; i < TOKEN_MAC_SIZE; i++) {
        h = (h ^ h >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
        out[i] = (uint8_t)(h >> 56);
    }
    return AIU_OK;
}

static inline void test_pseudonyms(struct pseudonyms *p, uint64_t *key)
{
    const struct pseudonym_keyer keyer = {test_mac, key};

    pseudonyms_init(p, &keyer, 64 << 20);
}

// The token of a value, which lives as long as the list.
static inline struct span token_of(struct pseudonyms *p, const char *rule, const char *value)
{
    struct span token = {NULL, 0};

    assert_ok(pseudonyms_token(p, rule_of(rule), span_str(value), false, &token));
    return token;
}

// `text` with pseudonyms for all that is found.
static inline void pseudonymise(struct pseudonyms *p, struct span text, struct buf *out)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    const struct redaction r = {REDACT_PSEUDONYM, false, p};
    struct bench *b = bench_get();

    buf_reset(out);
    assert_ok(scan_text(b->engine, b->scratch, &b->all, text, &found));
    assert_ok(redact_text_with(&r, text, &found, NULL, out));
    assert_ok(pseudonyms_index(p));
}
