// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/vkey.h"

#include "test.h"

static void a_new_key_has_its_form_and_is_new(void **state)
{
    CLEANUP(buf_wipe) struct buf a = BUF_OF(VKEY_TOKEN_SIZE);
    CLEANUP(buf_wipe) struct buf b = BUF_OF(VKEY_TOKEN_SIZE);

    (void)state;
    assert_ok(vkey_generate(&a));
    assert_ok(vkey_generate(&b));
    assert_int_equal(a.n, VKEY_TOKEN_SIZE);
    assert_true(span_starts_with(buf_span(&a), SPAN_OF("aiu-")));
    for (size_t i = 4; i < a.n; i++) {
        assert_non_null(
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", a.p[i]));
    }
    assert_false(span_equal(buf_span(&a), buf_span(&b)));
}

static void a_key_that_does_not_fit_leaves_nothing_behind(void **state)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(VKEY_TOKEN_SIZE);

    (void)state;
    assert_ok(buf_append(&b, SPAN_OF("x")));
    assert_status(vkey_generate(&b), AIU_TOO_LONG);
    assert_span("as it was", buf_span(&b), SPAN_OF("x"));
    for (size_t i = 1; i < b.capacity; i++) {
        assert_int_equal(b.p[i], 0);
    }
}

// Computed with Python's hmac: the stored form must stay the same for ever.
static void the_digest_is_the_documented_one(void **state)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(64);
    struct vkey_digest d, parsed;

    (void)state;
    assert_ok(vkey_digest(SPAN_OF("aiu-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &d));
    assert_ok(vkey_digest_format(&d, &text));
    assert_span("digest", buf_span(&text),
                SPAN_OF("h1:vEe2eGNrb-kXdK0cpnoIBddhQKJlIoBUsIn2gsdh0YM"));
    assert_int_equal(text.n, VKEY_DIGEST_TEXT_SIZE);
    assert_ok(vkey_digest_parse(buf_span(&text), &parsed));
    assert_memory_equal(&parsed, &d, sizeof(d));
}

static void a_chosen_key_has_the_same_digest(void **state)
{
    struct secret *s = NULL;
    uint8_t bytes[] = "chosen by an operator";
    struct vkey_digest a, b;

    (void)state;
    assert_ok(secret_init_process(true));
    assert_ok(secret_new_from_bytes(bytes, 21, &s));
    assert_ok(vkey_digest_of_secret(s, &a));
    assert_ok(vkey_digest(SPAN_OF("chosen by an operator"), &b));
    assert_memory_equal(&a, &b, sizeof(a));
    secret_unref(s);
}

static void only_a_whole_canonical_digest_is_read(void **state)
{
    static const char *const bad[] = {
        "",
        "h1:",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",     // the digits alone
        "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",   // 42 digits
        "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", // 44
        "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",  // bits that belong to no byte
        "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/A",  // the other alphabet
        "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA A",
        "h2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "H1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    struct vkey_digest d;

    (void)state;
    assert_ok(vkey_digest_parse(SPAN_OF("h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &d));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_status(vkey_digest_parse(span_str(bad[i]), &d), AIU_CONFIG_INVALID);
    }
}

enum { MANY = 500 };

static struct span token_of(size_t i, char out[static 32])
{
    (void)snprintf(out, 32, "token-%zu", i);
    return span_str(out);
}

static void every_key_is_found_and_no_other(void **state)
{
    static struct vkey_digest digests[MANY];
    struct vkey_table *t = NULL;
    char token[32];
    size_t index = 0;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        assert_ok(vkey_digest(token_of(i, token), &digests[i]));
    }
    for (size_t count = 0; count <= MANY; count += count < 20 ? 1 : 97) {
        assert_ok(vkey_table_new(digests, count, &t));
        for (size_t i = 0; i < MANY; i++) {
            enum aiu_status st = vkey_table_find(t, token_of(i, token), &index);
            assert_status(st, i < count ? AIU_OK : AIU_UNAUTHENTICATED);
            assert_true(st != AIU_OK || index == i);
        }
        vkey_table_free(t);
    }
    vkey_table_free(NULL);
}

static void what_is_stored_does_not_authenticate(void **state)
{
    struct vkey_digest d;
    struct vkey_table *t = NULL;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(64);
    size_t index = 0;

    (void)state;
    assert_ok(vkey_digest(SPAN_OF("token"), &d));
    assert_ok(vkey_digest_format(&d, &text));
    assert_ok(vkey_table_new(&d, 1, &t));
    assert_ok(vkey_table_find(t, SPAN_OF("token"), &index));
    assert_status(vkey_table_find(t, buf_span(&text), &index), AIU_UNAUTHENTICATED);
    assert_status(vkey_table_find(t, span_of(d.bytes, sizeof(d.bytes)), &index),
                  AIU_UNAUTHENTICATED);
    assert_status(vkey_table_find(t, SPAN_OF(""), &index), AIU_UNAUTHENTICATED);
    assert_status(vkey_table_find(t, SPAN_OF("token "), &index), AIU_UNAUTHENTICATED);
    vkey_table_free(t);
}

// An empty slot holds zeros; a digest of zeros must not be found in one.
static void two_equal_keys_and_chains_are_handled(void **state)
{
    struct vkey_digest same[9];
    struct vkey_table *t = NULL;

    (void)state;
    memset(same, 0, sizeof(same));
    for (uint8_t i = 0; i < ARRAY_SIZE(same); i++) {
        same[i].bytes[31] = i; // one chain
    }
    assert_ok(vkey_table_new(same, ARRAY_SIZE(same), &t));
    vkey_table_free(t);
    same[8] = same[3];
    assert_status(vkey_table_new(same, ARRAY_SIZE(same), &t), AIU_CONFIG_INVALID);
}

static void a_failed_allocation_is_a_refusal_and_leaks_nothing(void **state)
{
    struct vkey_digest d;
    struct vkey_table *t = NULL;
    size_t index = 0;
    size_t before = mem_in_use();

    (void)state;
    assert_ok(vkey_digest(SPAN_OF("token"), &d));
    for (size_t fail = 0; t == NULL; fail++) {
        mem_fail_after(fail);
        enum aiu_status st = vkey_table_new(&d, 1, &t);
        mem_fail_after(SIZE_MAX);
        assert_true(st == AIU_OK ? t != NULL : st == AIU_NO_MEMORY);
        assert_true(t != NULL || mem_in_use() == before);
    }
    mem_fail_after(0);
    enum aiu_status st = vkey_table_find(t, SPAN_OF("token"), &index);
    mem_fail_after(SIZE_MAX);
    assert_status(st, AIU_NO_MEMORY);
    vkey_table_free(t);
    assert_int_equal(mem_in_use(), before);
}

TEST_MAIN(a_new_key_has_its_form_and_is_new, a_key_that_does_not_fit_leaves_nothing_behind,
          the_digest_is_the_documented_one, a_chosen_key_has_the_same_digest,
          only_a_whole_canonical_digest_is_read, every_key_is_found_and_no_other,
          what_is_stored_does_not_authenticate, two_equal_keys_and_chains_are_handled,
          a_failed_allocation_is_a_refusal_and_leaks_nothing)
