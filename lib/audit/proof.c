// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Both proofs walk from a node to the root. `node` and `last` are the positions, on the level that
// the walk has come to, of that node and of the last one: a node that is last and a left child has
// no sibling there and goes up unchanged.
#include "audit/proof.h"

#include "secret/hash.h"

struct walk {
    uint64_t node, last;
};

// Whether the next hash of the path stands left of the node.
static bool is_right(const struct walk *w)
{
    return (w->node & 1) != 0 || w->node == w->last;
}

static void climb(struct walk *w)
{
    if ((w->node & 1) == 0 && w->node == w->last) {
        while ((w->node & 1) == 0 && w->node != 0) {
            w->node >>= 1;
            w->last >>= 1;
        }
    }
    w->node >>= 1;
    w->last >>= 1;
}

bool proof_check_inclusion(const struct proof *p, uint64_t index, uint64_t size,
                           const struct tree_hash *leaf, const struct tree_hash *root)
{
    struct tree_hash r = *leaf;

    if (index >= size || p->count > PROOF_MOST) {
        return false;
    }
    struct walk w = {index, size - 1};
    for (size_t i = 0; i < p->count; i++) {
        if (w.last == 0) {
            return false;
        }
        r = is_right(&w) ? tree_node(&p->path[i], &r) : tree_node(&r, &p->path[i]);
        climb(&w);
    }
    return w.last == 0 && tree_hash_equal(&r, root);
}

static struct tree_hash empty_root(void)
{
    struct tree_hash root = {{0}};

    sha256(span_of(NULL, 0), root.bytes);
    return root;
}

static bool check_path(const struct tree_hash *path, size_t count, const struct tree_head *older,
                       const struct tree_head *newer)
{
    struct walk w = {older->size - 1, newer->size - 1};
    struct tree_hash old_root = path[0];
    struct tree_hash new_root = path[0];

    while ((w.node & 1) != 0) {
        w.node >>= 1;
        w.last >>= 1;
    }
    for (size_t i = 1; i < count; i++) {
        if (w.last == 0) {
            return false;
        }
        if (is_right(&w)) {
            old_root = tree_node(&path[i], &old_root);
            new_root = tree_node(&path[i], &new_root);
        } else {
            new_root = tree_node(&new_root, &path[i]);
        }
        climb(&w);
    }
    return w.last == 0 && tree_hash_equal(&old_root, &older->root) &&
           tree_hash_equal(&new_root, &newer->root);
}

bool proof_check_consistency(const struct proof *p, const struct tree_head *older,
                             const struct tree_head *newer)
{
    struct tree_hash path[PROOF_MOST + 1];
    size_t count = 0;

    if (older->size > newer->size || p->count > PROOF_MOST) {
        return false;
    }
    if (older->size == 0) {
        struct tree_hash empty = empty_root();
        return p->count == 0 && tree_hash_equal(&older->root, &empty) &&
               (newer->size != 0 || tree_hash_equal(&newer->root, &empty));
    }
    if (older->size == newer->size) {
        return p->count == 0 && tree_hash_equal(&older->root, &newer->root);
    }
    if ((older->size & (older->size - 1)) == 0) {
        path[count++] = older->root; // a full subtree: the path leaves it out
    }
    memcpy(path + count, p->path, p->count * sizeof(path[0]));
    count += p->count;
    return p->count > 0 && check_path(path, count, older, newer);
}

// Making them. A range of entries is `size` of them from `first` on, where `first` is a multiple of
// the smallest power of two that is not below `size`.

static unsigned log2_floor(uint64_t n)
{
    return 63U - (unsigned)__builtin_clzll(n);
}

// The largest power of two below `n`, which is above 1.
static uint64_t split(uint64_t n)
{
    return (uint64_t)1 << log2_floor(n - 1);
}

static enum aiu_status range_root(const struct proof_source *s, uint64_t first, uint64_t size,
                                  struct tree_hash *ret_root)
{
    struct tree_hash parts[TREE_LEVELS] = {0};
    size_t count = 0;

    CHECK(size > 0);
    while (size > 0) {
        unsigned level = log2_floor(size);
        TRY(s->hash(s->ctx, level, first >> level, &parts[count++]));
        first += (uint64_t)1 << level;
        size -= (uint64_t)1 << level;
    }
    struct tree_hash root = parts[count - 1];
    for (size_t i = count - 1; i > 0; i--) {
        root = tree_node(&parts[i - 1], &root);
    }
    *ret_root = root;
    return AIU_OK;
}

enum aiu_status proof_root(const struct proof_source *s, uint64_t size, struct tree_hash *ret_root)
{
    if (size == 0) {
        *ret_root = empty_root();
        return AIU_OK;
    }
    return range_root(s, 0, size, ret_root);
}

static void reverse(struct proof *p)
{
    for (size_t i = 0; i < p->count / 2; i++) {
        struct tree_hash other = p->path[p->count - 1 - i];
        p->path[p->count - 1 - i] = p->path[i];
        p->path[i] = other;
    }
}

// The half of a range that the walk down does not enter.
struct descent {
    uint64_t first, size;
};

static enum aiu_status go_left(const struct proof_source *s, struct descent *d, struct proof *p)
{
    uint64_t k = split(d->size);

    TRY(range_root(s, d->first + k, d->size - k, &p->path[p->count++]));
    d->size = k;
    return AIU_OK;
}

static enum aiu_status go_right(const struct proof_source *s, struct descent *d, struct proof *p)
{
    uint64_t k = split(d->size);

    TRY(range_root(s, d->first, k, &p->path[p->count++]));
    d->first += k;
    d->size -= k;
    return AIU_OK;
}

enum aiu_status proof_inclusion(const struct proof_source *s, uint64_t index, uint64_t size,
                                struct proof *ret_proof)
{
    struct descent d = {0, size};
    struct proof p = {.count = 0};

    if (index >= size) {
        return AIU_USAGE;
    }
    while (d.size > 1) {
        TRY(index - d.first < split(d.size) ? go_left(s, &d, &p) : go_right(s, &d, &p));
    }
    reverse(&p);
    *ret_proof = p;
    return AIU_OK;
}

enum aiu_status proof_consistency(const struct proof_source *s, uint64_t older, uint64_t newer,
                                  struct proof *ret_proof)
{
    struct descent d = {0, newer};
    struct proof p = {.count = 0};

    if (older > newer) {
        return AIU_USAGE;
    }
    while (older != 0 && older - d.first != d.size) {
        TRY(older - d.first <= split(d.size) ? go_left(s, &d, &p) : go_right(s, &d, &p));
    }
    if (d.first != 0) {
        // The older tree is not one full subtree: the part of it that both share comes first.
        TRY(range_root(s, d.first, d.size, &p.path[p.count++]));
    }
    reverse(&p);
    *ret_proof = p;
    return AIU_OK;
}
