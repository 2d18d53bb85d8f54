// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The protocol's texts, strict: one way to write each.
#include "audit/witness.h"

#include "base/num.h"

enum { HASH_TEXT = NUM_BASE64_SIZE(TREE_HASH_SIZE) };

static bool read_size(struct span digits, uint64_t *ret_size)
{
    return digits.n > 0 && (digits.n == 1 || digits.p[0] != '0') &&
           num_parse_u64(digits, UINT64_MAX, ret_size) == AIU_OK;
}

enum aiu_status witness_request_parse(struct span body, struct witness_request *ret_request)
{
    const struct span old = SPAN("old ");
    struct witness_request r = {.old = 0};
    struct span line = {0};

    if (body.n > WITNESS_REQUEST_MOST || !span_cut(body, '\n', &line, &body) ||
        !span_starts_with(line, old) || !read_size(span_drop_first(line, old.n), &r.old)) {
        return AIU_FILE_INVALID;
    }
    for (;;) {
        if (!span_cut(body, '\n', &line, &body)) {
            return AIU_FILE_INVALID;
        }
        if (line.n == 0) {
            break;
        }
        if (r.proof.count == WITNESS_PROOF_MOST ||
            !num_base64_read(line, r.proof.path[r.proof.count++].bytes, TREE_HASH_SIZE)) {
            return AIU_FILE_INVALID;
        }
    }
    r.checkpoint = body;
    *ret_request = r;
    return AIU_OK;
}

enum aiu_status witness_request_write(const struct witness_request *r, struct buf *out)
{
    TRY(buf_printf(out, "old %llu\n", (unsigned long long)r->old));
    for (size_t i = 0; i < r->proof.count; i++) {
        uint8_t text[HASH_TEXT];
        num_base64_write(span_of(r->proof.path[i].bytes, TREE_HASH_SIZE), text);
        TRY(buf_append(out, span_of(text, sizeof(text))));
        TRY(buf_append_byte(out, '\n'));
    }
    TRY(buf_append_byte(out, '\n'));
    return buf_append(out, r->checkpoint);
}

enum aiu_status witness_size_parse(struct span body, uint64_t *ret_size)
{
    return span_ends_with(body, SPAN_OF("\n")) && read_size(span_drop_last(body, 1), ret_size)
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
