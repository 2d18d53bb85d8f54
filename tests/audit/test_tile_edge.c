// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/tile_edge.h"

#include "base/num.h"
#include "memory_tree.h"

enum { VECTOR_SIZE = 70000 };

static void roots_are_those_of_the_shared_vectors(void **state)
{
    (void)state;
    struct span file = test_read_file(test_shared("conformance/audit-vectors/vectors.json"));
    static struct tile_edge edge;
    char text[128], name[32];
    unsigned found = 0;

    memset(&edge, 0, sizeof(edge));
    for (uint64_t i = 0; i <= VECTOR_SIZE; i++) {
        (void)snprintf(name, sizeof(name), "\"%llu\": \"", (unsigned long long)i);
        size_t at = span_find_span(file, span_str(name));
        if ((i < 1001 || i > 65534) && at < file.n) {
            struct tree_hash wanted, root = tile_edge_root(&edge);
            struct span rest = span_drop_first(file, at + strlen(name));
            assert_true(num_base64_read(span_first(rest, span_find_byte(rest, '"')), wanted.bytes,
                                        TREE_HASH_SIZE));
            assert_true(tree_hash_equal(&root, &wanted));
            found++;
        }
        struct tree_hash leaf = tree_leaf(numbered_entry(i, text));
        (void)tile_edge_append(&edge, &leaf);
    }
    assert_int_equal(found, 14);
    mem_free((void *)file.p);
}

static void every_size_has_the_root_of_the_definition(void **state)
{
    (void)state;
    enum { SIZE = 1200 };
    struct tree_hash *leaves = numbered_leaves(SIZE);
    static struct tile_edge edge;

    memset(&edge, 0, sizeof(edge));
    for (uint64_t n = 0; n < SIZE; n++) {
        struct tree_hash root = tile_edge_root(&edge);
        struct tree_hash wanted = defined_root(leaves, n);
        assert_true(tree_hash_equal(&root, &wanted));
        unsigned full = tile_edge_append(&edge, &leaves[n]);
        assert_int_equal(full, (n + 1) % TILE_WIDTH == 0 ? 1 : 0);
    }
    mem_free(leaves);
}

static void tiles_hold_the_hashes_that_the_specification_says(void **state)
{
    (void)state;
    struct memory_tree tree;
    static struct tile_edge edge;

    memset(&edge, 0, sizeof(edge));
    memory_tree_of_numbered(&tree, VECTOR_SIZE);
    for (uint64_t i = 0; i < VECTOR_SIZE; i++) {
        unsigned full = tile_edge_append(&edge, &tree.levels[0][i]);
        for (unsigned level = 0; level < full; level++) {
            struct tile t = tile_edge_full(&edge, level);
            assert_int_equal(t.width, TILE_WIDTH);
            assert_memory_equal(edge.hashes[level],
                                &tree.levels[(size_t)TILE_LEVELS * level][t.index * TILE_WIDTH],
                                TILE_SIZE);
        }
    }
    // C2SP's own example: partial tiles of width 112, 17 and 1.
    const unsigned widths[] = {112, 17, 1, 0};
    for (unsigned level = 0; level < ARRAY_SIZE(widths); level++) {
        struct tile t = tile_edge_partial(&edge, level);
        assert_int_equal(t.width, widths[level]);
        assert_int_equal(t.width, tile_width((int)level, t.index, VECTOR_SIZE));
    }
    memory_tree_done(&tree);
}

TEST_MAIN(roots_are_those_of_the_shared_vectors, every_size_has_the_root_of_the_definition,
          tiles_hold_the_hashes_that_the_specification_says)
