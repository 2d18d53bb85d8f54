// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Appending is the carry of a binary counter: each 1 bit at the low end of the size is a full
// subtree that joins with the new one. Proofs and tiles are not here.
#include "audit/tree.h"

#include "secret/hash.h"

struct tree_hash tree_leaf(struct span entry)
{
    struct tree_hash hash = {{0}};
    struct sha256 h;
    static const uint8_t leaf = 0x00;

    sha256_init(&h);
    sha256_update(&h, span_of(&leaf, 1));
    sha256_update(&h, entry);
    sha256_final(&h, hash.bytes);
    return hash;
}

struct tree_hash tree_node(const struct tree_hash *left, const struct tree_hash *right)
{
    struct tree_hash hash = {{0}};
    uint8_t bytes[1 + 2 * TREE_HASH_SIZE];

    bytes[0] = 0x01;
    memcpy(bytes + 1, left->bytes, TREE_HASH_SIZE);
    memcpy(bytes + 1 + TREE_HASH_SIZE, right->bytes, TREE_HASH_SIZE);
    sha256(span_of(bytes, sizeof(bytes)), hash.bytes);
    return hash;
}

void tree_append(struct tree *t, const struct tree_hash *leaf)
{
    struct tree_hash hash = *leaf;
    unsigned level = 0;

    for (; (t->size >> level & 1) != 0; level++) {
        hash = tree_node(&t->levels[level], &hash);
    }
    t->levels[level] = hash;
    t->size++;
}

struct tree_hash tree_root(const struct tree *t)
{
    struct tree_hash root = {{0}};
    bool begun = false;

    for (unsigned level = 0; level < TREE_LEVELS; level++) {
        if ((t->size >> level & 1) != 0) {
            root = begun ? tree_node(&t->levels[level], &root) : t->levels[level];
            begun = true;
        }
    }
    if (!begun) {
        sha256(span_of(NULL, 0), root.bytes);
    }
    return root;
}
