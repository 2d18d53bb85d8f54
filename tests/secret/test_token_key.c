// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Keys of pseudonyms: one for each tenant, the same wherever the master key is the same.
#include "secret/token_key.h"

#include "test.h"

static void master(struct secret **s, uint8_t fill)
{
    uint8_t bytes[32];

    memset(bytes, fill, sizeof(bytes));
    assert_ok(secret_new_from_bytes(bytes, sizeof(bytes), s));
}

static void tag(struct mac *m, uint8_t out[MAC_SIZE])
{
    mac_start(m);
    mac_update(m, SPAN_OF("value"));
    assert_ok(mac_final(m, out));
}

static void keys_depend_on_tenant_and_master_key_only(void **state)
{
    (void)state;
    CLEANUP(secret_done) struct secret *one = NULL, *two = NULL;
    uint8_t a[MAC_SIZE], b[MAC_SIZE], c[MAC_SIZE], d[MAC_SIZE];
    struct token_keys *keys = NULL, *replica = NULL;
    struct mac *m = NULL;
    master(&one, 1);
    master(&two, 2);

    assert_ok(token_keys_new(one, &keys));
    assert_ok(token_keys_new(one, &replica));
    assert_ok(token_keys_get(keys, SPAN_OF("acme"), &m));
    tag(m, a);
    assert_ok(token_keys_get(replica, SPAN_OF("acme"), &m));
    tag(m, b);
    assert_ok(token_keys_get(keys, SPAN_OF("other"), &m));
    tag(m, c);
    assert_memory_equal(a, b, MAC_SIZE);
    assert_memory_not_equal(a, c, MAC_SIZE);
    assert_ok(token_key_new(two, SPAN_OF("acme"), &m));
    tag(m, d);
    mac_free(m);
    assert_memory_not_equal(a, d, MAC_SIZE);
    token_keys_free(keys);
    token_keys_free(replica);
    token_keys_free(NULL);
}

static void more_tenants_than_places_are_served(void **state)
{
    (void)state;
    CLEANUP(secret_done) struct secret *one = NULL;
    CLEANUP(buf_wipe) struct buf tenant = BUF_OF(64);
    uint8_t first[MAC_SIZE], again[MAC_SIZE];
    struct token_keys *keys = NULL;
    struct mac *m = NULL;
    master(&one, 1);

    assert_ok(token_keys_new(one, &keys));
    for (int i = 0; i < TOKEN_KEYS_MOST + 10; i++) {
        buf_reset(&tenant);
        assert_ok(buf_printf(&tenant, "t%d", i));
        assert_ok(token_keys_get(keys, buf_span(&tenant), &m));
        tag(m, i == 0 ? first : again);
    }
    assert_ok(token_keys_get(keys, SPAN_OF("t0"), &m));
    tag(m, again);
    assert_memory_equal(first, again, MAC_SIZE);
    static uint8_t name[300];
    assert_status(token_keys_get(keys, span_of(name, sizeof(name)), &m), AIU_TOO_LONG);
    token_keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_EACH_(keys_depend_on_tenant_and_master_key_only, more_tenants_than_places_are_served)};

    assert_ok(secret_init_process(true));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
