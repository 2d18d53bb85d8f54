// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S62: the keys of days. Each is vouched for by the one before, and a checkpoint is signed with
// that of its day; whoever holds the log's key can neither bring another nor use an old one unseen.
// The logs are written here, with every signature in the test's hand.
#include "audit/verify.h"
#include "base/num.h"
#include "published.h"

enum { SIZE = 40, NOTES_MOST = 3 };

// Key 0 is the log's, 1 to 3 those of days; 9 is a stranger's.
enum { LOG = 0, STRANGER = 9, KEYS = 10 };

#define EPOCH_NAME "log.example/1/epoch"

struct world {
    char folder[PATH_SIZE];
    char texts[SIZE][1024];
    struct sign_key *keys[KEYS];
    struct trust trust;
    struct buf notes[NOTES_MOST];
};

static struct note_key key_of(const struct world *w, int key)
{
    return named_key(key == LOG ? LOG_ORIGIN : EPOCH_NAME, NOTE_SIGNATURE, w->keys[key]);
}

// Entry `at` brings day's key `key` as `number`, which `by` vouches for and `signer` signs.
static void bring(struct world *w, size_t at, int number, int key, int by, int signer)
{
    CLEANUP(buf_wipe)
    struct buf vkey = BUF_OF(1024), by_text = BUF_OF(1024), message = BUF_OF(1024),
               sig = BUF_OF(1024);
    const struct note_key k = key_of(w, key), b = key_of(w, by);
    uint8_t signature[SIGN_SIZE];

    append_vkey(&k, &vkey);
    append_vkey(&b, &by_text);
    assert_ok(buf_printf(&message, "aiu/audit-key/v1\n%.*s\n", (int)vkey.n, (char *)vkey.p));
    sign_message(w->keys[signer], buf_span(&message), signature);
    assert_ok(num_append_base64(&sig, span_of(signature, SIGN_SIZE)));
    (void)snprintf(
        w->texts[at], sizeof(w->texts[at]),
        "{\"v\":1,\"t\":\"epoch_key\",\"ts\":\"2026-11-18T00:00:00.000000Z\",\"node\":\"n\","
        "\"epoch\":%d,\"vkey\":\"%.*s\",\"by\":\"%.*s\",\"sig\":\"%.*s\"}",
        number, (int)vkey.n, (char *)vkey.p, (int)by_text.n, (char *)by_text.p, (int)sig.n,
        (char *)sig.p);
}

// Days of ten entries: keys 1, 2, 3 on record at 5, 15, 25.
static void world_init(struct world *w)
{
    memset(w, 0, sizeof(*w));
    (void)new_log_folder(w->folder);
    for (int i = 0; i < KEYS; i++) {
        w->keys[i] = key_of_seed((uint8_t)(16 * i));
    }
    for (size_t i = 0; i < NOTES_MOST; i++) {
        w->notes[i] = (struct buf)BUF_OF(8192);
    }
    const struct note_key key = key_of(w, LOG);
    trust_of_key(&w->trust, &key);
    for (size_t i = 0; i < SIZE; i++) {
        (void)numbered_entry(i, w->texts[i]);
    }
    bring(w, 5, 1, 1, LOG, LOG);
    bring(w, 15, 2, 2, 1, 1);
    bring(w, 25, 3, 3, 2, 2);
}

static void world_done(struct world *w)
{
    for (int i = 0; i < KEYS; i++) {
        sign_key_free(w->keys[i]);
    }
    for (size_t i = 0; i < NOTES_MOST; i++) {
        buf_wipe(&w->notes[i]);
    }
    remove_log_folder(w->folder);
}

// A checkpoint of `size`, by the log's key and, where it is none of those, a day's.
static struct span sign(struct world *w, size_t note, uint64_t size, int day)
{
    struct buf *b = &w->notes[note];
    struct checkpoint c = {.origin = SPAN(LOG_ORIGIN), .size = size};
    struct tree t = {0};
    char text[1024];

    for (size_t i = 0; i < size; i++) {
        struct tree_hash leaf = tree_leaf(span_str(w->texts[i]));
        tree_append(&t, &leaf);
    }
    c.root = tree_root(&t);
    buf_reset(b);
    assert_ok(checkpoint_write(&c, b));
    struct span signed_text = span_of(text, b->n);
    memcpy(text, b->p, b->n);
    assert_ok(buf_append_byte(b, '\n'));
    const struct note_key log = key_of(w, LOG);
    assert_ok(note_sign(&log, w->keys[LOG], signed_text, 0, b));
    if (day != LOG) {
        const struct note_key key = key_of(w, day);
        assert_ok(note_sign(&key, w->keys[day], signed_text, 0, b));
    }
    return buf_span(b);
}

static void write_log(struct world *w)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);
    const struct wal_header header = {.root = tree_root(&(struct tree){0})};
    char path[PATH_SIZE];
    uint8_t *p = NULL;

    assert_ok(buf_reserve(&b, WAL_HEADER_SIZE, &p));
    wal_header_write(&header, p);
    buf_grow(&b, WAL_HEADER_SIZE);
    for (size_t i = 0; i < SIZE; i++) {
        struct span entry = span_str(w->texts[i]);
        assert_ok(buf_reserve(&b, wal_frame_size(entry.n), &p));
        wal_frame_write(p, i, entry);
        buf_grow(&b, wal_frame_seal(p));
    }
    (void)mkdir(w->folder, 0700);
    make_folder(w->folder, "wal");
    write_file(segment_path(w->folder, 0, path), buf_span(&b));
}

static struct verify_report check(struct world *w, struct span own, const struct span *since)
{
    struct verify_report report;
    const struct verify_options options = {.trust = &w->trust,
                                           .checkpoint = &own,
                                           .since = since,
                                           .since_count = since != NULL,
                                           .threads = 1};

    write_log(w);
    assert_ok(verify_log(w->folder, &options, &report));
    return report;
}

static void expect(const struct verify_report *r, enum verify_fault fault, uint64_t at, int line)
{
    if (r->fault != fault || (fault != VERIFY_GOOD && r->bad_index != at)) {
        fail_msg("line %d: %s at %llu, not %s at %llu", line, verify_word(r->fault),
                 (unsigned long long)r->bad_index, verify_word(fault), (unsigned long long)at);
    }
}

#define assert_own(w, size, day, fault, at)                                                        \
    do {                                                                                           \
        struct verify_report r_ = check((w), sign((w), 0, (size), (day)), NULL);                   \
        expect(&r_, (fault), (at), __LINE__);                                                      \
    } while (0)

// A kept checkpoint, behind which the log has gone on to its end.
#define assert_kept(w, size, day, fault, at)                                                       \
    do {                                                                                           \
        struct span kept_ = sign((w), 1, (size), (day));                                           \
        struct verify_report r_ = check((w), sign((w), 0, SIZE, 3), &kept_);                       \
        expect(&r_, (fault), (at), __LINE__);                                                      \
    } while (0)

static void a_chain_of_days_is_good_and_told(void **state)
{
    CLEANUP(world_done) struct world w;

    (void)state;
    world_init(&w);
    struct verify_report r = check(&w, sign(&w, 0, SIZE, 3), NULL);
    expect(&r, VERIFY_GOOD, 0, __LINE__);
    assert_int_equal(r.epoch_keys, 3);
    assert_int_equal(r.epoch_signed, 3);
    assert_false(r.epoch_open);
    // While a day begins the key before it may still sign, before the first there is none.
    assert_own(&w, SIZE, 2, VERIFY_GOOD, 0);
    assert_own(&w, 4, LOG, VERIFY_GOOD, 0);
    assert_own(&w, 6, LOG, VERIFY_GOOD, 0);
    assert_kept(&w, 6, 1, VERIFY_GOOD, 0);
    assert_kept(&w, 15, 1, VERIFY_GOOD, 0);
    assert_kept(&w, 4, LOG, VERIFY_GOOD, 0);
    // A restart repeats the record; the key before it signs until then.
    bring(&w, 20, 2, 2, 1, 1);
    assert_kept(&w, 18, 1, VERIFY_GOOD, 0);
    assert_kept(&w, 21, 2, VERIFY_GOOD, 0);
}

static void a_key_that_nobody_vouched_for_is_found_where_it_stands(void **state)
{
    CLEANUP(world_done) struct world w;

    (void)state;
    world_init(&w);
    bring(&w, 15, 2, 2, 1, STRANGER); // forged: in the name of day 1
    assert_own(&w, SIZE, 3, VERIFY_KEY_RECORD, 15);
    bring(&w, 15, 2, STRANGER, STRANGER, STRANGER); // foreign: by a key of its own
    assert_own(&w, SIZE, 3, VERIFY_KEY_RECORD, 15);
    bring(&w, 15, 2, 2, 1, 1);
    bring(&w, 30, 4, STRANGER, 2, 2); // by a day that is over
    assert_own(&w, SIZE, 3, VERIFY_KEY_RECORD, 30);
    bring(&w, 30, 7, STRANGER, 3, 3); // numbers have no gaps
    assert_own(&w, SIZE, 3, VERIFY_KEY_RECORD, 30);
    (void)snprintf(w.texts[30], sizeof(w.texts[30]), "{\"v\":1,\"t\":\"epoch_key\",\"epoch\":4}");
    assert_own(&w, SIZE, 3, VERIFY_KEY_RECORD, 30);
    // What is not signed for yet says nothing.
    assert_own(&w, 30, 3, VERIFY_GOOD, 0);
}

static void a_new_chain_needs_the_key_of_the_log(void **state)
{
    CLEANUP(world_done) struct world w;

    (void)state;
    world_init(&w);
    bring(&w, 25, 1, 3, LOG, LOG); // the file of day 2 was lost
    assert_own(&w, SIZE, 3, VERIFY_GOOD, 0);
    assert_kept(&w, 20, LOG, VERIFY_GOOD, 0);
    bring(&w, 25, 1, 3, LOG, STRANGER);
    assert_own(&w, SIZE, 3, VERIFY_KEY_RECORD, 25);
}

static void a_signature_outside_of_its_day_is_found(void **state)
{
    CLEANUP(world_done) struct world w;

    (void)state;
    world_init(&w);
    assert_own(&w, SIZE, 1, VERIFY_EPOCH, 15); // its day ended there
    assert_own(&w, 20, 3, VERIFY_EPOCH, 15);   // not on record at all
    assert_kept(&w, 20, 3, VERIFY_EPOCH, 25);  // not on record before
    assert_kept(&w, 30, 1, VERIFY_EPOCH, 15);
    assert_kept(&w, 20, 1, VERIFY_EPOCH, 15);
    assert_kept(&w, 20, LOG, VERIFY_EPOCH, 15); // none at all
    assert_own(&w, SIZE, LOG, VERIFY_EPOCH, 25);
    assert_own(&w, SIZE, STRANGER, VERIFY_EPOCH, 25);
}

static void a_day_s_signature_on_another_text_is_found(void **state)
{
    CLEANUP(world_done) struct world w;

    (void)state;
    world_init(&w);
    struct span good = sign(&w, 0, SIZE, 3);
    struct span other = sign(&w, 1, SIZE - 1, 3);
    size_t line = span_find_span(good, SPAN_OF("\xE2\x80\x94 " EPOCH_NAME));
    size_t other_line = span_find_span(other, SPAN_OF("\xE2\x80\x94 " EPOCH_NAME));
    assert_ok(buf_append(&w.notes[2], span_first(good, line)));
    assert_ok(buf_append(&w.notes[2], span_drop_first(other, other_line)));
    struct verify_report r = check(&w, buf_span(&w.notes[2]), NULL);
    expect(&r, VERIFY_EPOCH, 25, __LINE__);
}

static void a_month_goes_on_from_the_one_before(void **state)
{
    CLEANUP(world_done) struct world w;
    struct verify_report r;

    (void)state;
    world_init(&w);
    bring(&w, 5, 1, 1, STRANGER, STRANGER); // day 0 was in another month
    const struct span own = sign(&w, 0, SIZE, 3);
    r = check(&w, own, NULL);
    expect(&r, VERIFY_GOOD, 0, __LINE__);
    assert_true(r.epoch_open);
    struct verify_epoch before = {.known = true, .by_log = true, .number = 0};
    struct verify_options options = {
        .trust = &w.trust, .checkpoint = &own, .epoch = &before, .threads = 1};
    sign_key_public(w.keys[STRANGER], before.public_key);
    assert_ok(verify_log(w.folder, &options, &r));
    expect(&r, VERIFY_GOOD, 0, __LINE__);
    assert_false(r.epoch_open);
    assert_int_equal(r.epoch.number, 3);
    sign_key_public(w.keys[8], before.public_key); // and it was another
    assert_ok(verify_log(w.folder, &options, &r));
    expect(&r, VERIFY_KEY_RECORD, 5, __LINE__);
}

TEST_MAIN(a_chain_of_days_is_good_and_told, a_key_that_nobody_vouched_for_is_found_where_it_stands,
          a_new_chain_needs_the_key_of_the_log, a_signature_outside_of_its_day_is_found,
          a_day_s_signature_on_another_text_is_found, a_month_goes_on_from_the_one_before)
