// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/tree.h"

#include "base/num.h"

#include "audit_test.h"

static void assert_hash(const char *why, const struct tree_hash *hash, const char *hex)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(128);

    assert_ok(num_append_hex(&b, span_of(hash->bytes, TREE_HASH_SIZE)));
    assert_span(why, buf_span(&b), span_str(hex));
}

// RFC 6962 2.1 as computed by other implementations (Trillian's and Go's tests).
static void hashes_are_those_of_rfc_6962(void **state)
{
    (void)state;
    struct tree empty = {0};
    struct tree_hash root = tree_root(&empty);
    struct tree_hash nothing = tree_leaf(SPAN_OF(""));
    struct tree_hash leaf = tree_leaf(SPAN_OF("L123456"));

    assert_hash("empty tree", &root,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_hash("empty leaf", &nothing,
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    assert_hash("leaf", &leaf, "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
}

static const struct {
    uint64_t size;
    const char *root;
} roots[] = {
    {1, "e4W8SRP9d8b6TXemXeM3hCClaQoC6LrmRWnHpvSVSGI="},
    {2, "PnkBGMNlv0RwTUD2fLAFGY5JRCNbTwLlvDCfgLMqmHs="},
    {3, "I5tS+hEMDOcK8JtPiXnLiPUSFoYhxNFeyTbPB8wF6PI="},
    {255, "tRa9PcZQOzD9HjihmeGLZEQFMEe9HQIOXogP1vEpK3I="},
    {256, "Z6IuD6N4Ysq1739EbXfmX1NoWs65CyI02+rstipEcEw="},
    {257, "/FV0o2tmaKDSd5x2ioqFVwd9v7e4nRIFDSS42tmmj6Q="},
    {65536, "N9HuXuI3fUAeEYjwgZ4zPfOFTu4/TGO1FaRpIrZtJ9Y="},
    {70000, "0mGQvNeWHnAiDXNJugjl5NjjdByXldJBfOn4RJPMexw="},
};

static void assert_root(const struct tree *t, struct span base64)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(64);
    struct tree_hash root = tree_root(t);

    assert_ok(num_append_base64(&b, span_of(root.bytes, TREE_HASH_SIZE)));
    assert_span("root", buf_span(&b), base64);
}

static void roots_are_those_of_an_independent_implementation(void **state)
{
    (void)state;
    struct tree t = {0};
    size_t checked = 0;
    char text[128];

    for (uint64_t i = 0; i < 70000; i++) {
        struct tree_hash leaf = tree_leaf(numbered_entry(i, text));
        tree_append(&t, &leaf);
        if (roots[checked].size == t.size) {
            assert_root(&t, span_str(roots[checked].root));
            checked++;
        }
    }
    assert_int_equal(checked, ARRAY_SIZE(roots));
}

// `"SIZE": "ROOT"` lines of the shared vectors, which have more sizes than the table above.
static void roots_are_those_of_the_shared_vectors(void **state)
{
    (void)state;
    struct span file = test_read_file(test_shared("conformance/audit-vectors/vectors.json"));
    struct tree t = {0};
    size_t checked = 0;
    char text[128];

    for (uint64_t i = 0; i < 70000; i++) {
        char key[32];
        struct tree_hash leaf = tree_leaf(numbered_entry(i, text));
        tree_append(&t, &leaf);
        (void)snprintf(key, sizeof(key), "\"%llu\": \"", (unsigned long long)t.size);
        size_t at = t.size < 10 || t.size % 64 <= 1 || t.size % 64 == 63 || t.size % 1000 == 0
                        ? span_find_span(file, span_str(key))
                        : file.n;
        if (at < file.n) {
            assert_root(&t, span_first(span_drop_first(file, at + strlen(key)), 44));
            checked++;
        }
    }
    assert_true(checked >= 13);
    mem_free((void *)file.p);
}

TEST_MAIN(hashes_are_those_of_rfc_6962, roots_are_those_of_an_independent_implementation,
          roots_are_those_of_the_shared_vectors)
