// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/proof.h"

#include "base/num.h"

#include "memory_tree.h"

enum { SMALL = 70 };

// S62: for every entry of every small tree there is a proof, and it holds for nothing else.
static void every_entry_of_every_small_tree_is_proved(void **state)
{
    CLEANUP(memory_tree_done) struct memory_tree t;
    struct tree_hash *leaves = numbered_leaves(SMALL);

    (void)state;
    memory_tree_init(&t, leaves, SMALL);
    struct proof_source source = memory_tree_source(&t);
    for (uint64_t size = 1; size <= SMALL; size++) {
        struct tree_hash root = defined_root(leaves, size);
        struct tree_hash made;
        assert_ok(proof_root(&source, size, &made));
        assert_true(tree_hash_equal(&made, &root));
        for (uint64_t i = 0; i < size; i++) {
            struct proof p;
            assert_ok(proof_inclusion(&source, i, size, &p));
            assert_true(proof_check_inclusion(&p, i, size, &leaves[i], &root));
            assert_false(proof_check_inclusion(&p, i, size, &leaves[(i + 1) % SMALL], &root));
            assert_false(proof_check_inclusion(&p, size, size, &leaves[i], &root));
            for (uint64_t other = 0; other < size; other++) {
                assert_int_equal(proof_check_inclusion(&p, other, size, &leaves[i], &root),
                                 other == i);
            }
        }
    }
    mem_free(leaves);
}

static void every_small_tree_is_a_beginning_of_every_larger_one(void **state)
{
    CLEANUP(memory_tree_done) struct memory_tree t;
    struct tree_hash *leaves = numbered_leaves(SMALL);

    (void)state;
    memory_tree_init(&t, leaves, SMALL);
    struct proof_source source = memory_tree_source(&t);
    for (uint64_t n = 0; n <= SMALL; n++) {
        const struct tree_head newer = {n, defined_root(leaves, n)};
        for (uint64_t m = 0; m <= n; m++) {
            struct tree_head older = {m, defined_root(leaves, m)};
            struct proof p;
            assert_ok(proof_consistency(&source, m, n, &p));
            assert_true(proof_check_consistency(&p, &older, &newer));
            older.root.bytes[0] ^= 1;
            assert_false(proof_check_consistency(&p, &older, &newer));
        }
    }
    mem_free(leaves);
}

static void a_changed_path_proves_nothing(void **state)
{
    CLEANUP(memory_tree_done) struct memory_tree t;
    struct tree_hash *leaves = numbered_leaves(SMALL);
    const struct tree_head older = {37, defined_root(leaves, 37)};
    const struct tree_head newer = {SMALL, defined_root(leaves, SMALL)};
    struct proof inclusion, consistency;

    (void)state;
    memory_tree_init(&t, leaves, SMALL);
    struct proof_source source = memory_tree_source(&t);
    assert_ok(proof_inclusion(&source, 37, SMALL, &inclusion));
    assert_ok(proof_consistency(&source, 37, SMALL, &consistency));
    for (size_t i = 0; i < inclusion.count; i++) {
        inclusion.path[i].bytes[i % 32] ^= 0x10;
        assert_false(proof_check_inclusion(&inclusion, 37, SMALL, &leaves[37], &newer.root));
        inclusion.path[i].bytes[i % 32] ^= 0x10;
    }
    for (size_t i = 0; i < consistency.count; i++) {
        consistency.path[i].bytes[i % 32] ^= 0x10;
        assert_false(proof_check_consistency(&consistency, &older, &newer));
        consistency.path[i].bytes[i % 32] ^= 0x10;
    }
    for (int change = -1; change <= 1; change += 2) {
        struct proof p = inclusion;
        struct proof c = consistency;
        p.count = (size_t)((int)p.count + change);
        c.count = (size_t)((int)c.count + change);
        assert_false(proof_check_inclusion(&p, 37, SMALL, &leaves[37], &newer.root));
        assert_false(proof_check_consistency(&c, &older, &newer));
    }
    mem_free(leaves);
}

static void mistakes_of_the_caller_are_told(void **state)
{
    CLEANUP(memory_tree_done) struct memory_tree t;
    struct proof p;
    const struct proof none = {.count = 0};

    (void)state;
    memory_tree_of_numbered(&t, 5);
    struct proof_source source = memory_tree_source(&t);
    const struct tree_head head = {5, t.levels[0][0]};
    const struct tree_head empty = {0, t.levels[0][0]}; // not the root of the empty tree
    assert_status(proof_inclusion(&source, 5, 5, &p), AIU_USAGE);
    assert_status(proof_consistency(&source, 6, 5, &p), AIU_USAGE);
    assert_false(proof_check_consistency(&none, &empty, &head));
    assert_false(proof_check_consistency(&none, &head, &empty));
}

static struct tree_hash hash_of(struct span base64)
{
    struct tree_hash hash;

    assert_true(num_base64_read(base64, hash.bytes, TREE_HASH_SIZE));
    return hash;
}

// `array`: the text from "[" on.
static void assert_path(struct span array, const struct proof *p)
{
    array = span_first(array, span_find_byte(array, ']'));
    for (size_t i = 0; i < p->count; i++) {
        struct span before = {0}, text = {0};
        assert_true(span_cut(array, '"', &before, &array));
        assert_true(span_cut(array, '"', &text, &array));
        struct tree_hash wanted = hash_of(text);
        assert_memory_equal(p->path[i].bytes, wanted.bytes, TREE_HASH_SIZE);
    }
    assert_int_equal(span_find_byte(array, '"'), array.n);
}

static void proofs_are_those_of_the_shared_vectors(void **state)
{
    struct span file = test_read_file(test_shared("conformance/audit-vectors/vectors.json"));
    CLEANUP(memory_tree_done) struct memory_tree t;
    struct proof p;

    (void)state;
    memory_tree_of_numbered(&t, 70000);
    struct proof_source source = memory_tree_source(&t);
    const struct tree_head older = {256, hash_of(vector_string(file, "256"))};
    const struct tree_head newer = {70000, hash_of(vector_string(file, "70000"))};
    assert_ok(proof_inclusion(&source, 12345, 70000, &p));
    assert_path(vector_after(file, "inclusion_12345"), &p);
    assert_true(proof_check_inclusion(&p, 12345, 70000, &t.levels[0][12345], &newer.root));
    assert_ok(proof_consistency(&source, 256, 70000, &p));
    assert_path(vector_after(file, "consistency_256_N"), &p);
    assert_true(proof_check_consistency(&p, &older, &newer));
    mem_free((void *)(uintptr_t)file.p);
}

TEST_MAIN(every_entry_of_every_small_tree_is_proved,
          every_small_tree_is_a_beginning_of_every_larger_one, a_changed_path_proves_nothing,
          mistakes_of_the_caller_are_told, proofs_are_those_of_the_shared_vectors)
