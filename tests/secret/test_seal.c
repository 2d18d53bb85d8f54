// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Sealed bytes (S15, S16): only the same key and purpose open them, and only whole.
#include "secret/seal.h"

#include "test.h"

static void key(struct secret **s, uint8_t fill)
{
    uint8_t bytes[32];

    memset(bytes, fill, sizeof(bytes));
    assert_ok(secret_new_from_bytes(bytes, sizeof(bytes), s));
}

static void what_is_sealed_comes_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 4096, 1 << 20};
    CLEANUP(secret_done) struct secret *k = NULL;
    key(&k, 1);

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        CLEANUP(buf_wipe) struct buf plain = BUF_OF(2 << 20), sealed = BUF_OF(2 << 20);
        CLEANUP(buf_wipe) struct buf opened = BUF_OF(2 << 20);
        for (size_t n = 0; n < sizes[i]; n++) {
            assert_ok(buf_append_byte(&plain, (uint8_t)n));
        }
        assert_ok(seal(k, "map", buf_span(&plain), &sealed));
        assert_int_equal(sealed.n, sizes[i] + SEAL_OVERHEAD);
        assert_ok(seal_open(k, "map", buf_span(&sealed), &opened));
        assert_span("opened", buf_span(&opened), buf_span(&plain));
    }
}

static void two_seals_of_one_text_differ(void **state)
{
    (void)state;
    CLEANUP(secret_done) struct secret *k = NULL;
    CLEANUP(buf_wipe) struct buf a = BUF_OF(256), b = BUF_OF(256);
    key(&k, 1);

    assert_ok(seal(k, "map", SPAN_OF("ada@example.com"), &a));
    assert_ok(seal(k, "map", SPAN_OF("ada@example.com"), &b));
    assert_false(span_equal(buf_span(&a), buf_span(&b)));
    assert_int_equal(span_find_span(buf_span(&a), SPAN_OF("ada")), a.n);
}

static void another_key_or_purpose_or_byte_does_not_open(void **state)
{
    (void)state;
    CLEANUP(secret_done) struct secret *k = NULL, *other = NULL;
    CLEANUP(buf_wipe) struct buf sealed = BUF_OF(256), out = BUF_OF(256);
    key(&k, 1);
    key(&other, 2);

    assert_ok(seal(k, "map", SPAN_OF("text"), &sealed));
    assert_status(seal_open(other, "map", buf_span(&sealed), &out), AIU_FILE_INVALID);
    assert_status(seal_open(k, "mop", buf_span(&sealed), &out), AIU_FILE_INVALID);
    for (size_t i = 0; i < sealed.n; i++) {
        sealed.p[i] ^= 0x10;
        assert_status(seal_open(k, "map", buf_span(&sealed), &out), AIU_FILE_INVALID);
        sealed.p[i] ^= 0x10;
        assert_status(seal_open(k, "map", span_first(buf_span(&sealed), i), &out),
                      AIU_FILE_INVALID);
    }
    assert_int_equal(out.n, 0);
    assert_ok(seal_open(k, "map", buf_span(&sealed), &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST_EACH_(what_is_sealed_comes_back,
                                                  two_seals_of_one_text_differ,
                                                  another_key_or_purpose_or_byte_does_not_open)};

    assert_ok(secret_init_process(true));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
