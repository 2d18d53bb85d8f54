// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Deriving a key costs some ten hashes, so a few are kept: a tenant's key serves a month. Tenants
// are compared by name, months by number; both are public.
#include "audit/prompt_mac.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/num.h"
#include "secret/mac.h"

enum { KID_SIZE = 15, MONTH_SIZE = 6, TENANT_MOST = 256 };

struct key {
    struct mac *mac; // NULL for a free place
    char *tenant;
    size_t tenant_n;
    char kid[KID_SIZE]; // begins with the month
    uint64_t used;
};

struct mac_keys {
    struct secret *master;
    struct key keys[PROMPT_MAC_KEYS_MOST];
    uint64_t now; // counts look-ups
};

struct answer_mac {
    struct mac *mac;
    char kid[KID_SIZE];
    uint64_t n;
};

enum aiu_status mac_keys_new(struct secret *master, struct mac_keys **ret_keys)
{
    struct mac_keys *keys = mem_new(1, sizeof(*keys));

    if (keys == NULL) {
        return AIU_NO_MEMORY;
    }
    keys->master = secret_ref(master);
    *ret_keys = keys;
    return AIU_OK;
}

static void key_done(struct key *k)
{
    mac_free(k->mac);
    mem_free(k->tenant);
    *k = (struct key){0};
}

void mac_keys_free(struct mac_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < PROMPT_MAC_KEYS_MOST; i++) {
        key_done(&keys->keys[i]);
    }
    secret_unref(keys->master);
    mem_free(keys);
}

static void month_of(uint64_t unix_us, char out[MONTH_SIZE])
{
    char stamp[CLOCK_STAMP_SIZE];

    clock_stamp(unix_us, stamp);
    memcpy(out, stamp, 4);
    memcpy(out + 4, stamp + 5, 2);
}

static enum aiu_status derive(const struct secret *master, struct span tenant, const char *month,
                              struct mac **ret_mac)
{
    CLEANUP(secret_done) struct secret *key = NULL;
    char info[] = "aiu/audit-mac/v1/yyyymm";

    memcpy(info + sizeof(info) - 1 - MONTH_SIZE, month, MONTH_SIZE);
    TRY(hkdf_sha256(master, tenant, span_of(info, sizeof(info) - 1), MAC_SIZE, &key));
    return mac_new(key, ret_mac);
}

static enum aiu_status name_key(struct mac *mac, const char *month, char kid[KID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t tag[MAC_SIZE];

    mac_start(mac);
    mac_update(mac, SPAN_OF("aiu/kid/v1"));
    TRY(mac_final(mac, tag));
    memcpy(kid, month, MONTH_SIZE);
    kid[MONTH_SIZE] = '-';
    for (size_t i = 0; i < 4; i++) {
        kid[MONTH_SIZE + 1 + 2 * i] = digits[tag[i] >> 4];
        kid[MONTH_SIZE + 2 + 2 * i] = digits[tag[i] & 15];
    }
    return AIU_OK;
}

static enum aiu_status make_key(const struct secret *master, struct span tenant, const char *month,
                                struct key *ret_key)
{
    CLEANUP(key_done) struct key k = {.tenant_n = tenant.n};

    k.tenant = mem_dup(tenant.p, tenant.n);
    if (k.tenant == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(derive(master, tenant, month, &k.mac));
    TRY(name_key(k.mac, month, k.kid));
    *ret_key = k;
    k = (struct key){0};
    return AIU_OK;
}

static bool is_key(const struct key *k, struct span tenant, const char *month)
{
    return k->mac != NULL && memcmp(k->kid, month, MONTH_SIZE) == 0 &&
           span_equal(span_of(k->tenant, k->tenant_n), tenant);
}

// The key of a tenant and month, in the place of the one that was not used for longest.
static enum aiu_status find_key(struct mac_keys *keys, struct span tenant, uint64_t unix_us,
                                struct key **ret_key)
{
    struct key *oldest = &keys->keys[0];
    char month[MONTH_SIZE];

    if (tenant.n > TENANT_MOST) {
        return AIU_TOO_LONG;
    }
    month_of(unix_us, month);
    for (size_t i = 0; i < PROMPT_MAC_KEYS_MOST; i++) {
        struct key *k = &keys->keys[i];
        if (is_key(k, tenant, month)) {
            k->used = ++keys->now;
            *ret_key = k;
            return AIU_OK;
        }
        oldest = k->used < oldest->used ? k : oldest;
    }
    struct key fresh;
    TRY(make_key(keys->master, tenant, month, &fresh));
    key_done(oldest);
    *oldest = fresh;
    oldest->used = ++keys->now;
    *ret_key = oldest;
    return AIU_OK;
}

static void update_u64be(struct mac *mac, uint64_t value)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    }
    mac_update(mac, span_of(bytes, sizeof(bytes)));
}

static enum aiu_status append_text(struct mac *mac, const char kid[KID_SIZE], struct buf *b)
{
    uint8_t tag[MAC_SIZE];
    uint8_t *room = NULL;

    TRY(mac_final(mac, tag));
    TRY(buf_reserve(b, PROMPT_MAC_TEXT_SIZE, &room));
    TRY(buf_append(b, SPAN_OF("h1:")));
    TRY(buf_append(b, span_of(kid, KID_SIZE)));
    TRY(buf_append_byte(b, ':'));
    return num_append_base64url(b, span_of(tag, sizeof(tag)));
}

enum aiu_status prompt_mac(struct mac_keys *keys, struct span tenant, uint64_t unix_us,
                           struct span prompt, struct buf *b)
{
    return prompt_mac_pieces(keys, tenant, unix_us, &prompt, 1, b);
}

enum aiu_status prompt_mac_pieces(struct mac_keys *keys, struct span tenant, uint64_t unix_us,
                                  const struct span *pieces, size_t count, struct buf *b)
{
    struct key *k = NULL;
    uint64_t n = 0;

    TRY(find_key(keys, tenant, unix_us, &k));
    for (size_t i = 0; i < count; i++) {
        n += pieces[i].n;
    }
    mac_start(k->mac);
    mac_update(k->mac, span_of("aiu/prompt/v1", 14)); // with its NUL
    update_u64be(k->mac, n);
    for (size_t i = 0; i < count; i++) {
        mac_update(k->mac, pieces[i]);
    }
    return append_text(k->mac, k->kid, b);
}

enum aiu_status name_mac(struct mac_keys *keys, struct span tenant, uint64_t unix_us,
                         const char *kind, struct span name, struct buf *b)
{
    struct key *k = NULL;

    TRY(find_key(keys, tenant, unix_us, &k));
    mac_start(k->mac);
    mac_update(k->mac, span_of("aiu/name/v1", 12));
    mac_update(k->mac, span_of(kind, strlen(kind) + 1));
    update_u64be(k->mac, name.n);
    mac_update(k->mac, name);
    return append_text(k->mac, k->kid, b);
}

enum aiu_status answer_mac_new(struct mac_keys *keys, struct span tenant, uint64_t unix_us,
                               struct answer_mac **ret_stream)
{
    struct key *k = NULL;

    TRY(find_key(keys, tenant, unix_us, &k));
    struct answer_mac *stream = mem_new(1, sizeof(*stream));
    if (stream == NULL) {
        return AIU_NO_MEMORY;
    }
    enum aiu_status st = mac_dup(k->mac, &stream->mac);
    if (st != AIU_OK) {
        mem_free(stream);
        return st;
    }
    memcpy(stream->kid, k->kid, KID_SIZE);
    mac_update(stream->mac, span_of("aiu/answer/v1", 14));
    *ret_stream = stream;
    return AIU_OK;
}

void answer_mac_update(struct answer_mac *stream, struct span bytes)
{
    mac_update(stream->mac, bytes);
    stream->n += bytes.n;
}

enum aiu_status answer_mac_finish(struct answer_mac *stream, struct buf *b)
{
    update_u64be(stream->mac, stream->n);
    return append_text(stream->mac, stream->kid, b);
}

void answer_mac_free(struct answer_mac *stream)
{
    if (stream != NULL) {
        mac_free(stream->mac);
        mem_free(stream);
    }
}
