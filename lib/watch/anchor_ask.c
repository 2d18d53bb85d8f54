// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One question to one witness, or two: where it remembers another size than we thought, it says so,
// and the proof is made from there.
#include "watch/anchor.h"

#include "audit/tile_source.h"
#include "audit/witness.h"
#include "net/once.h"

enum { ASK_MS = 5000 };

struct question {
    const struct anchor_witness *witness;
    struct span note;
    uint64_t size; // of the checkpoint
    struct proof_source tiles;
};

static enum aiu_status write_body(const struct question *q, uint64_t old, struct buf *body)
{
    struct witness_request r = {.old = old, .checkpoint = q->note};

    TRY(proof_consistency(&q->tiles, old, q->size, &r.proof));
    return witness_request_write(&r, body);
}

static enum aiu_status post(const struct question *q, uint64_t old, struct once_answer *answer)
{
    CLEANUP(buf_wipe) struct buf body = BUF_OF(WITNESS_REQUEST_MOST);
    static const struct http_field fields[] = {
        {SPAN("content-type"), SPAN("text/plain; charset=utf-8"), HTTP_CONTENT_TYPE}};

    TRY(write_body(q, old, &body));
    const struct once_request r = {
        .method = SPAN("POST"),
        .url = q->witness->url,
        .path = SPAN("/add-checkpoint"),
        .fields = fields,
        .field_count = ARRAY_SIZE(fields),
        .body = buf_span(&body),
        .ca_file = q->witness->ca_file,
        .allow_plaintext = q->witness->allow_plaintext,
        .timeout_ms = ASK_MS,
        .stop = q->witness->stop,
    };
    return once_run(&r, answer);
}

static enum aiu_status judge(const struct question *q, const struct once_answer *answer,
                             struct buf *lines)
{
    enum aiu_status st = AIU_OK;

    switch (answer->status) {
    case 200:
        st = witness_lines_take(buf_span(&answer->body), q->note, &q->witness->key, lines);
        return st == AIU_NOT_FOUND || st == AIU_FILE_INVALID ? AIU_PROVIDER_BAD_REPLY : st;
    case 403:
        return AIU_FORBIDDEN;
    case 404:
        return AIU_NOT_FOUND;
    case 409:
    case 422:
        return AIU_AUDIT_UNVERIFIED;
    default:
        return AIU_PROVIDER_BAD_REPLY;
    }
}

static enum aiu_status ask(const struct question *q, uint64_t *size, struct buf *lines)
{
    struct once_answer answer = {.body = BUF_OF(WITNESS_ANSWER_MOST)};
    uint64_t old = *size < q->size ? *size : q->size;
    enum aiu_status st = post(q, old, &answer);

    if (st == AIU_OK && answer.status == 409 &&
        witness_size_parse(buf_span(&answer.body), size) == AIU_OK && *size <= q->size) {
        buf_reset(&answer.body);
        st = post(q, *size, &answer);
    }
    if (st == AIU_OK) {
        st = judge(q, &answer, lines);
    }
    buf_wipe(&answer.body);
    if (st == AIU_OK) {
        *size = q->size;
    }
    return st;
}

enum aiu_status anchor_ask(const struct anchor_witness *w, int folder_fd, struct span note,
                           uint64_t *size, struct buf *lines)
{
    CLEANUP(tile_source_done) struct tile_source *source = NULL;
    struct question q = {.witness = w, .note = note};
    struct checkpoint c;
    struct note n;

    TRY(note_parse(note, &n));
    TRY(checkpoint_parse(n.text, &c));
    q.size = c.size;
    TRY(tile_source_open(folder_fd, c.size, &source));
    q.tiles = tile_source_proofs(source);
    return ask(&q, size, lines);
}
