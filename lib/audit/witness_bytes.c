// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The protocol's texts, strict: one way to write each.
#include "audit/witness.h"

#include "audit/proof_text.h"

enum aiu_status witness_request_parse(struct span body, struct witness_request *ret_request)
{
    const struct span old = SPAN("old ");
    struct witness_request r = {.old = 0};
    struct span line = {0};

    if (body.n > WITNESS_REQUEST_MOST || !span_cut(body, '\n', &line, &body) ||
        !span_starts_with(line, old) || !proof_text_number(span_drop_first(line, old.n), &r.old) ||
        !proof_text_take(&body, WITNESS_PROOF_MOST, &r.proof)) {
        return AIU_FILE_INVALID;
    }
    r.checkpoint = body;
    *ret_request = r;
    return AIU_OK;
}

enum aiu_status witness_request_write(const struct witness_request *r, struct buf *out)
{
    TRY(buf_printf(out, "old %llu\n", (unsigned long long)r->old));
    TRY(proof_text_append(&r->proof, out));
    return buf_append(out, r->checkpoint);
}

enum aiu_status witness_size_parse(struct span body, uint64_t *ret_size)
{
    return span_ends_with(body, SPAN_OF("\n")) &&
                   proof_text_number(span_drop_last(body, 1), ret_size)
               ? AIU_OK
               : AIU_FILE_INVALID;
}

enum aiu_status witness_lines_take(struct span answer, struct span checkpoint,
                                   const struct note_key *key, struct buf *out)
{
    struct note_signature s;
    struct note_signers signers;
    struct note n, lines;
    size_t before = out->n;

    TRY(note_parse(checkpoint, &n));
    if (answer.n == 0 || answer.n > WITNESS_ANSWER_MOST || answer.p[answer.n - 1] != '\n') {
        return AIU_FILE_INVALID;
    }
    lines = (struct note){.text = n.text};
    for (struct span rest = answer; rest.n > 0;) {
        struct span all = rest;
        if (!note_next(&rest, &s)) {
            return AIU_FILE_INVALID;
        }
        lines.signatures = span_first(all, all.n - rest.n);
        enum aiu_status st = note_verify(&lines, key, 1, &signers);
        if (st == AIU_AUDIT_UNVERIFIED || st == AIU_TOO_LONG) {
            return st;
        }
        if (st == AIU_OK && out->n == before) {
            TRY(buf_append(out, lines.signatures));
        }
    }
    return out->n > before ? AIU_OK : AIU_NOT_FOUND;
}
