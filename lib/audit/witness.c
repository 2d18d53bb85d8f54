// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One file a log, named by the hash of its origin: the checkpoint that was cosigned last, with the
// log's signature and ours. It is replaced, durably, before the cosignature leaves; so after a
// crash the witness remembers at least what it has said.
#include "audit/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "audit/folder.h"
#include "secret/hash.h"

enum { HASH_HEX = 2 * SHA256_SIZE, US_A_SECOND = 1000000 };

static void hash_name(struct span origin, char out[HASH_HEX + 1])
{
    uint8_t digest[SHA256_SIZE];

    sha256(origin, digest);
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}

// The file

static enum aiu_status read_note(int folder, const char *name, struct buf *out)
{
    CLEANUP(folder_close_fd) int fd = -1;
    uint8_t *p = NULL;
    ssize_t n = 1;

    TRY(folder_open_file(folder, name, O_RDONLY | O_NONBLOCK, &fd));
    while (n != 0) {
        TRY(buf_reserve(out, 4096, &p));
        n = read(fd, p, 4096);
        if (n < 0 && errno != EINTR) {
            return folder_errno(errno);
        }
        buf_grow(out, n > 0 ? (size_t)n : 0);
    }
    return AIU_OK;
}

// What the witness remembers of a log; the empty tree where it knows nothing.
static enum aiu_status recall(int folder, const char *name, struct tree_head *ret_head)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST + 4096);
    const struct tree empty = {0};
    struct checkpoint c;
    struct note n;

    enum aiu_status st = read_note(folder, name, &note);
    if (st == AIU_FILE_NOT_FOUND) {
        *ret_head = (struct tree_head){0, tree_root(&empty)};
        return AIU_OK;
    }
    TRY(st);
    TRY(note_parse(buf_span(&note), &n));
    TRY(checkpoint_parse(n.text, &c));
    *ret_head = (struct tree_head){c.size, c.root};
    return AIU_OK;
}

// Judgement

struct submission {
    struct witness_request request;
    struct note note;
    struct checkpoint checkpoint;
    struct note_signers signers;
    struct trust known; // with the shard that the checkpoint is of
};

static bool knows(const struct trust *t, struct span origin)
{
    for (size_t i = 0; i < t->logs_count; i++) {
        if (span_equal(t->logs[i].name, origin)) {
            return true;
        }
    }
    return false;
}

// 200 where the request is well-formed and the log has signed.
static int read_submission(const struct witness_options *w, struct span body, struct submission *s)
{
    size_t origin_keys = 0;

    if (witness_request_parse(body, &s->request) != AIU_OK ||
        note_parse(s->request.checkpoint, &s->note) != AIU_OK ||
        checkpoint_parse(s->note.text, &s->checkpoint) != AIU_OK ||
        s->note.text.n > NOTE_COSIGNED_MOST) {
        return 400;
    }
    s->known = *w->trust;
    if (trust_add_shard(&s->known, s->checkpoint.origin) != AIU_OK) {
        return 500;
    }
    if (!knows(&s->known, s->checkpoint.origin)) {
        return 404;
    }
    // Only the keys of this origin count.
    for (size_t i = 0; i < s->known.logs_count; i++) {
        if (span_equal(s->known.logs[i].name, s->checkpoint.origin)) {
            s->known.logs[origin_keys++] = s->known.logs[i];
        }
    }
    if (note_verify(&s->note, s->known.logs, origin_keys, &s->signers) != AIU_OK) {
        return 403;
    }
    return s->request.old <= s->checkpoint.size ? 200 : 400;
}

// Text, then the log's own signatures and ours: what the monitor's address serves.
static enum aiu_status cosign(const struct witness_options *w, const struct submission *s,
                              struct buf *ret_line, struct buf *ret_note)
{
    struct note_signature signature;

    TRY(note_sign(&w->key, w->signer, s->note.text, w->clock.unix_us(w->clock.ctx) / US_A_SECOND,
                  ret_line));
    TRY(buf_append(ret_note, s->note.text));
    TRY(buf_append_byte(ret_note, '\n'));
    for (struct span rest = s->note.signatures; rest.n > 0;) {
        struct span all = rest;
        if (!note_next(&rest, &signature)) {
            return AIU_FILE_INVALID;
        }
        if (span_equal(signature.name, s->checkpoint.origin)) {
            TRY(buf_append(ret_note, span_first(all, all.n - rest.n)));
        }
    }
    return buf_append(ret_note, buf_span(ret_line));
}

static int judge(const struct witness_options *w, const struct submission *s, struct buf *out,
                 bool *ret_is_size)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    const struct tree_head newer = {s->checkpoint.size, s->checkpoint.root};
    struct tree_head older;
    char name[HASH_HEX + 1];

    hash_name(s->checkpoint.origin, name);
    if (recall(w->folder, name, &older) != AIU_OK) {
        return 500; // never as if nothing had been said
    }
    if (s->request.old != older.size) {
        *ret_is_size = true;
        return buf_printf(out, "%llu\n", (unsigned long long)older.size) == AIU_OK ? 409 : 500;
    }
    if (!proof_check_consistency(&s->request.proof, &older, &newer)) {
        return 422;
    }
    if (cosign(w, s, out, &note) != AIU_OK ||
        folder_replace(w->folder, name, buf_span(&note)) != AIU_OK) {
        buf_reset(out);
        return 500;
    }
    return 200;
}

void witness_add_checkpoint(const struct witness_options *w, struct span body,
                            struct witness_answer *answer)
{
    struct submission s = {.known = {.logs_count = 0}};

    *answer = (struct witness_answer){.body = BUF_OF(WITNESS_ANSWER_MOST)};
    answer->http_status = read_submission(w, body, &s);
    if (answer->http_status == 200) {
        answer->http_status = judge(w, &s, &answer->body, &answer->is_size);
    }
}

void witness_get_checkpoint(const struct witness_options *w, struct span origin_hash,
                            struct witness_answer *answer)
{
    char name[HASH_HEX + 1] = "";

    *answer = (struct witness_answer){.http_status = 404, .body = BUF_OF(NOTE_MOST + 4096)};
    if (origin_hash.n != HASH_HEX) {
        return;
    }
    for (size_t i = 0; i < origin_hash.n; i++) {
        uint8_t c = origin_hash.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return;
        }
        name[i] = (char)c;
    }
    enum aiu_status st = read_note(w->folder, name, &answer->body);
    answer->http_status = st == AIU_OK ? 200 : st == AIU_FILE_NOT_FOUND ? 404 : 500;
}
