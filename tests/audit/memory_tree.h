// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A whole tree in memory, as the tests' own picture of what is right: every full subtree's hash,
// and roots by RFC 6962's recursive definition.
#pragma once

#include "audit/proof.h"
#include "audit_test.h"

struct memory_tree {
    uint64_t size;
    struct tree_hash *levels[24];
};

static inline void memory_tree_init(struct memory_tree *t, const struct tree_hash *leaves,
                                    uint64_t size)
{
    *t = (struct memory_tree){.size = size};
    for (unsigned level = 0; level < ARRAY_SIZE(t->levels) && size >> level > 0; level++) {
        uint64_t count = size >> level;
        t->levels[level] = mem_new(count, sizeof(struct tree_hash));
        assert_non_null(t->levels[level]);
        for (uint64_t i = 0; i < count; i++) {
            t->levels[level][i] = level == 0 ? leaves[i]
                                             : tree_node(&t->levels[level - 1][2 * i],
                                                         &t->levels[level - 1][2 * i + 1]);
        }
    }
}

static inline void memory_tree_done(struct memory_tree *t)
{
    for (unsigned level = 0; level < ARRAY_SIZE(t->levels); level++) {
        mem_free(t->levels[level]);
    }
}

static inline enum aiu_status memory_tree_hash(void *ctx, unsigned level, uint64_t index,
                                               struct tree_hash *ret_hash)
{
    const struct memory_tree *t = ctx;

    assert_true(level < ARRAY_SIZE(t->levels) && index < t->size >> level);
    *ret_hash = t->levels[level][index];
    return AIU_OK;
}

static inline struct proof_source memory_tree_source(struct memory_tree *t)
{
    return (struct proof_source){memory_tree_hash, t};
}

// Root of `n` leaves as RFC 6962 2.1 defines it.
static inline struct tree_hash defined_root(const struct tree_hash *leaves, uint64_t n)
{
    uint64_t k = 1;

    if (n == 0) {
        struct tree empty = {0};
        return tree_root(&empty);
    }
    if (n == 1) {
        return leaves[0];
    }
    while (k * 2 < n) {
        k *= 2;
    }
    struct tree_hash left = defined_root(leaves, k);
    struct tree_hash right = defined_root(leaves + k, n - k);
    return tree_node(&left, &right);
}

// Leaves of the shared vectors' log.
static inline struct tree_hash *numbered_leaves(uint64_t n)
{
    struct tree_hash *leaves = mem_new(n, sizeof(*leaves));
    char text[128];

    assert_non_null(leaves);
    for (uint64_t i = 0; i < n; i++) {
        leaves[i] = tree_leaf(numbered_entry(i, text));
    }
    return leaves;
}

static inline void memory_tree_of_numbered(struct memory_tree *t, uint64_t n)
{
    struct tree_hash *leaves = numbered_leaves(n);

    memory_tree_init(t, leaves, n);
    mem_free(leaves);
}

// The strings of `"name": [ … ]` or the string of `"name": "…"` in the shared vectors: the text
// after the colon.
static inline struct span vector_after(struct span file, const char *name)
{
    char key[64];
    int n = snprintf(key, sizeof(key), "\"%s\": ", name);
    size_t at = span_find_span(file, span_of(key, (size_t)n));

    assert_true(at < file.n);
    return span_drop_first(file, at + (size_t)n);
}

static inline struct span vector_string(struct span file, const char *name)
{
    struct span rest = span_drop_first(vector_after(file, name), 1);

    return span_first(rest, span_find_byte(rest, '"'));
}
