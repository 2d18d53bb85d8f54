// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/tile.h"

#include "audit/tile_source.h"
#include "memory_tree.h"

static const struct {
    const char *path;
    struct tile tile;
} paths[] = {
    {"tile/0/000", {0, 0, 256}},
    {"tile/0/999", {0, 999, 256}},
    {"tile/1/x001/000", {1, 1000, 256}},
    {"tile/0/x001/x234/067", {0, 1234067, 256}},
    {"tile/63/x001/x234/067.p/8", {63, 1234067, 8}},
    {"tile/entries/x001/x000/000.p/255", {TILE_ENTRIES, 1000000, 255}},
    {"tile/2/x018/x446/x744/x073/x709/x551/615", {2, UINT64_MAX, 256}},
};

static void paths_are_those_of_the_specification_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        char path[TILE_PATH_SIZE];
        struct tile t;
        tile_path(&paths[i].tile, path);
        assert_string_equal(path, paths[i].path);
        assert_true(tile_path_read(span_str(path), &t));
        assert_int_equal(t.level, paths[i].tile.level);
        assert_int_equal(t.index, paths[i].tile.index);
        assert_int_equal(t.width, paths[i].tile.width);
    }
}

static void any_other_text_is_no_path(void **state)
{
    static const char *const bad[] = {
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/Entries/000",
        "tile/0/x000",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/x001/x001",
        "tile/0/x001//001",
        "tile/0/../001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/08",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "tile/2/x018/x446/x744/x073/x709/x551/616", // over 64 bits
        "/tile/0/000",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct tile t;
        if (tile_path_read(span_str(bad[i]), &t)) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

// The specification's own example.
static void a_tree_of_70000_has_the_tiles_that_the_specification_counts(void **state)
{
    (void)state;
    assert_int_equal(tile_count(0, 70000), 274);
    assert_int_equal(tile_width(0, 272, 70000), 256);
    assert_int_equal(tile_width(0, 273, 70000), 112);
    assert_int_equal(tile_width(0, 274, 70000), 0);
    assert_int_equal(tile_count(TILE_ENTRIES, 70000), 274);
    assert_int_equal(tile_count(1, 70000), 2);
    assert_int_equal(tile_width(1, 0, 70000), 256);
    assert_int_equal(tile_width(1, 1, 70000), 17);
    assert_int_equal(tile_count(2, 70000), 1);
    assert_int_equal(tile_width(2, 0, 70000), 1);
    assert_int_equal(tile_count(3, 70000), 0);
    assert_int_equal(tile_width(1, 0, 256), 1);
    assert_int_equal(tile_count(0, 0), 0);
    assert_int_equal(tile_count(8, UINT64_MAX), 0);
}

// Tiles of a tree in memory, by the formula: level l, n, i is the root of the 256^l entries from
// (n * 256 + i) * 256^l on. Partial tiles that are `gone` exist as full ones only.
struct shelf {
    struct memory_tree tree;
    uint64_t published; // size that the tiles are of
    unsigned reads;
};

static enum aiu_status read_tile(void *ctx, const struct tile *t, uint8_t *out)
{
    struct shelf *s = ctx;

    s->reads++;
    if (t->width != tile_width(t->level, t->index, s->published)) {
        return AIU_FILE_NOT_FOUND;
    }
    for (unsigned i = 0; i < t->width; i++) {
        memcpy(out + (size_t)i * TREE_HASH_SIZE,
               s->tree.levels[8 * t->level][t->index * 256 + i].bytes, TREE_HASH_SIZE);
    }
    return AIU_OK;
}

static void proofs_from_tiles_are_those_from_all_hashes(void **state)
{
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 1000, 65535, 65536, 65537, 70000};
    struct shelf shelf = {.published = 70000};

    (void)state;
    memory_tree_of_numbered(&shelf.tree, 70000);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        CLEANUP(tile_source_done) struct tile_source *source = NULL;
        const struct tile_reader reader = {read_tile, &shelf};
        struct proof_source memory = memory_tree_source(&shelf.tree);
        struct proof wanted, got;
        shelf.published = sizes[i];
        assert_ok(tile_source_new(&reader, sizes[i], &source));
        struct proof_source tiles = tile_source_proofs(source);
        for (uint64_t at = 0; at < sizes[i]; at += 1 + sizes[i] / 13) {
            assert_ok(proof_inclusion(&memory, at, sizes[i], &wanted));
            assert_ok(proof_inclusion(&tiles, at, sizes[i], &got));
            assert_int_equal(got.count, wanted.count);
            assert_memory_equal(got.path, wanted.path, got.count * sizeof(got.path[0]));
            assert_ok(proof_consistency(&memory, at, sizes[i], &wanted));
            assert_ok(proof_consistency(&tiles, at, sizes[i], &got));
            assert_int_equal(got.count, wanted.count);
            assert_memory_equal(got.path, wanted.path, got.count * sizeof(got.path[0]));
        }
    }
    memory_tree_done(&shelf.tree);
}

static void a_partial_tile_that_was_removed_is_read_from_the_full_one(void **state)
{
    CLEANUP(tile_source_done) struct tile_source *source = NULL;
    struct shelf shelf = {.published = 512};
    const struct tile_reader reader = {read_tile, &shelf};
    struct proof p;

    (void)state;
    memory_tree_of_numbered(&shelf.tree, 512);
    struct tree_hash root = defined_root(shelf.tree.levels[0], 300);
    assert_ok(tile_source_new(&reader, 300, &source));
    struct proof_source tiles = tile_source_proofs(source);
    // Of the tree of 300, tile/0/001.p/44 and tile/1/000.p/1 are gone; of 512 there are full ones,
    // and tile/1/000.p/2.
    assert_status(proof_inclusion(&tiles, 280, 300, &p), AIU_FILE_NOT_FOUND);
    shelf.published = 65536;
    memory_tree_done(&shelf.tree);
    memory_tree_of_numbered(&shelf.tree, 65536);
    assert_ok(proof_inclusion(&tiles, 280, 300, &p));
    assert_true(proof_check_inclusion(&p, 280, 300, &shelf.tree.levels[0][280], &root));
    memory_tree_done(&shelf.tree);
}

static void bundles_are_lengths_and_entries(void **state)
{
    struct span bundle = SPAN("\0\3abc\0\0\0\1d\0\5cut");
    struct span entry = {0};

    (void)state;
    assert_true(tile_bundle_next(&bundle, &entry));
    assert_span("first", entry, SPAN_OF("abc"));
    assert_true(tile_bundle_next(&bundle, &entry));
    assert_int_equal(entry.n, 0);
    assert_true(tile_bundle_next(&bundle, &entry));
    assert_span("third", entry, SPAN_OF("d"));
    assert_false(tile_bundle_next(&bundle, &entry));
    assert_int_equal(bundle.n, 5);
}

TEST_MAIN(paths_are_those_of_the_specification_both_ways, any_other_text_is_no_path,
          a_tree_of_70000_has_the_tiles_that_the_specification_counts,
          proofs_from_tiles_are_those_from_all_hashes,
          a_partial_tile_that_was_removed_is_read_from_the_full_one,
          bundles_are_lengths_and_entries)
