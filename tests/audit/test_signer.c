// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S62: the signer signs one history, forwards only, whoever asks; and its keys follow each other.
#include "audit/signer_state.h"
#include "base/num.h"
#include "memory_tree.h"
#include "publish_test.h"

enum { LEAVES = 1000, NOVEMBER = 2026 * 12 + 10 };

static struct memory_tree g_tree, g_other; // the second has another leaf 500

static struct tree_head head_of(struct memory_tree *tree, uint64_t size)
{
    const struct proof_source source = memory_tree_source(tree);
    struct tree_head head = {.size = size};

    assert_ok(proof_root(&source, size, &head.root));
    return head;
}

static struct signer_request request_of(struct memory_tree *tree, uint64_t older, uint64_t newer)
{
    const struct proof_source source = memory_tree_source(tree);
    struct signer_request r = {.month = NOVEMBER, .older = older, .newer = head_of(tree, newer)};

    if (older > 0 && older <= newer) {
        assert_ok(proof_consistency(&source, older, newer, &r.proof));
    }
    return r;
}

static enum signer_verdict ask(struct site *s, const struct signer_request *r)
{
    static struct signer_reply reply;

    signer_sign(s->signer, r, &reply);
    assert_true((reply.note_n > 0) == (reply.verdict == SIGNER_SIGNED));
    assert_true(signer_text(reply.verdict)[0] != '\0');
    return reply.verdict;
}

static void begin(struct site *s)
{
    if (g_tree.size == 0) {
        struct tree_hash *leaves = numbered_leaves(LEAVES);
        memory_tree_init(&g_tree, leaves, LEAVES);
        leaves[500].bytes[0] ^= 1;
        memory_tree_init(&g_other, leaves, LEAVES);
        mem_free(leaves);
    }
    site_init(s);
    assert_ok(site_open_signer(s));
}

static void end(struct site *s)
{
    signer_free(s->signer);
    site_done(s);
}

static void reopen(struct site *s)
{
    signer_free(s->signer);
    assert_ok(site_open_signer(s));
}

static void a_tree_that_continues_is_signed_and_no_other(void **state)
{
    (void)state;
    struct site s;
    struct signer_request r;

    begin(&s);
    r = request_of(&g_tree, 0, 600);
    assert_int_equal(ask(&s, &r), SIGNER_SIGNED);
    assert_int_equal(ask(&s, &r), SIGNER_STALE); // 0 is not what was signed last
    r = request_of(&g_tree, 600, 600);
    assert_int_equal(ask(&s, &r), SIGNER_SIGNED); // again, the same
    r = request_of(&g_tree, 600, 700);
    r.proof.path[0].bytes[5] ^= 1;
    assert_int_equal(ask(&s, &r), SIGNER_FORK);
    r = request_of(&g_other, 600, 700);
    assert_int_equal(ask(&s, &r), SIGNER_FORK);
    r = request_of(&g_other, 600, 600);
    assert_int_equal(ask(&s, &r), SIGNER_FORK);
    r = request_of(&g_tree, 600, 700);
    r.newer.size = 599;
    assert_int_equal(ask(&s, &r), SIGNER_SMALLER);
    r = request_of(&g_tree, 600, 700);
    assert_int_equal(ask(&s, &r), SIGNER_SIGNED);
    end(&s);
}

static void what_was_signed_is_remembered_over_a_restart(void **state)
{
    (void)state;
    struct site s;
    struct signer_request r;

    begin(&s);
    r = request_of(&g_tree, 0, 600);
    assert_int_equal(ask(&s, &r), SIGNER_SIGNED);
    reopen(&s);
    const struct signer_head head = signer_head(s.signer);
    assert_int_equal(head.tree.size, 600);
    assert_string_equal(head.origin, "audit.example.com/gw1/2026-11");
    r = request_of(&g_other, 0, 700);
    assert_int_equal(ask(&s, &r), SIGNER_STALE);
    r = request_of(&g_other, 600, 700);
    assert_int_equal(ask(&s, &r), SIGNER_FORK);
    r = request_of(&g_tree, 600, 1000);
    assert_int_equal(ask(&s, &r), SIGNER_SIGNED);
    end(&s);
}

static void months_go_forward_only_and_not_ahead_of_the_clock(void **state)
{
    (void)state;
    struct site s;
    struct signer_request r;

    begin(&s);
    r = request_of(&g_tree, 0, 600);
    r.month = NOVEMBER + 1;
    assert_int_equal(ask(&s, &r), SIGNER_SHARD); // it is November
    r.month = NOVEMBER;
    assert_int_equal(ask(&s, &r), SIGNER_SIGNED);
    s.unix_us += UINT64_C(30) * 86400 * SECOND_US;
    r = request_of(&g_other, 0, 10);
    r.month = NOVEMBER + 1;
    assert_int_equal(ask(&s, &r), SIGNER_SIGNED);
    r = request_of(&g_tree, 600, 700);
    assert_int_equal(ask(&s, &r), SIGNER_SHARD); // November is over
    end(&s);
}

static void nonsense_gets_no_signature(void **state)
{
    (void)state;
    struct site s;
    struct signer_request r;
    uint64_t seed = 3;

    begin(&s);
    r = request_of(&g_tree, 0, 600);
    r.proof.count = PROOF_MOST + 1;
    assert_int_equal(ask(&s, &r), SIGNER_MALFORMED);
    r = request_of(&g_tree, 0, 600);
    r.newer.size = 0;
    assert_int_equal(ask(&s, &r), SIGNER_MALFORMED);
    r.month = 0;
    assert_int_equal(ask(&s, &r), SIGNER_MALFORMED);
    r = request_of(&g_tree, 0, 600);
    assert_int_equal(ask(&s, &r), SIGNER_SIGNED);
    for (int i = 0; i < 40; i++) {
        uint8_t *p = (uint8_t *)&r;
        for (size_t k = 0; k < sizeof(r); k++) {
            p[k] = (uint8_t)test_random(&seed);
        }
        assert_int_not_equal(ask(&s, &r), SIGNER_SIGNED);
    }
    assert_int_equal(signer_head(s.signer).tree.size, 600);
    end(&s);
}

static void signatures_are_not_given_faster_than_the_rate(void **state)
{
    (void)state;
    struct site s;
    unsigned hurried = 0;

    begin(&s);
    const struct signer_request r = request_of(&g_tree, 0, 600);
    for (int i = 0; i < 4 * SIGNER_RATE; i++) {
        hurried += ask(&s, &r) == SIGNER_HURRIED;
    }
    assert_true(hurried > SIGNER_RATE);
    end(&s);
}

static void a_state_that_cannot_be_written_gives_no_signature(void **state)
{
    (void)state;
    struct site s;
    char path[PATH_SIZE + 32];

    begin(&s);
    struct signer_request r = request_of(&g_tree, 0, 600);
    assert_int_equal(ask(&s, &r), SIGNER_SIGNED);
    (void)snprintf(path, sizeof(path), "%s/audit-signing.state.new", s.state);
    assert_int_equal(mkdir(path, 0700), 0); // where the new state is drafted
    r = request_of(&g_tree, 600, 700);
    assert_int_equal(ask(&s, &r), SIGNER_DISK);
    assert_int_equal(signer_head(s.signer).tree.size, 600);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(ask(&s, &r), SIGNER_SIGNED);
    end(&s);
}

static void a_damaged_state_is_not_taken_for_none(void **state)
{
    static const char *const bad[] = {
        "",
        "aiu-signer-state/v1\n",
        "aiu-signer-state/v2\norigin -\nsize 0\nroot "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nepoch 0 0\n",
        "aiu-signer-state/v1\norigin -\nsize 7\nroot "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nepoch 0 0\n",
        "aiu-signer-state/v1\norigin a/2026-13\nsize 7\nroot "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nepoch 0 0\n",
        "aiu-signer-state/v1\norigin a/2026-11\nsize -7\nroot "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nepoch 0 0\n",
        "aiu-signer-state/v1\norigin a/2026-11\nsize 7\nroot AAAA\nepoch 0 0\n",
        "aiu-signer-state/v1\norigin a/2026-11\nsize 7\nroot "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nepoch 0 0\nmore\n",
    };
    (void)state;
    struct site s;
    struct signer_state got;
    char path[PATH_SIZE + 32];

    assert_ok(
        signer_state_parse(SPAN_OF("aiu-signer-state/v1\norigin a/2026-11\nsize 7\nroot "
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nepoch 2 99\n"),
                           &got));
    assert_int_equal(got.head.month, NOVEMBER);
    begin(&s);
    (void)snprintf(path, sizeof(path), "%s/audit-signing.state", s.state);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        signer_free(s.signer);
        s.signer = NULL;
        write_file(path, span_str(bad[i]));
        assert_status(site_open_signer(&s), AIU_AUDIT_CORRUPT);
    }
    end(&s);
}

// Keys that follow each other

struct chain {
    unsigned epochs, log_keys;
    char last_epoch[SIGNER_VKEY_SIZE];
    char next_log_key[SIGNER_VKEY_SIZE];
};

static struct span field_of(struct span entry, const char *name, char out[512])
{
    char key[32];
    int n = snprintf(key, sizeof(key), "\"%s\":\"", name);
    size_t at = span_find_span(entry, span_of(key, (size_t)n));

    if (at == entry.n) {
        return (struct span){0};
    }
    struct span rest = span_drop_first(entry, at + (size_t)n);
    rest = span_first(rest, span_find_byte(rest, '"'));
    memcpy(out, rest.p, rest.n);
    return span_of(out, rest.n);
}

// Each key's entry is signed by the one before it.
static void follow_keys(const struct site *s, struct chain *c)
{
    struct reader *r = NULL;
    struct reader_entry entry;
    char vkey[512], by[512], sig[512], message[1024];

    memset(c, 0, sizeof(*c));
    assert_ok(reader_open(s->log_folder, 0, &r));
    while (reader_next(r, &entry) == AIU_OK) {
        struct note_key key, signer;
        uint8_t signature[SIGN_SIZE];
        struct span v = field_of(entry.bytes, "vkey", vkey);
        if (v.n == 0) {
            continue;
        }
        struct span b = field_of(entry.bytes, "by", by);
        assert_ok(note_key_parse(v, &key));
        assert_ok(note_key_parse(b, &signer));
        assert_true(num_base64_read(field_of(entry.bytes, "sig", sig), signature, SIGN_SIZE));
        int n = snprintf(message, sizeof(message), "aiu/audit-key/v1\n%.*s\n", (int)v.n, vkey);
        assert_true(sign_verify(signer.public_key, span_of(message, (size_t)n), signature));
        if (span_find_span(entry.bytes, SPAN_OF("\"t\":\"epoch_key\"")) < entry.bytes.n) {
            if (c->epochs > 0) {
                assert_span("chain", b, span_str(c->last_epoch));
            }
            (void)snprintf(c->last_epoch, sizeof(c->last_epoch), "%.*s", (int)v.n, vkey);
            c->epochs++;
        } else {
            (void)snprintf(c->next_log_key, sizeof(c->next_log_key), "%.*s", (int)v.n, vkey);
            c->log_keys++;
        }
    }
    reader_free(r);
}

static bool has_file(const struct site *s, const char *name)
{
    char path[2 * PATH_SIZE];

    (void)snprintf(path, sizeof(path), "%s/%s", s->state, name);
    return access(path, F_OK) == 0;
}

// Entries until the signer has taken note of what it wanted on record.
static void let_keys_settle(struct site *s)
{
    for (int i = 0; i < 4; i++) {
        site_append_published(s, 1);
    }
}

static bool is_signed_by(const struct site *s, const char *vkey)
{
    char path[2 * PATH_SIZE];
    struct note_key key;
    struct note note;
    struct note_signers signers;
    struct span bytes = test_read_file(site_path(s, "checkpoint", path));

    assert_ok(note_key_parse(span_str(vkey), &key));
    assert_ok(note_parse(bytes, &note));
    enum aiu_status st = note_verify(&note, &key, 1, &signers);
    mem_free((void *)bytes.p);
    return st == AIU_OK;
}

static void each_day_has_a_key_that_the_day_before_vouches_for_and_old_ones_are_erased(void **state)
{
    (void)state;
    struct site s;
    struct chain c;

    site_init(&s);
    site_start(&s);
    let_keys_settle(&s);
    assert_true(has_file(&s, "audit-epoch-1.key"));
    for (int day = 0; day < 3; day++) {
        s.unix_us += UINT64_C(86400) * SECOND_US;
        let_keys_settle(&s);
    }
    follow_keys(&s, &c);
    assert_int_equal(c.epochs, 4);
    assert_true(is_signed_by(&s, c.last_epoch));
    assert_false(has_file(&s, "audit-epoch-1.key") || has_file(&s, "audit-epoch-3.key"));
    assert_true(has_file(&s, "audit-epoch-4.key"));
    site_stop(&s);
    site_start(&s); // a restart goes on with the day's key
    let_keys_settle(&s);
    assert_true(is_signed_by(&s, c.last_epoch));
    site_stop(&s);
    site_done(&s);
}

static void a_new_log_key_is_vouched_for_by_the_old_and_both_sign_until_the_month_ends(void **state)
{
    (void)state;
    struct site s;
    struct chain c;
    struct sign_key *next = NULL;
    char path[2 * PATH_SIZE], old[SIGNER_VKEY_SIZE];

    site_init(&s);
    site_start(&s);
    let_keys_settle(&s);
    struct span vkeys = test_read_file(site_path(&s, "vkey", path));
    (void)snprintf(old, sizeof(old), "%.*s", (int)span_find_byte(vkeys, '\n'),
                   (const char *)vkeys.p);
    mem_free((void *)vkeys.p);
    assert_ok(sign_key_open(s.state_fd, "audit-signing.next", &next)); // what --rotate does
    let_keys_settle(&s);
    follow_keys(&s, &c);
    assert_int_equal(c.log_keys, 1);
    assert_true(is_signed_by(&s, old));
    assert_true(is_signed_by(&s, c.next_log_key));

    s.unix_us += UINT64_C(30) * 86400 * SECOND_US;
    for (int i = 0; i < 3000 && has_file(&s, "audit-signing.next"); i++) {
        (void)site_append(&s, 1);
        (void)usleep(2000);
    }
    site_stop(&s);
    assert_false(has_file(&s, "audit-signing.next") || has_file(&s, "audit-signing.old"));
    struct checkpoint now;
    site_checkpoint(&s, &now); // verifies with LOG/vkey
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    struct note_key key;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1024);
    sign_key_public(next, public_key);
    assert_ok(note_key_init(&key, now.origin, NOTE_SIGNATURE, public_key));
    assert_ok(note_key_write(&key, &b));
    assert_ok(buf_append_byte(&b, '\0'));
    assert_true(is_signed_by(&s, (const char *)b.p));
    sign_key_free(next);
    site_done(&s);
}

// The name of the key that signed the checkpoint last, beside the log's: its line, or "".
static void epoch_line(const struct signer_reply *reply, char out[512])
{
    struct span note = span_of(reply->note, reply->note_n);
    struct span rest = span_drop_first(note, span_find_span(note, SPAN_OF("/epoch ")));

    rest = span_first(rest, span_find_byte(rest, '\n'));
    (void)snprintf(out, 512, "%.*s", rest.n < 12 ? 0 : 12, (const char *)rest.p); // with the id
}

static void a_key_on_record_is_taken_also_where_the_signer_was_restarted(void **state)
{
    (void)state;
    static struct signer_reply reply;
    struct site s;
    struct signer_request r;
    char first[512], second[512];

    begin(&s);
    r = request_of(&g_tree, 0, 10);
    signer_sign(s.signer, &r, &reply);
    r = request_of(&g_tree, 10, 20);
    r.announced_epoch = 1;
    signer_sign(s.signer, &r, &reply);
    epoch_line(&reply, first);
    assert_true(first[0] != '\0');
    s.unix_us += UINT64_C(86400) * SECOND_US;
    r = request_of(&g_tree, 20, 30);
    signer_sign(s.signer, &r, &reply);
    assert_int_equal(reply.announcement.epoch, 2);
    reopen(&s); // the record stands in the log, and the signer that wanted it there is gone
    r = request_of(&g_tree, 30, 40);
    r.announced_epoch = 2;
    signer_sign(s.signer, &r, &reply);
    epoch_line(&reply, second);
    assert_string_not_equal(second, first);
    // A number alone makes no key.
    r = request_of(&g_tree, 40, 50);
    r.announced_epoch = 3;
    signer_sign(s.signer, &r, &reply);
    epoch_line(&reply, first);
    assert_string_equal(second, first);
    assert_false(has_file(&s, "audit-epoch-3.key"));
    end(&s);
}

static void no_tree_is_left(void **state)
{
    (void)state;
    memory_tree_done(&g_tree);
    memory_tree_done(&g_other);
}

TEST_MAIN(a_tree_that_continues_is_signed_and_no_other,
          what_was_signed_is_remembered_over_a_restart,
          months_go_forward_only_and_not_ahead_of_the_clock, nonsense_gets_no_signature,
          signatures_are_not_given_faster_than_the_rate,
          a_state_that_cannot_be_written_gives_no_signature, a_damaged_state_is_not_taken_for_none,
          each_day_has_a_key_that_the_day_before_vouches_for_and_old_ones_are_erased,
          a_new_log_key_is_vouched_for_by_the_old_and_both_sign_until_the_month_ends,
          a_key_on_record_is_taken_also_where_the_signer_was_restarted, no_tree_is_left)
