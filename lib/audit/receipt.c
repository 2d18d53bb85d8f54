// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/receipt.h"

#include "audit/proof_text.h"
#include "audit/trust.h"
#include "base/num.h"

static const struct span magic = SPAN("c2sp.org/tlog-proof@v1");

static bool is_base64(struct span text)
{
    uint8_t bytes[3];

    if (text.n == 0 || text.n % 4 != 0 || text.n > NUM_BASE64_SIZE(RECEIPT_EXTRA_MOST)) {
        return false;
    }
    for (; text.n > 4; text = span_drop_first(text, 4)) {
        if (!num_base64_read(span_first(text, 4), bytes, 3)) {
            return false;
        }
    }
    return num_base64_read(text, bytes, 3) || num_base64_read(text, bytes, 2) ||
           num_base64_read(text, bytes, 1);
}

static bool take_index(struct span line, uint64_t *ret_index)
{
    const struct span word = SPAN("index ");

    return span_starts_with(line, word) &&
           proof_text_number(span_drop_first(line, word.n), ret_index);
}

enum aiu_status receipt_parse(struct span bytes, struct receipt *ret_receipt)
{
    const struct span extra = SPAN("extra ");
    struct receipt r = {.index = 0};
    struct span line = {0};

    if (bytes.n > RECEIPT_MOST || !span_cut(bytes, '\n', &line, &bytes) ||
        !span_equal(line, magic) || !span_cut(bytes, '\n', &line, &bytes)) {
        return AIU_FILE_INVALID;
    }
    r.has_extra = span_starts_with(line, extra);
    if (r.has_extra) {
        r.extra = span_drop_first(line, extra.n);
        if (!is_base64(r.extra) || !span_cut(bytes, '\n', &line, &bytes)) {
            return AIU_FILE_INVALID;
        }
    }
    if (!take_index(line, &r.index) || !proof_text_take(&bytes, PROOF_MOST, &r.proof)) {
        return AIU_FILE_INVALID;
    }
    r.checkpoint = bytes;
    *ret_receipt = r;
    return AIU_OK;
}

enum aiu_status receipt_write(const struct receipt *r, struct buf *out)
{
    TRY(buf_append(out, magic));
    TRY(buf_printf(out, "\nindex %llu\n", (unsigned long long)r->index));
    TRY(proof_text_append(&r->proof, out));
    return buf_append(out, r->checkpoint);
}

enum aiu_status receipt_verify(const struct receipt *r, const struct note_key *key,
                               struct span entry, struct checkpoint *ret_checkpoint)
{
    struct tree_hash leaf = tree_leaf(entry);
    struct trust_verdict verdict;
    struct trust trust;
    struct checkpoint c;
    struct note n;

    trust_of_key(&trust, key);
    TRY(note_parse(r->checkpoint, &n));
    TRY(checkpoint_parse(n.text, &c));
    TRY(trust_add_shard(&trust, c.origin));
    TRY(trust_open(&trust, r->checkpoint, &c, &verdict));
    if (!proof_check_inclusion(&r->proof, r->index, c.size, &leaf, &c.root)) {
        return AIU_AUDIT_UNVERIFIED;
    }
    *ret_checkpoint = c;
    return AIU_OK;
}
