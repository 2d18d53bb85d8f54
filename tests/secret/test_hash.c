// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/hash.h"

#include "base/num.h"
#include "test.h"

// FIPS 180-4 examples (NIST CSRC), the last by repetition.
static const struct {
    struct span message;
    size_t times;
    struct span digest;
} cases[] = {
    {SPAN(""), 1, SPAN("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")},
    {SPAN("abc"), 1, SPAN("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")},
    {SPAN("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), 1,
     SPAN("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")},
    {SPAN("a"), 1000000, SPAN("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")},
};

static void digests_are_those_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_wipe) struct buf hex = BUF_OF(64);
        struct sha256 h;
        uint8_t out[SHA256_SIZE];

        sha256_init(&h);
        for (size_t k = 0; k < cases[i].times; k++) {
            sha256_update(&h, cases[i].message);
        }
        sha256_final(&h, out);
        assert_ok(num_append_hex(&hex, span_of(out, sizeof(out))));
        assert_span("digest", buf_span(&hex), cases[i].digest);
    }
}

static void the_digest_does_not_depend_on_how_the_message_is_cut(void **state)
{
    uint8_t message[200];
    uint8_t whole[SHA256_SIZE];
    uint8_t cut[SHA256_SIZE];
    uint64_t random = 3;

    (void)state;
    for (size_t i = 0; i < sizeof(message); i++) {
        message[i] = (uint8_t)test_random(&random);
    }
    sha256(span_of(message, sizeof(message)), whole);
    for (size_t at = 0; at <= sizeof(message); at++) {
        struct sha256 h;
        sha256_init(&h);
        sha256_update(&h, span_first(span_of(message, sizeof(message)), at));
        sha256_update(&h, span_drop_first(span_of(message, sizeof(message)), at));
        sha256_final(&h, cut);
        assert_memory_equal(cut, whole, sizeof(whole));
    }
}

TEST_MAIN(digests_are_those_of_the_standard, the_digest_does_not_depend_on_how_the_message_is_cut)
