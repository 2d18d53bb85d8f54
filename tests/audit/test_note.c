// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/note.h"

#include "audit/checkpoint.h"
#include "base/num.h"
#include "memory_tree.h"
#include "signing.h"

// The example of c2sp.org/signed-note.
static const struct span example_key =
    SPAN("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
static const struct span example_note = SPAN(
    "This is an example message.\n\n\xE2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n");

static enum aiu_status verify(struct span bytes, const struct note_key *keys, size_t count,
                              uint64_t *ret_mask)
{
    struct note n;
    struct note_signers signers;

    TRY(note_parse(bytes, &n));
    TRY(note_verify(&n, keys, count, &signers));
    *ret_mask = signers.keys;
    return AIU_OK;
}

static void the_example_of_the_specification_verifies(void **state)
{
    struct note_key key;
    CLEANUP(buf_wipe) struct buf again = BUF_OF(NOTE_KEY_TEXT_MOST);
    uint64_t mask = 0;

    (void)state;
    assert_ok(secret_init_process(true));
    assert_ok(note_key_parse(example_key, &key));
    assert_int_equal(key.id, 0x530d903a);
    assert_ok(verify(example_note, &key, 1, &mask));
    assert_int_equal(mask, 1);
    assert_ok(note_key_write(&key, &again));
    assert_span("vkey", buf_span(&again), example_key);
}

// The text of a JSON string of the vectors, "\n" being its only escape.
static struct span unescaped(struct span text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        bool escape = text.p[i] == '\\';
        assert_ok(buf_append_byte(out, escape ? '\n' : text.p[i]));
        i += escape;
    }
    return buf_span(out);
}

// S62: byte for byte what an independent generator made of the same seeds and entries.
static void the_checkpoint_is_that_of_the_shared_vectors(void **state)
{
    struct span file = test_read_file(test_shared("conformance/audit-vectors/vectors.json"));
    CLEANUP(sign_key_done) struct sign_key *log = key_of_seed(0);
    CLEANUP(sign_key_done) struct sign_key *witness = key_of_seed(32);
    CLEANUP(buf_wipe) struct buf wanted = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf made = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf vkey = BUF_OF(4096);
    struct checkpoint c = {.origin = vector_string(file, "origin"), .size = 70000};
    const struct note_key keys[] = {named_key("audit.example.com/gw1", NOTE_SIGNATURE, log),
                                    named_key("witness.example.com/w1", NOTE_COSIGNATURE, witness)};
    struct note n;
    struct note_signers signers;

    (void)state;
    assert_true(num_base64_read(vector_string(file, "70000"), c.root.bytes, TREE_HASH_SIZE));
    assert_ok(checkpoint_sign(&keys[0], log, &c, &made));
    size_t text = span_find_span(buf_span(&made), SPAN_OF("\n\n")) + 1;
    assert_ok(note_sign(&keys[1], witness, span_of(made.p, text), 1767225600, &made));
    assert_span("checkpoint", buf_span(&made),
                unescaped(vector_string(file, "checkpoint"), &wanted));
    assert_ok(note_key_write(&keys[0], &vkey));
    assert_span("vkey", buf_span(&vkey), vector_string(file, "vkey"));
    buf_reset(&vkey);
    assert_ok(note_key_write(&keys[1], &vkey));
    assert_span("witness", buf_span(&vkey), vector_string(file, "witness_vkey"));
    assert_ok(note_parse(buf_span(&made), &n));
    assert_ok(note_verify(&n, keys, 2, &signers));
    assert_int_equal(signers.keys, 3);
    assert_int_equal(signers.times[1], 1767225600);
    mem_free((void *)(uintptr_t)file.p);
}

static void what_is_not_written_as_a_note_is_refused(void **state)
{
#define LINE                                                                                       \
    "\xE2\x80\x94 example.com/foo "                                                                \
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    static const struct span bad[] = {
        SPAN(""),
        SPAN("text\n"),
        SPAN("text\n\n"),
        SPAN("text" LINE "\n"),
        SPAN("text\n" LINE "\n"),
        SPAN("text\n\n" LINE),
        SPAN("text\n\n" LINE "\n\n"),
        SPAN("text\n\n" LINE "\nmore\n"),
        SPAN("te\txt\n\n" LINE "\n"),
        SPAN("te\rxt\n\n" LINE "\n"),
        SPAN("te\0xt\n\n" LINE "\n"),
        SPAN("te\xFFxt\n\n" LINE "\n"),
        SPAN("\n" LINE "\n"),
        SPAN("text\n\n- example.com/foo Uw2QOkn8\n"),
        SPAN("text\n\n\xE2\x80\x94 example.com/foo\n"),
        SPAN("text\n\n\xE2\x80\x94 example.com/foo \n"),
        SPAN("text\n\n\xE2\x80\x94  Uw2QOkn8\n"),
        SPAN("text\n\n\xE2\x80\x94 a+b Uw2QOkn8\n"),
        SPAN("text\n\n\xE2\x80\x94 a\xE2\x80\x83z Uw2QOkn8\n"),
        SPAN("text\n\n\xE2\x80\x94 a Uw2QOk\n"),
        SPAN("text\n\n\xE2\x80\x94 a Uw2QOg==\n"), // a key id and nothing behind it
        SPAN("text\n\n\xE2\x80\x94 a Uw2QOkn9= \n"),
        SPAN("text\n\n\xE2\x80\x94 a Uw2Q*kn8\n"),
        SPAN("text\n\n\xE2\x80\x94 a Uw2QOkn=\n"), // a loose bit
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct note n;
        if (note_parse(bad[i], &n) != AIU_FILE_INVALID) {
            fail_msg("accepted: %zu", i);
        }
    }
}

static void an_empty_line_in_the_text_belongs_to_the_text(void **state)
{
    struct note n;

    (void)state;
    assert_ok(note_parse(SPAN_OF("a\n\n" LINE "\nb\n\n" LINE "\n"), &n));
    assert_span("text", n.text, SPAN_OF("a\n\n" LINE "\nb\n"));
    assert_ok(note_parse(SPAN_OF("\n\n" LINE "\n"), &n));
    assert_span("text", n.text, SPAN_OF("\n"));
}

static void keys_that_are_not_written_right_are_refused(void **state)
{
    static const struct span bad[] = {
        SPAN(""),
        SPAN("example.com/foo"),
        SPAN("example.com/foo+530d903a"),
        SPAN("example.com/foo+530d903a+"),
        SPAN("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        SPAN("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        SPAN("example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        SPAN("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2"),
        SPAN("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAAAA"),
        SPAN("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n"),
        SPAN("example com+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        SPAN("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
    };
    struct note_key key;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_status(note_key_parse(bad[i], &key), AIU_FILE_INVALID);
    }
    assert_status(
        note_key_parse(SPAN_OF("a+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), &key),
        AIU_UNSUPPORTED);
}

// Sign `text` with `count` keys of one name.
static void sign_by_many(struct span text, const struct note_key *keys,
                         struct sign_key *const *signers, size_t count, struct buf *out)
{
    assert_ok(buf_append(out, text));
    assert_ok(buf_append_byte(out, '\n'));
    for (size_t i = 0; i < count; i++) {
        assert_ok(note_sign(&keys[i], signers[i], text, 1000 + i, out));
    }
}

static void as_many_as_64_signatures_are_taken_and_strangers_are_ignored(void **state)
{
    struct sign_key *signers[NOTE_SIGNATURES_MOST];
    struct note_key keys[NOTE_SIGNATURES_MOST];
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    uint64_t mask = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        signers[i] = key_of_seed((uint8_t)(3 * i));
        keys[i] =
            named_key("log.example/1", i % 2 == 0 ? NOTE_SIGNATURE : NOTE_COSIGNATURE, signers[i]);
    }
    sign_by_many(SPAN_OF("a text\n"), keys, signers, ARRAY_SIZE(keys), &note);
    assert_ok(verify(buf_span(&note), keys, ARRAY_SIZE(keys), &mask));
    assert_true(mask == UINT64_MAX);
    assert_ok(verify(buf_span(&note), keys + 17, 1, &mask));
    assert_ok(note_sign(&keys[0], signers[0], SPAN_OF("a text\n"), 0, &note));
    assert_status(verify(buf_span(&note), keys, 1, &mask), AIU_FILE_INVALID); // the 65th
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        sign_key_free(signers[i]);
    }
}

static void a_stranger_with_the_same_name_or_the_same_id_is_a_stranger(void **state)
{
    CLEANUP(sign_key_done) struct sign_key *ours = key_of_seed(0);
    CLEANUP(sign_key_done) struct sign_key *theirs = key_of_seed(100);
    struct note_key known = named_key("log.example/1", NOTE_SIGNATURE, ours);
    struct note_key same_name = named_key("log.example/1", NOTE_SIGNATURE, theirs);
    struct note_key same_id = named_key("log.example/2", NOTE_SIGNATURE, theirs);
    struct note_key forged = same_name;
    uint64_t mask = 0;

    (void)state;
    same_id.id = known.id;
    forged.id = known.id;
    const struct note_key strangers[] = {same_name, same_id};
    for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
        CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
        sign_by_many(SPAN_OF("a text\n"), &strangers[i], &theirs, 1, &note);
        assert_status(verify(buf_span(&note), &known, 1, &mask), AIU_NOT_FOUND);
        assert_ok(note_sign(&known, ours, SPAN_OF("a text\n"), 0, &note));
        assert_ok(verify(buf_span(&note), &known, 1, &mask));
        // In the name of a known key, but not by it: the note is rejected, good signature or not.
        assert_ok(note_sign(&forged, theirs, SPAN_OF("a text\n"), 0, &note));
        assert_status(verify(buf_span(&note), &known, 1, &mask), AIU_AUDIT_UNVERIFIED);
    }
}

static void a_cosignature_is_bound_to_its_time_and_text(void **state)
{
    CLEANUP(sign_key_done) struct sign_key *witness = key_of_seed(32);
    struct note_key key = named_key("w.example/1", NOTE_COSIGNATURE, witness);
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    uint64_t mask = 0;

    (void)state;
    sign_by_many(SPAN_OF("a text\n"), &key, &witness, 1, &note);
    assert_ok(verify(buf_span(&note), &key, 1, &mask));
    // One second later: the twelfth byte of the signature, the last of the time.
    size_t at = span_find_span(buf_span(&note), SPAN_OF("w.example/1 ")) + 12;
    note.p[at + 15] ^= 1;
    assert_true(verify(buf_span(&note), &key, 1, &mask) != AIU_OK);
    note.p[at + 15] ^= 1;
    note.p[0] = 'A';
    assert_status(verify(buf_span(&note), &key, 1, &mask), AIU_AUDIT_UNVERIFIED);
    // The log's own kind of signature by the same key is not a cosignature.
    struct note_key plain = named_key("w.example/1", NOTE_SIGNATURE, witness);
    assert_int_not_equal(plain.id, key.id);
}

TEST_MAIN(the_example_of_the_specification_verifies, the_checkpoint_is_that_of_the_shared_vectors,
          what_is_not_written_as_a_note_is_refused, an_empty_line_in_the_text_belongs_to_the_text,
          keys_that_are_not_written_right_are_refused,
          as_many_as_64_signatures_are_taken_and_strangers_are_ignored,
          a_stranger_with_the_same_name_or_the_same_id_is_a_stranger,
          a_cosignature_is_bound_to_its_time_and_text)
