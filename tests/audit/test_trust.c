// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/trust.h"

#include "signing.h"

enum { WITNESSES = 6 };

// A log, six witnesses, and the policy of the specification's example: two of X1 to X3 and one of
// Y1 to Y3.
struct world {
    struct sign_key *log, *witnesses[WITNESSES];
    struct note_key log_key, witness_keys[WITNESSES];
    struct buf policy;
    struct trust trust;
};

static void append(struct buf *b, const char *text)
{
    assert_ok(buf_append(b, span_str(text)));
}

static void world_init(struct world *w)
{
    static const char *const names[WITNESSES] = {"X1", "X2", "X3", "Y1", "Y2", "Y3"};
    size_t line = 0;

    buf_init(&w->policy, TRUST_FILE_MOST);
    w->log = key_of_seed(0);
    w->log_key = named_key("log.example/1", NOTE_SIGNATURE, w->log);
    append(&w->policy, "# a comment\n\n  log ");
    append_vkey(&w->log_key, &w->policy);
    append(&w->policy, "\thttps://log.example/1 \n");
    for (size_t i = 0; i < WITNESSES; i++) {
        w->witnesses[i] = key_of_seed((uint8_t)(40 + i));
        w->witness_keys[i] = named_key(names[i], NOTE_COSIGNATURE, w->witnesses[i]);
        append(&w->policy, "witness ");
        append(&w->policy, names[i]);
        append(&w->policy, " ");
        append_vkey(&w->witness_keys[i], &w->policy);
        append(&w->policy, "\n");
    }
    append(&w->policy, "group X 2 X1 X2 X3\ngroup Y any Y1 Y2 Y3\ngroup both all X Y\n"
                       "quorum both\n");
    assert_ok(trust_parse(buf_span(&w->policy), &w->trust, &line));
}

static void world_done(struct world *w)
{
    sign_key_free(w->log);
    for (size_t i = 0; i < WITNESSES; i++) {
        sign_key_free(w->witnesses[i]);
    }
    buf_wipe(&w->policy);
}

static void quorums_are_counted_by_groups(void **state)
{
    CLEANUP(world_done) struct world w;

    (void)state;
    world_init(&w);
    for (uint64_t who = 0; who < 1U << WITNESSES; who++) {
        bool enough = __builtin_popcountll(who & 7) >= 2 && (who & 070) != 0;
        assert_int_equal(trust_quorum(&w.trust, who), enough);
    }
    assert_span("url", w.trust.log_urls[0], SPAN_OF("https://log.example/1"));
}

static enum aiu_status open_signed_by(struct world *w, uint64_t who, struct trust_verdict *verdict)
{
    const struct checkpoint c = {.origin = SPAN("log.example/1"), .size = 5};
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    struct checkpoint got;

    assert_ok(checkpoint_sign(&w->log_key, w->log, &c, &note));
    size_t text = span_find_span(buf_span(&note), SPAN_OF("\n\n")) + 1;
    for (size_t i = 0; i < WITNESSES; i++) {
        if ((who >> i & 1) != 0) {
            assert_ok(note_sign(&w->witness_keys[i], w->witnesses[i], span_of(note.p, text),
                                1000 + i, &note));
        }
    }
    return trust_open(&w->trust, buf_span(&note), &got, verdict);
}

// S62: with a policy, the log's own word is not enough.
static void a_checkpoint_needs_its_quorum(void **state)
{
    CLEANUP(world_done) struct world w;
    struct trust_verdict verdict;

    (void)state;
    world_init(&w);
    assert_status(open_signed_by(&w, 0, &verdict), AIU_FORBIDDEN);
    assert_status(open_signed_by(&w, 007, &verdict), AIU_FORBIDDEN);
    assert_ok(open_signed_by(&w, 013, &verdict));
    assert_int_equal(verdict.witnesses, 013);
    assert_int_equal(verdict.latest_cosignature, 1003);
    // A signature in a witness's name that is not its own.
    struct sign_key *right = w.witnesses[1];
    w.witnesses[1] = w.witnesses[0];
    assert_status(open_signed_by(&w, 013, &verdict), AIU_AUDIT_UNVERIFIED);
    w.witnesses[1] = right;
    // Another log.
    w.trust.logs_count = 0;
    assert_status(open_signed_by(&w, 013, &verdict), AIU_NOT_FOUND);
}

static void mistakes_are_told_with_their_line(void **state)
{
#define KEY_A     "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define WITNESS_A "witness.example.com/w1+969980cf+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
    static const struct {
        struct span file;
        size_t line;
    } bad[] = {
        {SPAN(""), 0},
        {SPAN("log " KEY_A "\n"), 1}, // no quorum
        {SPAN("quorum none"), 1},
        {SPAN("quorum none\nquorum none\n"), 2},
        {SPAN("quorum none x\n"), 1},
        {SPAN("quorum X\n"), 1},
        {SPAN("nonsense\n"), 1},
        {SPAN("quorum none\r\n"), 1},
        {SPAN("log\n"), 1},
        {SPAN("log " WITNESS_A "\n"), 1},
        {SPAN("log " KEY_A " url more\n"), 1},
        {SPAN("log " KEY_A "\nlog " KEY_A "\n"), 2},
        {SPAN("witness X " KEY_A "\n"), 1},
        {SPAN("witness none " WITNESS_A "\n"), 1},
        {SPAN("witness X " WITNESS_A "\nwitness Y " WITNESS_A "\n"), 2},
        {SPAN("witness X " WITNESS_A "\ngroup X any X\n"), 2},
        {SPAN("witness X " WITNESS_A "\ngroup G any\n"), 2},
        {SPAN("witness X " WITNESS_A "\ngroup G 0 X\n"), 2},
        {SPAN("witness X " WITNESS_A "\ngroup G 2 X\n"), 2},
        {SPAN("witness X " WITNESS_A "\ngroup G any X X\n"), 2},
        {SPAN("witness X " WITNESS_A "\ngroup G any none\n"), 2},
        {SPAN("witness X " WITNESS_A "\ngroup G any G\n"), 2},
        {SPAN("witness X " WITNESS_A "\ngroup G any X\ngroup H any X\n"), 3},
    };

    (void)state;
    assert_ok(secret_init_process(true));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct trust t;
        size_t line = 99;
        if (trust_parse(bad[i].file, &t, &line) != AIU_FILE_INVALID || line != bad[i].line) {
            fail_msg("case %zu: line %zu", i, line);
        }
    }
}

static void a_key_alone_is_a_policy(void **state)
{
    CLEANUP(world_done) struct world w;
    struct trust_verdict verdict;

    (void)state;
    world_init(&w);
    trust_of_key(&w.trust, &w.log_key);
    assert_ok(open_signed_by(&w, 0, &verdict));
    assert_int_equal(verdict.witnesses, 0);
}

TEST_MAIN(quorums_are_counted_by_groups, a_checkpoint_needs_its_quorum,
          mistakes_are_told_with_their_line, a_key_alone_is_a_policy)
