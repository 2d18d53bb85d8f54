// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A small object compares each key with those before it, by a signature first. A large one, and one
// with escaped keys, sorts (hash, token) pairs in place and looks at neighbours: n log n whatever
// the keys are, so an attacker gains nothing from keys that collide, and no secret seed is needed.
#include "codec/json_keys.h"

#include "codec/json_string.h"

enum { SMALL_OBJECT = 32 };

static struct span key_text(const struct json *j, struct span text, uint32_t token)
{
    const struct json_token *t = &j->tokens[token];

    return (struct span){text.p + t->start, t->end - t->start};
}

int json_keys_compare(struct span a, struct span b)
{
    struct json_unescaped left = {.rest = a};
    struct json_unescaped right = {.rest = b};
    int l = 0;
    int r = 0;

    do {
        l = json_unescaped_next(&left);
        r = json_unescaped_next(&right);
    } while (l == r && l >= 0);
    return l - r;
}

static int compare(const struct json *j, struct span text, uint32_t a, uint32_t b)
{
    struct span left = key_text(j, text, a);
    struct span right = key_text(j, text, b);

    if (!j->tokens[a].escaped && !j->tokens[b].escaped) {
        return span_compare(left, right);
    }
    return json_keys_compare(left, right);
}

// Equal keys without escapes have equal signatures.
static uint32_t signature(struct span key)
{
    if (key.n == 0) {
        return 0;
    }
    return (uint32_t)(key.n & 0xFF) << 24 | (uint32_t)key.p[0] << 16 |
           (uint32_t)key.p[key.n / 2] << 8 | key.p[key.n - 1];
}

// FNV-1a over the unescaped bytes.
static uint32_t hash(struct span key, bool escaped)
{
    struct json_unescaped u = {.rest = key};
    uint32_t h = 2166136261U;

    if (!escaped) {
        for (size_t i = 0; i < key.n; i++) {
            h = (h ^ key.p[i]) * 16777619U;
        }
        return h;
    }
    for (int c = 0; (c = json_unescaped_next(&u)) >= 0;) {
        h = (h ^ (uint32_t)c) * 16777619U;
    }
    return h;
}

static bool after(const struct json *j, struct span text, uint64_t a, uint64_t b)
{
    if (a >> 32 != b >> 32) {
        return a > b;
    }
    return compare(j, text, (uint32_t)a, (uint32_t)b) > 0;
}

static void sift_down(struct json *j, struct span text, size_t from, size_t n)
{
    uint64_t *heap = j->sorted;
    uint64_t moved = heap[from];
    size_t child = 0;

    while ((child = 2 * from + 1) < n) {
        if (child + 1 < n && after(j, text, heap[child + 1], heap[child])) {
            child++;
        }
        if (!after(j, text, heap[child], moved)) {
            break;
        }
        heap[from] = heap[child];
        from = child;
    }
    heap[from] = moved;
}

static void sort(struct json *j, struct span text, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) {
        sift_down(j, text, i, n);
    }
    for (size_t end = n; end-- > 1;) {
        uint64_t last = j->sorted[end];
        j->sorted[end] = j->sorted[0];
        j->sorted[0] = last;
        sift_down(j, text, 0, end);
    }
}

static enum aiu_status reserve_sorted(struct json *j, uint32_t need)
{
    if (need > j->sorted_capacity) {
        uint32_t capacity = need > UINT32_MAX / 2 ? need : need * 2;
        uint64_t *grown = arena_array(j->arena, capacity, sizeof(*grown));
        if (grown == NULL) {
            return AIU_NO_MEMORY;
        }
        j->sorted = grown;
        j->sorted_capacity = capacity;
    }
    return AIU_OK;
}

static enum aiu_status unique_by_order(struct json *j, struct span text, uint32_t object,
                                       uint32_t *ret_token)
{
    uint32_t n = 0;

    TRY(reserve_sorted(j, (j->count - object) / 2));
    for (uint32_t key = object + 1; key < j->count; key = j->tokens[key].next) {
        uint64_t h = hash(key_text(j, text, key), j->tokens[key].escaped);
        j->sorted[n++] = h << 32 | key;
    }
    sort(j, text, n);
    for (uint32_t i = 1; i < n; i++) {
        uint32_t a = (uint32_t)j->sorted[i - 1];
        uint32_t b = (uint32_t)j->sorted[i];
        if (j->sorted[i - 1] >> 32 == j->sorted[i] >> 32 && compare(j, text, a, b) == 0) {
            *ret_token = a > b ? a : b;
            return AIU_JSON_DUPLICATE_KEY;
        }
    }
    return AIU_OK;
}

static bool seen_before(const struct json *j, struct span text, const uint32_t *keys,
                        const uint32_t *signatures, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (signatures[i] == signatures[n] && compare(j, text, keys[i], keys[n]) == 0) {
            return true;
        }
    }
    return false;
}

enum aiu_status json_keys_unique(struct json *j, struct span text, uint32_t object,
                                 uint32_t *ret_token)
{
    uint32_t keys[SMALL_OBJECT];
    uint32_t signatures[SMALL_OBJECT];
    uint32_t n = 0;

    for (uint32_t key = object + 1; key < j->count; key = j->tokens[key].next, n++) {
        if (n == SMALL_OBJECT || j->tokens[key].escaped) {
            return unique_by_order(j, text, object, ret_token);
        }
        keys[n] = key;
        signatures[n] = signature(key_text(j, text, key));
        if (seen_before(j, text, keys, signatures, n)) {
            *ret_token = key;
            return AIU_JSON_DUPLICATE_KEY;
        }
    }
    return AIU_OK;
}
