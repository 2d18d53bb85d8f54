// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/mac.h"

#include "base/num.h"
#include "test.h"

static void append_bytes_of_hex(struct buf *b, struct span hex)
{
    for (; hex.n >= 2; hex = span_drop_first(hex, 2)) {
        int byte = num_hex_digit(hex.p[0]) * 16 + num_hex_digit(hex.p[1]);
        assert_in_range(byte, 0, 255);
        assert_ok(buf_append_byte(b, (uint8_t)byte));
    }
}

static struct secret *secret_of_hex(struct span hex)
{
    struct buf b = BUF_OF(8192);
    struct secret *s = NULL;

    assert_ok(secret_init_process(true));
    append_bytes_of_hex(&b, hex);
    assert_ok(secret_new_from_bytes(b.p, b.n, &s));
    buf_wipe(&b);
    return s;
}

// RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
static const struct {
    struct span key, message, mac;
} hmac_cases[] = {
    {SPAN("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), SPAN("Hi There"),
     SPAN("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")},
    {SPAN("4a656665"), SPAN("what do ya want for nothing?"),
     SPAN("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")},
    {SPAN(
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
     SPAN("Test Using Larger Than Block-Size Key - Hash Key First"),
     SPAN("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")},
};

static void assert_mac(const uint8_t mac[MAC_SIZE], struct span wanted_hex)
{
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(64);

    assert_ok(num_append_hex(&hex, span_of(mac, MAC_SIZE)));
    assert_span("mac", buf_span(&hex), wanted_hex);
}

static void macs_are_those_of_the_standard_however_the_message_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(hmac_cases); i++) {
        CLEANUP(secret_done) struct secret *key = secret_of_hex(hmac_cases[i].key);
        CLEANUP(mac_done) struct mac *m = NULL;
        uint8_t out[MAC_SIZE];

        assert_ok(mac_sha256(key, hmac_cases[i].message, out));
        assert_mac(out, hmac_cases[i].mac);
        assert_ok(mac_new(key, &m));
        for (size_t cut = 0; cut <= hmac_cases[i].message.n; cut++) { // one mac for all messages
            mac_update(m, span_first(hmac_cases[i].message, cut));
            mac_update(m, span_drop_first(hmac_cases[i].message, cut));
            assert_ok(mac_final(m, out));
            assert_mac(out, hmac_cases[i].mac);
        }
    }
}

static void a_message_that_is_given_up_leaves_no_trace(void **state)
{
    CLEANUP(secret_done) struct secret *key = secret_of_hex(hmac_cases[1].key);
    CLEANUP(mac_done) struct mac *m = NULL;
    uint8_t out[MAC_SIZE];

    (void)state;
    assert_ok(mac_new(key, &m));
    mac_update(m, SPAN_OF("something else"));
    mac_start(m);
    mac_start(m);
    mac_update(m, hmac_cases[1].message);
    assert_ok(mac_final(m, out));
    assert_mac(out, hmac_cases[1].mac);
}

static void a_duplicate_begins_a_message_of_its_own(void **state)
{
    CLEANUP(secret_done) struct secret *key = secret_of_hex(hmac_cases[1].key);
    CLEANUP(mac_done) struct mac *m = NULL;
    CLEANUP(mac_done) struct mac *fresh = NULL;
    CLEANUP(mac_done) struct mac *of_half_fed = NULL;
    CLEANUP(mac_done) struct mac *of_ended = NULL;
    struct mac *all[4];
    uint8_t out[MAC_SIZE];

    (void)state;
    assert_ok(mac_new(key, &m));
    assert_ok(mac_dup(m, &fresh));
    mac_update(m, span_first(hmac_cases[1].message, 5));
    assert_ok(mac_dup(m, &of_half_fed));
    mac_update(m, span_drop_first(hmac_cases[1].message, 5));
    assert_ok(mac_final(m, out));
    assert_mac(out, hmac_cases[1].mac);
    assert_ok(mac_dup(m, &of_ended));
    all[0] = m;
    all[1] = fresh;
    all[2] = of_half_fed;
    all[3] = of_ended;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        mac_update(all[i], hmac_cases[1].message);
        assert_ok(mac_final(all[i], out));
        assert_mac(out, hmac_cases[1].mac);
    }
}

static void a_public_key_is_a_key_and_an_empty_one_is_none(void **state)
{
    struct mac *m = NULL;
    uint8_t out[MAC_SIZE];

    (void)state;
    assert_status(mac_new_public(SPAN_OF(""), &m), AIU_USAGE);
    assert_ok(mac_new_public(SPAN_OF("Jefe"), &m));
    mac_update(m, hmac_cases[1].message);
    assert_ok(mac_final(m, out));
    assert_mac(out, hmac_cases[1].mac);
    mac_free(m);
    mac_free(NULL);
}

static void macs_are_compared_as_a_whole(void **state)
{
    uint8_t a[MAC_SIZE] = {1, 2, 3};
    uint8_t b[MAC_SIZE] = {1, 2, 3};

    (void)state;
    assert_true(mac_equal(a, b));
    for (size_t i = 0; i < MAC_SIZE; i++) {
        b[i] ^= 0x80;
        assert_false(mac_equal(a, b));
        b[i] ^= 0x80;
    }
}

// RFC 5869 A.1 to A.3.
static const struct {
    struct span ikm, salt, info, okm;
} hkdf_cases[] = {
    {SPAN("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), SPAN("000102030405060708090a0b0c"),
     SPAN("f0f1f2f3f4f5f6f7f8f9"),
     SPAN("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")},
    {SPAN("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627"
          "28292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f"),
     SPAN("606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081828384858687"
          "88898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf"),
     SPAN("b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7"
          "d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"),
     SPAN("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
          "5e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87")},
    {SPAN("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), SPAN(""), SPAN(""),
     SPAN("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")},
};

static void assert_derives(struct span ikm_hex, struct span salt_hex, struct span info_hex,
                           struct span okm_hex)
{
    CLEANUP(secret_done) struct secret *ikm = secret_of_hex(ikm_hex);
    CLEANUP(secret_done) struct secret *derived = NULL;
    CLEANUP(buf_wipe) struct buf salt = BUF_OF(8192);
    CLEANUP(buf_wipe) struct buf info = BUF_OF(8192);
    CLEANUP(buf_wipe) struct buf okm = BUF_OF(8192);

    append_bytes_of_hex(&salt, salt_hex);
    append_bytes_of_hex(&info, info_hex);
    append_bytes_of_hex(&okm, okm_hex);
    assert_ok(hkdf_sha256(ikm, buf_span(&salt), buf_span(&info), okm.n, &derived));
    assert_true(secret_equal_span(derived, buf_span(&okm)));
}

static void keys_are_derived_as_the_standard_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(hkdf_cases); i++) {
        assert_derives(hkdf_cases[i].ikm, hkdf_cases[i].salt, hkdf_cases[i].info,
                       hkdf_cases[i].okm);
    }
}

static void no_key_is_longer_than_the_standard_allows(void **state)
{
    CLEANUP(secret_done) struct secret *ikm = secret_of_hex(SPAN_OF("00"));
    struct secret *s = NULL;

    (void)state;
    assert_status(hkdf_sha256(ikm, SPAN_OF(""), SPAN_OF(""), 8161, &s), AIU_USAGE);
    assert_status(hkdf_sha256(ikm, SPAN_OF(""), SPAN_OF(""), 0, &s), AIU_USAGE);
    assert_ok(hkdf_sha256(ikm, SPAN_OF(""), SPAN_OF(""), 8160, &s));
    secret_unref(s);
}

// The text of `"name": "value"` or `"name": value` on this line; empty for another name.
static struct span value_of(struct span line, const char *name)
{
    struct span before, after;
    struct span rest = span_trim_ows(line);

    if (!span_cut(rest, ':', &before, &after) ||
        !span_equal(span_drop_last(span_drop_first(before, 1), 1), span_str(name))) {
        return SPAN_OF("");
    }
    after = span_trim_ows(after);
    after = span_ends_with(after, SPAN_OF(",")) ? span_drop_last(after, 1) : after;
    return span_starts_with(after, SPAN_OF("\"")) ? span_drop_last(span_drop_first(after, 1), 1)
                                                  : after;
}

static void take(struct span line, const char *name, struct span *value)
{
    struct span found = value_of(line, name);

    *value = found.n == 0 ? *value : found;
}

static void project_wycheproof_agrees_on_hmac(void **state)
{
    struct span text = test_read_file(test_shared("conformance/wycheproof/hmac_sha256_test.json"));
    struct span key = {0}, message = {0}, tag = {0};
    int cases = 0;

    (void)state;
    for (struct span rest = text, line; rest.n > 0;) {
        (void)span_cut(rest, '\n', &line, &rest);
        take(line, "key", &key);
        take(line, "msg", &message);
        take(line, "tag", &tag);
        struct span result = value_of(line, "result");
        if (result.n > 0) {
            CLEANUP(buf_wipe) struct buf bytes = BUF_OF(8192);
            CLEANUP(buf_wipe) struct buf wanted = BUF_OF(64);
            struct secret *s = secret_of_hex(key);
            uint8_t out[MAC_SIZE];
            append_bytes_of_hex(&bytes, message);
            append_bytes_of_hex(&wanted, tag);
            assert_ok(mac_sha256(s, buf_span(&bytes), out));
            assert_int_equal(memcmp(out, wanted.p, wanted.n) == 0,
                             span_equal(result, SPAN_OF("valid")));
            secret_unref(s);
            message = SPAN_OF("");
            cases++;
        }
    }
    assert_int_equal(cases, 174);
    mem_free((void *)(uintptr_t)text.p);
}

static void project_wycheproof_agrees_on_hkdf(void **state)
{
    struct span text = test_read_file(test_shared("conformance/wycheproof/hkdf_sha256_test.json"));
    struct span ikm = {0}, salt = {0}, info = {0}, okm = {0};
    int cases = 0;

    (void)state;
    for (struct span rest = text, line; rest.n > 0;) {
        (void)span_cut(rest, '\n', &line, &rest);
        take(line, "ikm", &ikm);
        take(line, "salt", &salt);
        take(line, "info", &info);
        take(line, "okm", &okm);
        struct span result = value_of(line, "result");
        if (span_equal(result, SPAN_OF("valid"))) {
            assert_derives(ikm, salt, info, okm);
        }
        if (result.n > 0) { // the others ask for more bytes than can be derived
            salt = info = SPAN_OF("");
            cases++;
        }
    }
    assert_int_equal(cases, 86);
    mem_free((void *)(uintptr_t)text.p);
}

TEST_MAIN(macs_are_those_of_the_standard_however_the_message_is_cut,
          a_message_that_is_given_up_leaves_no_trace, a_duplicate_begins_a_message_of_its_own,
          a_public_key_is_a_key_and_an_empty_one_is_none, macs_are_compared_as_a_whole,
          keys_are_derived_as_the_standard_has_it, no_key_is_longer_than_the_standard_allows,
          project_wycheproof_agrees_on_hmac, project_wycheproof_agrees_on_hkdf)
