// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S63: a keyed fingerprint in the place of the guide's plain hash. The wanted values were computed
// with Python's hmac module, so the formulas of the header are what is tested.
#include "audit/prompt_mac.h"

#include "test.h"

static const uint64_t november_2026 = UINT64_C(1795395723004005);
static const uint64_t december_2026 = UINT64_C(1797000000000000);

static struct mac_keys *new_keys(uint8_t first)
{
    uint8_t bytes[32];
    struct secret *master = NULL;
    struct mac_keys *keys = NULL;

    assert_ok(secret_init_process(true));
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(first + i);
    }
    assert_ok(secret_new_from_bytes(bytes, sizeof(bytes), &master));
    assert_ok(mac_keys_new(master, &keys));
    secret_unref(master);
    return keys;
}

static void keys_done(struct mac_keys **keys)
{
    mac_keys_free(*keys);
}

static const struct span prompt = SPAN("My SSN is 078-05-1120");

static void a_prompt_has_the_fingerprint_of_the_formula(void **state)
{
    (void)state;
    CLEANUP(keys_done) struct mac_keys *keys = new_keys(0);
    CLEANUP(buf_wipe) struct buf b = BUF_OF(PROMPT_MAC_TEXT_SIZE);

    assert_ok(prompt_mac(keys, SPAN_OF("acme"), november_2026, prompt, &b));
    assert_span("prompt", buf_span(&b),
                SPAN_OF("h1:202611-23c7e097:JyIrXnOVG2-I7BFj_EcCsXyZxjl2OiuT0Z7_D7Ky-W4"));
}

static void a_prompt_in_pieces_is_the_same_prompt(void **state)
{
    (void)state;
    CLEANUP(keys_done) struct mac_keys *keys = new_keys(0);

    for (size_t cut = 0; cut <= prompt.n; cut++) {
        CLEANUP(buf_wipe) struct buf b = BUF_OF(PROMPT_MAC_TEXT_SIZE);
        const struct span pieces[] = {span_first(prompt, cut), span_drop_first(prompt, cut)};
        assert_ok(prompt_mac_pieces(keys, SPAN_OF("acme"), november_2026, pieces, 2, &b));
        assert_span("prompt", buf_span(&b),
                    SPAN_OF("h1:202611-23c7e097:JyIrXnOVG2-I7BFj_EcCsXyZxjl2OiuT0Z7_D7Ky-W4"));
    }
}

static void an_answer_is_the_same_for_every_cut(void **state)
{
    (void)state;
    CLEANUP(keys_done) struct mac_keys *keys = new_keys(0);

    for (size_t cut = 0; cut <= prompt.n; cut++) {
        CLEANUP(buf_wipe) struct buf b = BUF_OF(PROMPT_MAC_TEXT_SIZE);
        struct answer_mac *stream = NULL;
        assert_ok(answer_mac_new(keys, SPAN_OF("acme"), november_2026, &stream));
        answer_mac_update(stream, span_first(prompt, cut));
        answer_mac_update(stream, span_drop_first(prompt, cut));
        assert_ok(answer_mac_finish(stream, &b));
        answer_mac_free(stream);
        assert_span("answer", buf_span(&b),
                    SPAN_OF("h1:202611-23c7e097:8gxYLaioFhJlNUXYgVxiDc2yZKKShc6MYcB0F5rv5-U"));
    }
}

static void a_name_has_the_fingerprint_of_the_formula(void **state)
{
    (void)state;
    CLEANUP(keys_done) struct mac_keys *keys = new_keys(0);
    CLEANUP(buf_wipe) struct buf b = BUF_OF(PROMPT_MAC_TEXT_SIZE);

    assert_ok(name_mac(keys, SPAN_OF("acme"), november_2026, "user", SPAN_OF("alice"), &b));
    assert_span("name", buf_span(&b),
                SPAN_OF("h1:202611-23c7e097:ppb2FcPHNn8sBAXZqrqJuIuk7vqVfGVWhGBRldWHdaA"));
}

static void text_of(struct mac_keys *keys, const char *tenant, uint64_t unix_us, struct buf *b)
{
    buf_reset(b);
    assert_ok(prompt_mac(keys, span_str(tenant), unix_us, prompt, b));
}

// Without the master key nothing can be compared: not across tenants, months or installations.
static void tenant_month_and_master_key_each_change_it(void **state)
{
    (void)state;
    CLEANUP(keys_done) struct mac_keys *keys = new_keys(0);
    CLEANUP(keys_done) struct mac_keys *other = new_keys(1);
    CLEANUP(buf_wipe) struct buf a = BUF_OF(128);
    CLEANUP(buf_wipe) struct buf b = BUF_OF(128);

    text_of(keys, "acme", november_2026, &a);
    text_of(keys, "acme2", november_2026, &b);
    assert_false(span_equal(buf_span(&a), buf_span(&b)));
    text_of(keys, "acme", december_2026, &b);
    assert_false(span_equal(buf_span(&a), buf_span(&b)));
    assert_span("month", span_first(buf_span(&b), 10), SPAN_OF("h1:202612-"));
    text_of(other, "acme", november_2026, &b);
    assert_false(span_equal(buf_span(&a), buf_span(&b)));
    assert_false(span_equal(span_first(buf_span(&a), 18), span_first(buf_span(&b), 18)));
}

static void more_tenants_than_places_only_cost_time(void **state)
{
    (void)state;
    CLEANUP(keys_done) struct mac_keys *keys = new_keys(0);
    CLEANUP(buf_wipe) struct buf a = BUF_OF(128);
    CLEANUP(buf_wipe) struct buf b = BUF_OF(128);
    char tenant[16];
    size_t before = 0;

    text_of(keys, "t0", november_2026, &a);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 3 * PROMPT_MAC_KEYS_MOST; i++) {
            (void)snprintf(tenant, sizeof(tenant), "t%03u", i);
            text_of(keys, tenant, november_2026, &b);
        }
        assert_true(round == 0 || mem_in_use() == before);
        before = mem_in_use();
    }
    text_of(keys, "t0", november_2026, &b);
    assert_span("the same again", buf_span(&b), buf_span(&a));
}

static void no_memory_at_any_point_is_an_error_and_no_fingerprint(void **state)
{
    (void)state;
    enum aiu_status st = AIU_NO_MEMORY;

    for (size_t after = 0; st != AIU_OK; after++) {
        CLEANUP(keys_done) struct mac_keys *keys = new_keys(0);
        CLEANUP(buf_wipe) struct buf b = BUF_OF(128);
        assert_true(after < 100);
        mem_fail_after(after);
        st = prompt_mac(keys, SPAN_OF("acme"), november_2026, prompt, &b);
        mem_fail_after(SIZE_MAX);
        assert_true(st == AIU_OK || b.n == 0);
    }
}

TEST_MAIN(a_prompt_has_the_fingerprint_of_the_formula, a_prompt_in_pieces_is_the_same_prompt,
          an_answer_is_the_same_for_every_cut, a_name_has_the_fingerprint_of_the_formula,
          tenant_month_and_master_key_each_change_it, more_tenants_than_places_only_cost_time,
          no_memory_at_any_point_is_an_error_and_no_fingerprint)
