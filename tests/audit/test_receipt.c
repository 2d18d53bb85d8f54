// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/receipt.h"

#include "memory_tree.h"
#include "signing.h"

struct case_of_100 {
    struct memory_tree tree;
    struct sign_key *signer;
    struct note_key key;
    struct buf note, receipt;
};

static void case_init(struct case_of_100 *c, uint64_t index)
{
    struct checkpoint cp = {.origin = SPAN("log.example/1"), .size = 100};

    memory_tree_of_numbered(&c->tree, 100);
    cp.root = defined_root(c->tree.levels[0], 100);
    c->signer = key_of_seed(0);
    c->key = named_key("log.example/1", NOTE_SIGNATURE, c->signer);
    buf_init(&c->note, NOTE_MOST);
    buf_init(&c->receipt, RECEIPT_MOST);
    assert_ok(checkpoint_sign(&c->key, c->signer, &cp, &c->note));
    struct receipt r = {.index = index, .checkpoint = buf_span(&c->note)};
    struct proof_source source = memory_tree_source(&c->tree);
    assert_ok(proof_inclusion(&source, index, 100, &r.proof));
    assert_ok(receipt_write(&r, &c->receipt));
}

static void case_done(struct case_of_100 *c)
{
    memory_tree_done(&c->tree);
    sign_key_free(c->signer);
    buf_wipe(&c->note);
    buf_wipe(&c->receipt);
}

// S64: what somebody holds of a request proves, offline, that its record stands in the log.
static void a_receipt_proves_its_entry_and_no_other(void **state)
{
    char text[128], other[128];

    (void)state;
    for (uint64_t index = 0; index < 100; index += 33) {
        CLEANUP(case_done) struct case_of_100 c;
        struct receipt r;
        struct checkpoint cp;
        case_init(&c, index);
        assert_ok(receipt_parse(buf_span(&c.receipt), &r));
        assert_int_equal(r.index, index);
        assert_ok(receipt_verify(&r, &c.key, numbered_entry(index, text), &cp));
        assert_int_equal(cp.size, 100);
        assert_status(receipt_verify(&r, &c.key, numbered_entry(index + 1, other), &cp),
                      AIU_AUDIT_UNVERIFIED);
        r.index++;
        assert_status(receipt_verify(&r, &c.key, numbered_entry(index, text), &cp),
                      AIU_AUDIT_UNVERIFIED);
    }
}

static void a_receipt_of_another_key_proves_nothing(void **state)
{
    CLEANUP(case_done) struct case_of_100 c;
    CLEANUP(sign_key_done) struct sign_key *other = key_of_seed(9);
    const struct note_key foreign = named_key("log.example/1", NOTE_SIGNATURE, other);
    char text[128];
    struct receipt r;
    struct checkpoint cp;

    (void)state;
    case_init(&c, 7);
    assert_ok(receipt_parse(buf_span(&c.receipt), &r));
    assert_status(receipt_verify(&r, &foreign, numbered_entry(7, text), &cp), AIU_NOT_FOUND);
}

static void extra_data_is_read_and_not_believed(void **state)
{
    struct receipt r;

    (void)state;
    assert_ok(receipt_parse(SPAN_OF("c2sp.org/tlog-proof@v1\nextra YWdl\nindex 0\n\nrest"), &r));
    assert_true(r.has_extra);
    assert_span("extra", r.extra, SPAN_OF("YWdl"));
    assert_span("checkpoint", r.checkpoint, SPAN_OF("rest"));
    assert_int_equal(r.proof.count, 0);
}

#define MAGIC "c2sp.org/tlog-proof@v1\n"
#define HASH  "0mGQvNeWHnAiDXNJugjl5NjjdByXldJBfOn4RJPMexw=\n"

static void anything_else_is_no_receipt(void **state)
{
    static const struct span bad[] = {
        SPAN(""),
        SPAN("c2sp.org/tlog-proof@v1"),
        SPAN("c2sp.org/tlog-proof@v2\nindex 0\n\nrest"),
        SPAN(MAGIC),
        SPAN(MAGIC "index 0\n"),
        SPAN(MAGIC "index 0\n" HASH),
        SPAN(MAGIC "index 00\n\nrest"),
        SPAN(MAGIC "index 01\n\nrest"),
        SPAN(MAGIC "index\n\nrest"),
        SPAN(MAGIC "index \n\nrest"),
        SPAN(MAGIC "index -1\n\nrest"),
        SPAN(MAGIC "index 0 \n\nrest"),
        SPAN(MAGIC "index 0\nextra YWdl\n\nrest"),
        SPAN(MAGIC "extra \nindex 0\n\nrest"),
        SPAN(MAGIC "extra YWd\nindex 0\n\nrest"),
        SPAN(MAGIC "extra YWdl\nextra YWdl\nindex 0\n\nrest"),
        SPAN(MAGIC "index 0\n0mGQ\n\nrest"),
    };
    CLEANUP(buf_wipe) struct buf many = BUF_OF(8192);
    struct receipt r;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        if (receipt_parse(bad[i], &r) != AIU_FILE_INVALID) {
            fail_msg("accepted: %zu", i);
        }
    }
    assert_ok(buf_append(&many, SPAN_OF(MAGIC "index 0\n")));
    for (int i = 0; i < PROOF_MOST + 1; i++) {
        assert_ok(buf_append(&many, SPAN_OF(HASH)));
    }
    assert_ok(buf_append(&many, SPAN_OF("\nrest")));
    assert_status(receipt_parse(buf_span(&many), &r), AIU_FILE_INVALID);
}

TEST_MAIN(a_receipt_proves_its_entry_and_no_other, a_receipt_of_another_key_proves_nothing,
          extra_data_is_read_and_not_believed, anything_else_is_no_receipt)
