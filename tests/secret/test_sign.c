// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/sign.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

static struct sign_key *key_of_hex(const char *hex)
{
    struct buf b = BUF_OF(64);
    CLEANUP(secret_done) struct secret *seed = NULL;
    struct sign_key *key = NULL;

    assert_ok(secret_init_process(true));
    append_bytes_of_hex(&b, span_str(hex));
    assert_ok(secret_new_from_bytes(b.p, b.n, &seed));
    assert_ok(sign_key_new(seed, &key));
    buf_wipe(&b);
    return key;
}

// RFC 8032 7.1, tests 1 to 3.
static const struct {
    const char *seed, *public_key, *message, *signature;
} cases[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
};

static void signatures_are_those_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(sign_key_done) struct sign_key *key = key_of_hex(cases[i].seed);
        CLEANUP(buf_wipe) struct buf message = BUF_OF(64);
        CLEANUP(buf_wipe) struct buf hex = BUF_OF(256);
        uint8_t public_key[SIGN_PUBLIC_SIZE];
        uint8_t signature[SIGN_SIZE];

        append_bytes_of_hex(&message, span_str(cases[i].message));
        sign_key_public(key, public_key);
        assert_ok(num_append_hex(&hex, span_of(public_key, sizeof(public_key))));
        assert_span("public key", buf_span(&hex), span_str(cases[i].public_key));
        buf_reset(&hex);
        sign_message(key, buf_span(&message), signature);
        assert_ok(num_append_hex(&hex, span_of(signature, sizeof(signature))));
        assert_span("signature", buf_span(&hex), span_str(cases[i].signature));
        assert_true(sign_verify(public_key, buf_span(&message), signature));
    }
}

static void one_bit_anywhere_makes_it_no_signature(void **state)
{
    CLEANUP(sign_key_done) struct sign_key *key = key_of_hex(cases[0].seed);
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    uint8_t signature[SIGN_SIZE];
    uint8_t message[] = "a checkpoint";

    (void)state;
    sign_key_public(key, public_key);
    sign_message(key, span_of(message, sizeof(message)), signature);
    for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(sign_verify(public_key, span_of(message, sizeof(message)), signature));
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof(message); bit++) {
        message[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(sign_verify(public_key, span_of(message, sizeof(message)), signature));
        message[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_true(sign_verify(public_key, span_of(message, sizeof(message)), signature));
}

static void a_key_that_verifies_anything_is_refused(void **state)
{
    // The neutral element: with R = neutral and S = 0, a careless check says yes to every message.
    uint8_t public_key[SIGN_PUBLIC_SIZE] = {1};
    uint8_t signature[SIGN_SIZE] = {1};

    (void)state;
    assert_false(sign_verify(public_key, SPAN_OF("anything"), signature));
}

static void random_keys_differ(void **state)
{
    CLEANUP(sign_key_done) struct sign_key *a = NULL;
    CLEANUP(sign_key_done) struct sign_key *b = NULL;
    uint8_t public_a[SIGN_PUBLIC_SIZE], public_b[SIGN_PUBLIC_SIZE];

    (void)state;
    assert_ok(secret_init_process(true));
    assert_ok(sign_key_new_random(&a));
    assert_ok(sign_key_new_random(&b));
    sign_key_public(a, public_a);
    sign_key_public(b, public_b);
    assert_memory_not_equal(public_a, public_b, SIGN_PUBLIC_SIZE);
}

// S27: the key that signs the log is made once, for its owner only.
static void a_key_file_is_made_once_and_private(void **state)
{
    const char *folder = test_new_folder();
    CLEANUP(sign_key_done) struct sign_key *made = NULL;
    CLEANUP(sign_key_done) struct sign_key *read = NULL;
    struct sign_key *refused = NULL;
    uint8_t public_made[SIGN_PUBLIC_SIZE], public_read[SIGN_PUBLIC_SIZE];
    struct stat st;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    assert_ok(secret_init_process(true));
    assert_ok(sign_key_open(fd, "log.key", &made));
    assert_ok(sign_key_open(fd, "log.key", &read));
    sign_key_public(made, public_made);
    sign_key_public(read, public_read);
    assert_memory_equal(public_made, public_read, SIGN_PUBLIC_SIZE);
    assert_int_equal(fstatat(fd, "log.key", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, SIGN_SEED_SIZE);
    assert_int_equal(fchmodat(fd, "log.key", 0640, 0), 0);
    assert_status(sign_key_open(fd, "log.key", &refused), AIU_CONFIG_KEY_EXPOSED);
    (void)close(fd);
    test_remove_folder(folder);
}

static void a_seed_of_another_size_is_refused(void **state)
{
    CLEANUP(secret_done) struct secret *seed = NULL;
    struct sign_key *key = NULL;

    (void)state;
    assert_ok(secret_init_process(true));
    assert_ok(secret_new_random(31, &seed));
    assert_status(sign_key_new(seed, &key), AIU_USAGE);
}

// The text of `"name": "value"` on this line; p is NULL for another name.
static struct span value_of(struct span line, const char *name)
{
    char key[32];
    int n = snprintf(key, sizeof(key), "\"%s\": \"", name);
    size_t at = span_find_span(line, span_of(key, (size_t)n));
    struct span rest = span_drop_first(line, at + (size_t)n);

    return at == line.n ? (struct span){NULL, 0} : span_first(rest, span_find_byte(rest, '"'));
}

static void take(struct span line, const char *name, struct span *value)
{
    struct span found = value_of(line, name);

    *value = found.p == NULL ? *value : found;
}

static bool verifies(struct span key, struct span message, struct span signature)
{
    CLEANUP(buf_wipe) struct buf k = BUF_OF(64);
    CLEANUP(buf_wipe) struct buf m = BUF_OF(8192);
    CLEANUP(buf_wipe) struct buf s = BUF_OF(8192);

    append_bytes_of_hex(&k, key);
    append_bytes_of_hex(&m, message);
    append_bytes_of_hex(&s, signature);
    // Lengths are the caller's to check: a note knows how long a signature is.
    return s.n == SIGN_SIZE && sign_verify(k.p, buf_span(&m), s.p);
}

static void project_wycheproof_agrees(void **state)
{
    struct span text = test_read_file(test_shared("conformance/wycheproof/ed25519_test.json"));
    struct span key = {0}, message = {0}, signature = {0};
    int cases_seen = 0;

    (void)state;
    assert_ok(secret_init_process(true));
    for (struct span rest = text, line; rest.n > 0;) {
        (void)span_cut(rest, '\n', &line, &rest);
        take(line, "pk", &key);
        take(line, "msg", &message);
        take(line, "sig", &signature);
        struct span result = value_of(line, "result");
        if (result.p != NULL) {
            assert_int_equal(verifies(key, message, signature),
                             span_equal(result, SPAN_OF("valid")));
            cases_seen++;
        }
    }
    assert_int_equal(cases_seen, 151);
    mem_free((void *)(uintptr_t)text.p);
}

TEST_MAIN(signatures_are_those_of_the_standard, one_bit_anywhere_makes_it_no_signature,
          a_key_that_verifies_anything_is_refused, random_keys_differ,
          a_key_file_is_made_once_and_private, a_seed_of_another_size_is_refused,
          project_wycheproof_agrees)
