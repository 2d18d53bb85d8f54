// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A short list of keys, in which the one that was not used for longest makes room.
#include "secret/token_key.h"

#include "base/alloc.h"

enum { TENANT_MOST = 256 };

struct token_key {
    struct mac *mac; // NULL for a free place
    char *tenant;
    size_t tenant_n;
    uint64_t used;
};

struct token_keys {
    struct secret *master;
    struct token_key keys[TOKEN_KEYS_MOST];
    uint64_t now; // counts look-ups
};

enum aiu_status token_key_new(const struct secret *master, struct span tenant, struct mac **ret_mac)
{
    CLEANUP(secret_done) struct secret *key = NULL;

    TRY(hkdf_sha256(master, tenant, SPAN_OF("aiu/pseudonym/v1"), MAC_SIZE, &key));
    return mac_new(key, ret_mac);
}

enum aiu_status token_keys_new(struct secret *master, struct token_keys **ret_keys)
{
    struct token_keys *keys = mem_new(1, sizeof(*keys));

    if (keys == NULL) {
        return AIU_NO_MEMORY;
    }
    keys->master = secret_ref(master);
    *ret_keys = keys;
    return AIU_OK;
}

static void key_done(struct token_key *k)
{
    mac_free(k->mac);
    mem_free(k->tenant);
    *k = (struct token_key){0};
}

void token_keys_free(struct token_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < TOKEN_KEYS_MOST; i++) {
        key_done(&keys->keys[i]);
    }
    secret_unref(keys->master);
    mem_free(keys);
}

static enum aiu_status make_key(const struct secret *master, struct span tenant,
                                struct token_key *ret_key)
{
    CLEANUP(key_done) struct token_key k = {.tenant_n = tenant.n};

    k.tenant = mem_dup(tenant.p, tenant.n);
    if (k.tenant == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(token_key_new(master, tenant, &k.mac));
    *ret_key = k;
    k = (struct token_key){0};
    return AIU_OK;
}

enum aiu_status token_keys_get(struct token_keys *keys, struct span tenant, struct mac **ret_mac)
{
    struct token_key *oldest = &keys->keys[0], fresh;

    if (tenant.n > TENANT_MOST) {
        return AIU_TOO_LONG;
    }
    for (size_t i = 0; i < TOKEN_KEYS_MOST; i++) {
        struct token_key *k = &keys->keys[i];
        if (k->mac != NULL && span_equal(span_of(k->tenant, k->tenant_n), tenant)) {
            k->used = ++keys->now;
            *ret_mac = k->mac;
            return AIU_OK;
        }
        oldest = k->used < oldest->used ? k : oldest;
    }
    TRY(make_key(keys->master, tenant, &fresh));
    key_done(oldest);
    *oldest = fresh;
    oldest->used = ++keys->now;
    *ret_mac = oldest->mac;
    return AIU_OK;
}
