// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S62: a witness cosigns what continues the log that it saw, and nothing else.
#include "audit/witness.h"

#include "published.h"
#include "secret/hash.h"

enum { SIZE = 300 };

struct world {
    const char *folder;
    struct row row, other; // `other` differs from entry 50 on
    struct memory_tree tree, other_tree;
    struct sign_key *log, *key;
    struct note_key log_key;
    struct trust trust;
    struct witness_options witness;
    uint64_t unix_us;
};

static uint64_t now(void *ctx)
{
    return ((struct world *)ctx)->unix_us;
}

static void world_init(struct world *w)
{
    w->folder = test_new_folder();
    row_init(&w->row, SIZE, SIZE);
    row_init(&w->other, SIZE, SIZE);
    row_edit(&w->other, 50);
    memory_tree_of_row(&w->tree, &w->row, SIZE);
    memory_tree_of_row(&w->other_tree, &w->other, SIZE);
    w->log = key_of_seed(0);
    w->key = key_of_seed(32);
    w->log_key = named_key(LOG_ORIGIN, NOTE_SIGNATURE, w->log);
    trust_of_key(&w->trust, &w->log_key);
    w->unix_us = 1767225600 * (uint64_t)1000000 + 5;
    w->witness = (struct witness_options){
        .folder = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .key = named_key("w.example/1", NOTE_COSIGNATURE, w->key),
        .signer = w->key,
        .trust = &w->trust,
        .clock = {now, now, w},
    };
}

static void world_done(struct world *w)
{
    (void)close(w->witness.folder);
    test_remove_folder(w->folder);
    row_done(&w->row);
    row_done(&w->other);
    memory_tree_done(&w->tree);
    memory_tree_done(&w->other_tree);
    sign_key_free(w->log);
    sign_key_free(w->key);
}

// Ask for a cosignature on `size` entries of a row, proved from `proved`, said to go on from `old`.
struct ask {
    uint64_t old, proved, size;
    bool other;
    const struct sign_key *signer; // NULL: the log's
    const char *origin;            // NULL: the log's
};

static void write_ask(struct world *w, const struct ask *a, struct buf *note, struct buf *body)
{
    const char *origin = a->origin == NULL ? LOG_ORIGIN : a->origin;
    const struct sign_key *signer = a->signer == NULL ? w->log : a->signer;
    const struct row *row = a->other ? &w->other : &w->row;
    const struct note_key key = named_key(origin, NOTE_SIGNATURE, signer);
    const struct checkpoint c = {span_str(origin), a->size, root_of_row(row, a->size), {0}};
    struct proof_source source = memory_tree_source(a->other ? &w->other_tree : &w->tree);
    struct witness_request r = {.old = a->old};

    assert_ok(checkpoint_sign(&key, signer, &c, note));
    assert_ok(proof_consistency(&source, a->proved, a->size, &r.proof));
    r.checkpoint = buf_span(note);
    assert_ok(witness_request_write(&r, body));
}

static int ask(struct world *w, const struct ask *a, struct buf *ret_answer)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    CLEANUP(buf_wipe) struct buf body = BUF_OF(WITNESS_REQUEST_MOST);
    struct witness_answer answer;

    write_ask(w, a, &note, &body);
    witness_add_checkpoint(&w->witness, buf_span(&body), &answer);
    buf_reset(ret_answer);
    assert_ok(buf_append(ret_answer, buf_span(&answer.body)));
    buf_wipe(&answer.body);
    return answer.http_status;
}

#define assert_answer(w, status, ...)                                                              \
    assert_int_equal(ask((w), &(const struct ask){__VA_ARGS__}, &answer), (status))

static void what_continues_the_log_is_cosigned(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf answer = BUF_OF(WITNESS_ANSWER_MOST);
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    CLEANUP(buf_wipe) struct buf lines = BUF_OF(NOTE_MOST);
    struct note n;
    struct note_signers signers;

    (void)state;
    world_init(&w);
    assert_answer(&w, 200, .old = 0, .proved = 0, .size = 10);
    assert_answer(&w, 200, .old = 10, .proved = 10, .size = 100);
    assert_answer(&w, 200, .old = 100, .proved = 100, .size = 100); // the same again
    assert_answer(&w, 200, .old = 100, .proved = 100, .size = SIZE);
    sign_row(&w.row, SIZE, w.log, &note);
    assert_ok(witness_lines_take(buf_span(&answer), buf_span(&note), &w.witness.key, &lines));
    assert_ok(buf_append(&note, buf_span(&lines)));
    assert_ok(note_parse(buf_span(&note), &n));
    assert_ok(note_verify(&n, &w.witness.key, 1, &signers));
    assert_int_equal(signers.times[0], 1767225600);
}

static void what_does_not_is_refused_and_changes_nothing(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf answer = BUF_OF(WITNESS_ANSWER_MOST);
    CLEANUP(sign_key_done) struct sign_key *stranger = key_of_seed(99);

    (void)state;
    world_init(&w);
    assert_answer(&w, 200, .old = 0, .proved = 0, .size = 100);
    assert_answer(&w, 422, .old = 100, .proved = 100, .size = 200, .other = true); // a fork
    assert_answer(&w, 422, .old = 100, .proved = 100, .size = 100, .other = true);
    assert_answer(&w, 422, .old = 100, .proved = 99, .size = 200); // another proof
    assert_answer(&w, 409, .old = 0, .proved = 0, .size = 200);    // as if for the first time
    assert_span("size", buf_span(&answer), SPAN_OF("100\n"));
    assert_answer(&w, 409, .old = 50, .proved = 50, .size = 60); // back in time
    assert_answer(&w, 400, .old = 200, .proved = 0, .size = 100);
    assert_answer(&w, 403, .old = 100, .proved = 100, .size = 200, .signer = stranger);
    assert_answer(&w, 404, .old = 0, .proved = 0, .size = 5, .origin = "log.example/2");
    assert_answer(&w, 200, .old = 100, .proved = 100, .size = 200);
}

static void a_first_proof_must_be_empty(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf answer = BUF_OF(WITNESS_ANSWER_MOST);

    (void)state;
    world_init(&w);
    assert_answer(&w, 422, .old = 0, .proved = 3, .size = 100);
    assert_answer(&w, 200, .old = 0, .proved = 0, .size = 0); // an empty log
    assert_answer(&w, 200, .old = 0, .proved = 0, .size = 3);
}

static void each_month_of_a_log_is_a_log_of_its_own(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf answer = BUF_OF(WITNESS_ANSWER_MOST);

    (void)state;
    world_init(&w);
    assert_answer(&w, 200, .old = 0, .size = 100, .origin = LOG_ORIGIN "/2026-11");
    assert_answer(&w, 200, .old = 0, .size = 10, .origin = LOG_ORIGIN "/2026-12");
    assert_answer(&w, 409, .old = 0, .size = 200, .origin = LOG_ORIGIN "/2026-11");
    assert_answer(&w, 404, .old = 0, .size = 200, .origin = LOG_ORIGIN "/2026-1");
}

static void it_remembers_across_restarts_or_says_nothing(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf answer = BUF_OF(WITNESS_ANSWER_MOST);
    struct witness_answer got;
    char command[PATH_SIZE * 2];

    (void)state;
    world_init(&w);
    assert_answer(&w, 200, .old = 0, .size = 100);
    // Nothing but the folder carries over from one call to the next.
    assert_answer(&w, 409, .old = 0, .size = 100);
    // The file cannot be read as a checkpoint: 500, never as if nothing had been said.
    (void)snprintf(command, sizeof(command), "for f in '%s'/*; do echo nonsense >\"$f\"; done",
                   w.folder);
    assert_int_equal(system(command), 0);
    assert_answer(&w, 500, .old = 0, .size = 100);
    witness_get_checkpoint(&w.witness, SPAN_OF("nonsense"), &got);
    assert_int_equal(got.http_status, 404);
}

static void hex_of(struct span text, char out[65])
{
    uint8_t digest[32];

    sha256(text, digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}

static void monitors_get_the_newest_checkpoint_with_both_signatures(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf answer = BUF_OF(WITNESS_ANSWER_MOST);
    struct witness_answer got;
    struct note n;
    struct note_signers signers;
    char hash[65];

    (void)state;
    world_init(&w);
    hex_of(SPAN_OF(LOG_ORIGIN), hash);
    witness_get_checkpoint(&w.witness, span_str(hash), &got);
    assert_int_equal(got.http_status, 404);
    assert_answer(&w, 200, .old = 0, .size = 100);
    witness_get_checkpoint(&w.witness, span_str(hash), &got);
    assert_int_equal(got.http_status, 200);
    assert_ok(note_parse(buf_span(&got.body), &n));
    const struct note_key keys[] = {w.log_key, w.witness.key};
    assert_ok(note_verify(&n, keys, 2, &signers));
    assert_int_equal(signers.keys, 3);
    buf_wipe(&got.body);
    witness_get_checkpoint(&w.witness,
                           SPAN_OF("../../../../../../../../../../../../../../../../../"
                                   "../../etc/passwd0000"),
                           &got);
    assert_int_equal(got.http_status, 404);
}

static void malformed_requests_are_told(void **state)
{
#define HASH "0mGQvNeWHnAiDXNJugjl5NjjdByXldJBfOn4RJPMexw=\n"
    static const struct span bad[] = {
        SPAN(""),
        SPAN("old 0\n"),
        SPAN("old 0"),
        SPAN("old\n\nnote"),
        SPAN("old \n\nnote"),
        SPAN("old 00\n\nnote"),
        SPAN("old 01\n\nnote"),
        SPAN("old -1\n\nnote"),
        SPAN("old 1 \n\nnote"),
        SPAN("Old 1\n\nnote"),
        SPAN("old 1\nnonsense\n\nnote"),
        SPAN("old 1\n" HASH),
        SPAN("old 18446744073709551616\n\nnote"),
    };
    CLEANUP(buf_wipe) struct buf many = BUF_OF(8192);
    struct witness_request r;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        if (witness_request_parse(bad[i], &r) != AIU_FILE_INVALID) {
            fail_msg("accepted: %zu", i);
        }
    }
    assert_ok(buf_append(&many, SPAN_OF("old 1\n")));
    for (int i = 0; i < WITNESS_PROOF_MOST + 1; i++) {
        assert_ok(buf_append(&many, SPAN_OF(HASH)));
    }
    assert_ok(buf_append(&many, SPAN_OF("\nnote")));
    assert_status(witness_request_parse(buf_span(&many), &r), AIU_FILE_INVALID);
}

static void only_the_lines_of_the_known_witness_are_taken(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    CLEANUP(buf_wipe) struct buf answer = BUF_OF(NOTE_MOST);
    CLEANUP(buf_wipe) struct buf lines = BUF_OF(NOTE_MOST);
    CLEANUP(sign_key_done) struct sign_key *stranger = key_of_seed(99);
    uint64_t size = 0;

    (void)state;
    world_init(&w);
    sign_row(&w.row, 100, w.log, &note);
    struct span text =
        span_first(buf_span(&note), span_find_span(buf_span(&note), SPAN_OF("\n\n")) + 1);
    const struct note_key other = named_key("w.example/2", NOTE_COSIGNATURE, stranger);
    struct note_key forged = w.witness.key;
    assert_ok(note_sign(&other, stranger, text, 5, &answer));
    assert_status(witness_lines_take(buf_span(&answer), buf_span(&note), &w.witness.key, &lines),
                  AIU_NOT_FOUND);
    assert_ok(note_sign(&w.witness.key, w.key, text, 5, &answer));
    assert_ok(witness_lines_take(buf_span(&answer), buf_span(&note), &w.witness.key, &lines));
    assert_true(span_ends_with(buf_span(&answer), buf_span(&lines)));
    assert_ok(note_sign(&forged, stranger, text, 5, &answer));
    buf_reset(&lines);
    assert_status(witness_lines_take(buf_span(&answer), buf_span(&note), &w.witness.key, &lines),
                  AIU_AUDIT_UNVERIFIED);
    assert_status(
        witness_lines_take(SPAN_OF("nonsense\n"), buf_span(&note), &w.witness.key, &lines),
        AIU_FILE_INVALID);
    assert_ok(witness_size_parse(SPAN_OF("100\n"), &size));
    assert_int_equal(size, 100);
    assert_status(witness_size_parse(SPAN_OF("100"), &size), AIU_FILE_INVALID);
    assert_status(witness_size_parse(SPAN_OF("0100\n"), &size), AIU_FILE_INVALID);
}

TEST_MAIN(what_continues_the_log_is_cosigned, what_does_not_is_refused_and_changes_nothing,
          a_first_proof_must_be_empty, each_month_of_a_log_is_a_log_of_its_own,
          it_remembers_across_restarts_or_says_nothing,
          monitors_get_the_newest_checkpoint_with_both_signatures, malformed_requests_are_told,
          only_the_lines_of_the_known_witness_are_taken)
