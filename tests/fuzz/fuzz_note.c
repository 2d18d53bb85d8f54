// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Bytes that somebody else wrote as a note, checkpoint, receipt, policy, key, tile path or request
// to a witness are read without harm, and what is accepted is the one way to write it: written
// again, it is the same. The first byte says which; the rest is the text.
#include "audit/receipt.h"
#include "audit/tile.h"
#include "audit/trust.h"
#include "audit/witness.h"
#include "base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // libFuzzer's name for it

static void read_note(struct span text)
{
    struct note n;
    struct note_signature s;
    struct note_signers signers;
    struct checkpoint c;
    size_t lines = 0;
    struct trust t;
    struct trust_verdict verdict;
    struct note_key key;

    if (note_parse(text, &n) != AIU_OK) {
        return;
    }
    CHECK(n.text.n + 1 + n.signatures.n == text.n && n.count <= NOTE_SIGNATURES_MOST);
    for (struct span rest = n.signatures; note_next(&rest, &s); lines++) {
        CHECK(note_name_valid(s.name));
        // A key of that name and id: its signature is looked at, and is not right.
        const uint8_t nobody[SIGN_PUBLIC_SIZE] = {0};
        CHECK(note_key_init(&key, s.name, NOTE_COSIGNATURE, nobody) == AIU_OK);
        key.id = s.id;
        CHECK(note_verify(&n, &key, 1, &signers) != AIU_OK);
    }
    CHECK(lines == n.count);
    CHECK(note_key_parse(
              SPAN_OF("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
              &key) == AIU_OK);
    trust_of_key(&t, &key);
    IGNORE(trust_open(&t, text, &c, &verdict)); // any answer will do
}

static void read_checkpoint(struct span text)
{
    struct checkpoint c;
    CLEANUP(buf_wipe) struct buf again = BUF_OF(CHECKPOINT_MOST);

    if (checkpoint_parse(text, &c) == AIU_OK && checkpoint_write(&c, &again) == AIU_OK) {
        CHECK(buf_append(&again, c.extensions) == AIU_OK);
        CHECK(span_equal(buf_span(&again), text));
    }
}

static void read_receipt(struct span text)
{
    struct receipt r;
    CLEANUP(buf_wipe) struct buf again = BUF_OF(RECEIPT_MOST);

    if (receipt_parse(text, &r) == AIU_OK && !r.has_extra) {
        CHECK(receipt_write(&r, &again) == AIU_OK);
        CHECK(span_equal(buf_span(&again), text));
    }
}

static void read_policy(struct span text)
{
    struct trust t;
    size_t line = 0;

    if (trust_parse(text, &t, &line) == AIU_OK) {
        CHECK(trust_quorum(&t, UINT64_MAX)); // all of them are always enough
        CHECK(trust_quorum(&t, 0) == (t.quorum == TRUST_NONE));
    }
}

static void read_key(struct span text)
{
    struct note_key key;
    CLEANUP(buf_wipe) struct buf again = BUF_OF(NOTE_KEY_TEXT_MOST);

    if (note_key_parse(text, &key) == AIU_OK) {
        CHECK(note_key_write(&key, &again) == AIU_OK);
        CHECK(span_equal(buf_span(&again), text));
    }
}

static void read_path(struct span text)
{
    struct tile t;
    char again[TILE_PATH_SIZE];

    if (tile_path_read(text, &t)) {
        tile_path(&t, again);
        CHECK(span_equal(span_str(again), text));
    }
}

static void read_request(struct span text)
{
    struct witness_request r;
    CLEANUP(buf_wipe) struct buf again = BUF_OF(2 * WITNESS_REQUEST_MOST);

    if (witness_request_parse(text, &r) == AIU_OK) {
        CHECK(r.proof.count <= WITNESS_PROOF_MOST);
        CHECK(witness_request_write(&r, &again) == AIU_OK);
        CHECK(span_equal(buf_span(&again), text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct span) = {
        read_note, read_checkpoint, read_receipt, read_policy, read_key, read_path, read_request};
    static const char letters[] = "ncrpktw";

    CHECK(secret_init_process(true) == AIU_OK);
    for (size_t i = 0; size > 0 && i < ARRAY_SIZE(readers); i++) {
        if (data[0] == (uint8_t)letters[i]) {
            readers[i](span_of(data + 1, size - 1));
        }
    }
    return 0;
}
