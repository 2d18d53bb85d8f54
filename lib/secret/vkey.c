// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The table is open addressing over the digest's first bytes, at most half full. Each look-up
// visits as many slots as the longest chain has and compares each in constant time, so that a known
// key, an unknown one and an empty table cost the same.
#include "secret/vkey.h"

#include <sodium.h>

#include "base/alloc.h"
#include "base/num.h"
#include "secret/guarded.h"
#include "secret/mac.h"
#include "secret/random.h"

static const struct span prefix = SPAN("aiu-");
static const struct span digest_prefix = SPAN("h1:");
static const struct span digest_key = SPAN("aiu/virtual-key/v1");

struct slot {
    struct vkey_digest digest;
    uint32_t index_plus_1; // 0: empty
};

struct vkey_table {
    struct mac *mac; // keyed; look-ups duplicate it
    struct slot *slots;
    size_t mask;
    size_t longest; // slots that a look-up visits
};

enum aiu_status vkey_generate(struct buf *dst)
{
    uint8_t random[32];
    size_t before = dst->n;

    random_fill(random, sizeof(random));
    enum aiu_status st = buf_append(dst, prefix);
    if (st == AIU_OK) {
        st = num_append_base64url(dst, span_of(random, sizeof(random)));
    }
    mem_wipe(random, sizeof(random));
    if (st != AIU_OK && dst->n > before) {
        mem_wipe(dst->p + before, dst->n - before);
        dst->n = before;
    }
    return st;
}

static enum aiu_status digest_with(struct mac *m, struct span token, struct vkey_digest *ret_digest)
{
    mac_update(m, token);
    return mac_final(m, ret_digest->bytes);
}

enum aiu_status vkey_digest(struct span token, struct vkey_digest *ret_digest)
{
    CLEANUP(mac_done) struct mac *m = NULL;

    TRY(mac_new_public(digest_key, &m));
    return digest_with(m, token, ret_digest);
}

enum aiu_status vkey_digest_of_secret(const struct secret *token, struct vkey_digest *ret_digest)
{
    return vkey_digest(secret_bytes(token), ret_digest);
}

enum aiu_status vkey_digest_format(const struct vkey_digest *digest, struct buf *dst)
{
    TRY(buf_append(dst, digest_prefix));
    return num_append_base64url(dst, span_of(digest->bytes, sizeof(digest->bytes)));
}

enum aiu_status vkey_digest_parse(struct span text, struct vkey_digest *ret_digest)
{
    struct vkey_digest d;
    size_t n = 0;
    struct span digits = span_skip_prefix(text, digest_prefix);

    if (!span_starts_with(text, digest_prefix) ||
        sodium_base642bin(d.bytes, sizeof(d.bytes), (const char *)digits.p, digits.n, NULL, &n,
                          NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        n != sizeof(d.bytes)) {
        return AIU_CONFIG_INVALID;
    }
    *ret_digest = d;
    return AIU_OK;
}

static size_t first_slot(const struct vkey_table *t, const struct vkey_digest *digest)
{
    uint64_t hash = 0;

    memcpy(&hash, digest->bytes, sizeof(hash));
    return hash & t->mask;
}

bool vkey_digest_equal(const struct vkey_digest *a, const struct vkey_digest *b)
{
    return sodium_memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static enum aiu_status insert(struct vkey_table *t, const struct vkey_digest *digest, size_t index)
{
    size_t at = first_slot(t, digest);
    size_t visited = 1;

    for (; t->slots[at].index_plus_1 != 0; at = (at + 1) & t->mask) {
        if (vkey_digest_equal(&t->slots[at].digest, digest)) {
            return AIU_CONFIG_INVALID;
        }
        visited++;
    }
    t->slots[at] = (struct slot){*digest, (uint32_t)index + 1};
    t->longest = visited > t->longest ? visited : t->longest;
    return AIU_OK;
}

static void table_done(struct vkey_table **t)
{
    vkey_table_free(*t);
}

enum aiu_status vkey_table_new(const struct vkey_digest *digests, size_t count,
                               struct vkey_table **ret_table)
{
    CLEANUP(table_done) struct vkey_table *t = mem_new(1, sizeof(*t));
    size_t size = 8;

    if (t == NULL) {
        return AIU_NO_MEMORY;
    }
    if (count > UINT32_MAX / 4) {
        return AIU_TOO_LONG;
    }
    while (size < 2 * count) {
        size *= 2;
    }
    t->mask = size - 1;
    t->longest = 1;
    t->slots = mem_new(size, sizeof(struct slot));
    if (t->slots == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(mac_new_public(digest_key, &t->mac));
    for (size_t i = 0; i < count; i++) {
        TRY(insert(t, &digests[i], i));
    }
    *ret_table = TAKE_PTR(t);
    return AIU_OK;
}

void vkey_table_free(struct vkey_table *t)
{
    if (t != NULL) {
        mac_free(t->mac);
        mem_free(t->slots);
        mem_free(t);
    }
}

enum aiu_status vkey_table_find(const struct vkey_table *t, struct span presented,
                                size_t *ret_index)
{
    CLEANUP(mac_done) struct mac *m = NULL;
    struct vkey_digest digest;
    uint32_t found = 0;

    TRY(mac_dup(t->mac, &m));
    TRY(digest_with(m, presented, &digest));
    size_t at = first_slot(t, &digest);
    for (size_t i = 0; i < t->longest; i++, at = (at + 1) & t->mask) {
        uint32_t same = vkey_digest_equal(&t->slots[at].digest, &digest);
        found |= t->slots[at].index_plus_1 & (0 - same); // no branch on whether it is the one
    }
    if (found == 0) {
        return AIU_UNAUTHENTICATED;
    }
    *ret_index = found - 1;
    return AIU_OK;
}
