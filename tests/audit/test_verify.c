// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S62: whatever is done to a log by somebody without its key, verification tells it, and where.
// Entry checksums are always made right again here: who edits a log can compute them, too.
#include "audit/verify.h"

#include "base/num.h"
#include "world.h"

enum { SIZE = 3000, SEGMENT = 700, SIGNED = 2900 };

// A log in five segments, of which SIGNED entries are published and signed.
static void world_init(struct world *w)
{
    world_make(w, SIZE, SEGMENT, SIGNED);
}

static struct verify_report verify_with(struct world *w, const struct span *since, size_t count)
{
    struct verify_report report;
    const struct verify_options options = {
        .trust = &w->trust, .since = since, .since_count = count, .threads = 2};

    assert_ok(verify_log(w->folder, &options, &report));
    return report;
}

static void assert_fault_at(const struct verify_report *r, enum verify_fault fault, uint64_t from,
                            uint64_t until, int line)
{
    if (r->fault != fault || r->bad_index != from || r->bad_until != until) {
        fail_msg("line %d: %s %llu to %llu at %s, not %s %llu to %llu", line, verify_word(r->fault),
                 (unsigned long long)r->bad_index, (unsigned long long)r->bad_until, r->place,
                 verify_word(fault), (unsigned long long)from, (unsigned long long)until);
    }
}

#define assert_found(w, fault, from, until)                                                        \
    do {                                                                                           \
        struct verify_report found_ = verify_with((w), NULL, 0);                                   \
        assert_fault_at(&found_, (fault), (from), (until), __LINE__);                              \
    } while (0)

// Write the segment of entry `at` again from the row, which has been tampered with, under its old
// header. `shift`: entries more or less than there were.
static void rewrite_segment(struct world *w, size_t at, int shift)
{
    struct row good;
    size_t first = at / SEGMENT * SEGMENT;
    size_t end = first + SEGMENT < SIZE ? first + SEGMENT : SIZE;

    row_init(&good, SIZE, SEGMENT);
    struct tree_hash root = root_of_row(&good, first);
    write_segment(w->folder, &w->row, first, (size_t)((int)end + shift), &root);
    row_done(&good);
}

static void a_log_that_nobody_touched_is_good(void **state)
{
    CLEANUP(world_done) struct world w;

    (void)state;
    world_init(&w);
    struct verify_report r = verify_with(&w, NULL, 0);
    struct tree_hash root = root_of_row(&w.row, SIGNED);
    assert_fault_at(&r, VERIFY_GOOD, 0, 0, __LINE__);
    assert_int_equal(r.size, SIGNED);
    assert_int_equal(r.entries, SIZE);
    assert_true(tree_hash_equal(&r.root, &root));
    assert_int_equal(r.key_id, w.trust.logs[0].id);
    assert_string_equal(r.origin, LOG_ORIGIN);
    assert_true(r.has_wal && r.has_tiles && r.has_bundles);
}

static void remove_part(const struct world *w, const char *part)
{
    char command[PATH_SIZE * 2];

    (void)snprintf(command, sizeof(command), "rm -r '%s/%s'", w->folder, part);
    assert_int_equal(system(command), 0);
}

static void any_part_of_it_verifies_alone(void **state)
{
    static const char *const parts[] = {"tile", "tile/entries", "tile/0", "wal"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        CLEANUP(world_done) struct world w;
        world_init(&w);
        remove_part(&w, parts[i]);
        assert_found(&w, VERIFY_GOOD, 0, 0);
    }
    CLEANUP(world_done) struct world w;
    world_init(&w);
    remove_part(&w, "wal");
    remove_part(&w, "tile/entries"); // the tiles alone still lead to the root
    assert_found(&w, VERIFY_GOOD, 0, 0);
    remove_part(&w, "tile");
    assert_found(&w, VERIFY_EMPTY, 0, SIGNED);
}

static void logs_of_every_small_size_are_good(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 255, 256, 257, 511, 512, 513};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        CLEANUP(world_done) struct world w;
        (void)new_log_folder(w.folder);
        row_init(&w.row, sizes[i], 300);
        w.signer = key_of_seed(0);
        const struct note_key key = named_key(LOG_ORIGIN, NOTE_SIGNATURE, w.signer);
        trust_of_key(&w.trust, &key);
        write_wal(w.folder, &w.row);
        publish(w.folder, &w.row, sizes[i], w.signer);
        assert_found(&w, VERIFY_GOOD, 0, 0);
        remove_part(&w, "wal");
        if (sizes[i] > 0) {
            assert_found(&w, VERIFY_GOOD, 0, 0);
        }
    }
}

static void an_edited_entry_is_found(void **state)
{
    static const size_t places[] = {0, 1, 255, 256, 699, 700, 1234, 2899};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        CLEANUP(world_done) struct world w;
        world_init(&w);
        row_edit(&w.row, places[i]);
        rewrite_segment(&w, places[i], 0);
        assert_found(&w, VERIFY_EDITED, places[i], places[i] + 1);
    }
}

static void assert_several_deleted_entries_are_counted(void)
{
    CLEANUP(world_done) struct world w;

    world_init(&w);
    row_delete(&w.row, 1500, 42);
    rewrite_segment(&w, 1500, -42);
    assert_found(&w, VERIFY_DELETED, 1500, 1542);
}

static void a_deleted_entry_is_found(void **state)
{
    static const size_t places[] = {0, 1, 300, 698, 700, 1500};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        CLEANUP(world_done) struct world w;
        world_init(&w);
        row_delete(&w.row, places[i], 1);
        rewrite_segment(&w, places[i], -1);
        assert_found(&w, VERIFY_DELETED, places[i], places[i] + 1);
    }
    assert_several_deleted_entries_are_counted();
}

static void an_inserted_entry_is_found(void **state)
{
    static const size_t places[] = {0, 1, 300, 1500, 2800};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        CLEANUP(world_done) struct world w;
        world_init(&w);
        row_insert(&w.row, places[i], "{\"v\":1,\"t\":\"false\"}");
        rewrite_segment(&w, places[i], 1);
        assert_found(&w, VERIFY_INSERTED, places[i], places[i] + 1);
    }
}

static void reordered_entries_are_found(void **state)
{
    static const struct {
        size_t a, b;
    } pairs[] = {{0, 1}, {255, 256}, {300, 340}, {1500, 1501}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        CLEANUP(world_done) struct world w;
        world_init(&w);
        row_swap(&w.row, pairs[i].a, pairs[i].b);
        rewrite_segment(&w, pairs[i].a, 0);
        assert_found(&w, VERIFY_REORDERED, pairs[i].a, pairs[i].b + 1);
    }
}

static void a_cut_end_is_found(void **state)
{
    CLEANUP(world_done) struct world w;
    char path[PATH_SIZE];

    (void)state;
    world_init(&w);
    rewrite_segment(&w, 2800, -150); // entries 2850 to 2899 are signed, and gone
    assert_found(&w, VERIFY_TRUNCATED, 2850, SIGNED);
    assert_int_equal(unlink(segment_path(w.folder, 2800, path)), 0);
    assert_found(&w, VERIFY_TRUNCATED, 2800, SIGNED);
    assert_int_equal(unlink(segment_path(w.folder, 700, path)), 0);
    assert_found(&w, VERIFY_DELETED, 700, 1400);
}

static void a_cut_tail_that_nobody_signed_is_no_fault(void **state)
{
    CLEANUP(world_done) struct world w;

    (void)state;
    world_init(&w);
    rewrite_segment(&w, 2800, -100);
    assert_found(&w, VERIFY_GOOD, 0, 0);
}

static void damaged_bytes_are_found(void **state)
{
    CLEANUP(world_done) struct world w;
    char path[PATH_SIZE];

    (void)state;
    world_init(&w);
    struct span file = test_read_file(segment_path(w.folder, 1400, path));
    ((uint8_t *)(uintptr_t)file.p)[frame_at(file, 7) + 30] ^= 1;
    write_file(path, file);
    assert_found(&w, VERIFY_DAMAGED, 1407, 1408);
    ((uint8_t *)(uintptr_t)file.p)[20] ^= 1; // the header
    write_file(path, file);
    assert_found(&w, VERIFY_DAMAGED, 1400, 1401);
    mem_free((void *)(uintptr_t)file.p);
}

// Frames moved as bytes, with the index and checksum that they had.
static void frames_that_are_moved_as_they_are_are_found(void **state)
{
    CLEANUP(world_done) struct world w;
    char path[PATH_SIZE];

    (void)state;
    world_init(&w);
    struct span file = test_read_file(segment_path(w.folder, 1400, path));
    CLEANUP(buf_wipe) struct buf changed = BUF_OF(1 << 20);
    assert_ok(buf_append(&changed, span_first(file, frame_at(file, 5))));
    assert_ok(buf_append(&changed, span_drop_first(file, frame_at(file, 8))));
    write_file(path, buf_span(&changed));
    assert_found(&w, VERIFY_DELETED, 1405, 1408);
    buf_reset(&changed);
    assert_ok(buf_append(&changed, span_first(file, frame_at(file, 6))));
    assert_ok(buf_append(&changed, span_drop_first(file, frame_at(file, 5))));
    write_file(path, buf_span(&changed));
    assert_found(&w, VERIFY_INSERTED, 1406, 1407);
    mem_free((void *)(uintptr_t)file.p);
}

static void write_tile_with_a_bit_flipped(const struct world *w, const char *name)
{
    char path[PATH_SIZE * 2];

    (void)snprintf(path, sizeof(path), "%s/%s", w->folder, name);
    struct span file = test_read_file(path);
    ((uint8_t *)(uintptr_t)file.p)[3 * 32 + 1] ^= 1;
    write_file(path, file);
    mem_free((void *)(uintptr_t)file.p);
}

static void a_changed_tile_or_bundle_is_found_and_named(void **state)
{
    static const struct {
        const char *name;
        uint64_t from, until;
    } files[] = {
        {"tile/0/004", 1027, 1028},
        {"tile/0/011.p/84", 2819, 2820},
        {"tile/1/000.p/11", 768, 1024},
        {"tile/entries/000", 1, 2}, // byte 97 lies in the second entry
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        CLEANUP(world_done) struct world w;
        world_init(&w);
        write_tile_with_a_bit_flipped(&w, files[i].name);
        struct verify_report r = verify_with(&w, NULL, 0);
        assert_fault_at(&r, VERIFY_TILE_CHANGED, files[i].from, files[i].until, __LINE__);
        assert_string_equal(r.place, files[i].name);
    }
}

static void a_missing_tile_or_bundle_is_found_and_named(void **state)
{
    static const struct {
        const char *name;
        uint64_t from, until;
    } files[] = {
        {"tile/0/004", 1024, 1280},
        {"tile/0/011.p/84", 2816, 2900},
        {"tile/1/000.p/11", 0, 2816},
        {"tile/entries/000", 0, 256},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        CLEANUP(world_done) struct world w;
        world_init(&w);
        remove_part(&w, files[i].name);
        struct verify_report r = verify_with(&w, NULL, 0);
        assert_fault_at(&r, VERIFY_TILE_MISSING, files[i].from, files[i].until, __LINE__);
        assert_string_equal(r.place, files[i].name);
    }
}

static void bundles_alone_are_judged_like_entries(void **state)
{
    CLEANUP(world_done) struct world w;

    (void)state;
    world_init(&w);
    remove_part(&w, "wal");
    row_edit(&w.row, 1234);
    write_bundles(w.folder, &w.row, SIGNED);
    assert_found(&w, VERIFY_EDITED, 1234, 1235);
    write_tile_with_a_bit_flipped(&w, "tile/0/004");
    assert_found(&w, VERIFY_REWRITTEN, 0, 1028);
}

// Entries, tiles and bundles, all made anew to fit each other; only the signature is the old one.
static void a_log_written_anew_is_not_what_was_signed(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    CLEANUP(buf_wipe) struct buf old = BUF_OF(NOTE_MOST);

    (void)state;
    world_init(&w);
    sign_row(&w.row, SIGNED, w.signer, &note);
    sign_row(&w.row, 1000, w.signer, &old);
    row_edit(&w.row, 1234);
    write_wal(w.folder, &w.row);
    publish(w.folder, &w.row, SIGNED, w.signer);
    write_checkpoint(w.folder, buf_span(&note));
    assert_found(&w, VERIFY_REWRITTEN, 0, SIGNED);
    const struct span since = buf_span(&old); // what was remembered narrows it
    struct verify_report r = verify_with(&w, &since, 1);
    assert_fault_at(&r, VERIFY_REWRITTEN, 1000, SIGNED, __LINE__);
    struct row good;
    row_init(&good, SIZE, SEGMENT);
    struct tree_hash root = root_of_row(&good, 1400);
    write_segment(w.folder, &w.row, 1400, 2100, &root); // as do headers that were forgotten
    r = verify_with(&w, &since, 1);
    assert_fault_at(&r, VERIFY_REWRITTEN, 1000, 1400, __LINE__);
    row_done(&good);
}

static void an_older_state_is_found_by_who_remembers(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);

    (void)state;
    world_init(&w);
    sign_row(&w.row, 2950, w.signer, &note);
    const struct span since = buf_span(&note);
    struct verify_report r = verify_with(&w, &since, 1);
    assert_fault_at(&r, VERIFY_ROLLED_BACK, SIGNED, 2950, __LINE__);
    // Somebody who remembers an older one sees nothing wrong.
    buf_reset(&note);
    sign_row(&w.row, 1000, w.signer, &note);
    const struct span older = buf_span(&note);
    r = verify_with(&w, &older, 1);
    assert_fault_at(&r, VERIFY_GOOD, 0, 0, __LINE__);
}

// S62: somebody with the key writes another history; whoever holds a checkpoint has the proof.
static void a_fork_is_found_by_who_remembers(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf first = BUF_OF(NOTE_MOST);
    CLEANUP(buf_wipe) struct buf second = BUF_OF(NOTE_MOST);
    CLEANUP(buf_wipe) struct buf third = BUF_OF(NOTE_MOST);

    (void)state;
    world_init(&w);
    sign_row(&w.row, 1000, w.signer, &first);
    sign_row(&w.row, 2000, w.signer, &second);
    sign_row(&w.row, SIGNED, w.signer, &third);
    row_edit(&w.row, 1234);
    write_wal(w.folder, &w.row);
    publish(w.folder, &w.row, SIGNED, w.signer);
    assert_found(&w, VERIFY_GOOD, 0, 0); // without an outside copy nobody can tell
    const struct span since[] = {buf_span(&second), buf_span(&first)};
    struct verify_report r = verify_with(&w, since, 2);
    assert_fault_at(&r, VERIFY_FORKED, 1000, 2000, __LINE__);
    assert_int_equal(r.since, 0);
    const struct span same = buf_span(&third);
    r = verify_with(&w, &same, 1);
    assert_fault_at(&r, VERIFY_FORKED, 0, SIGNED, __LINE__);
}

static void foreign_keys_and_forged_signatures_are_told(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(sign_key_done) struct sign_key *other = key_of_seed(99);
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);

    (void)state;
    world_init(&w);
    sign_row(&w.row, SIGNED, other, &note);
    write_checkpoint(w.folder, buf_span(&note));
    assert_found(&w, VERIFY_FOREIGN_KEY, 0, 1);
    buf_reset(&note);
    sign_row(&w.row, SIGNED, w.signer, &note);
    note.p[span_find_byte(buf_span(&note), '9')] = '8'; // 2900 to 2800
    write_checkpoint(w.folder, buf_span(&note));
    assert_found(&w, VERIFY_BAD_SIGNATURE, 0, 1);
    write_checkpoint(w.folder, SPAN_OF("nonsense\n"));
    assert_found(&w, VERIFY_NOT_A_CHECKPOINT, 0, 1);
    remove_part(&w, "checkpoint");
    assert_found(&w, VERIFY_NO_CHECKPOINT, 0, SIZE);
}

static void what_is_remembered_must_be_signed_too(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(sign_key_done) struct sign_key *other = key_of_seed(99);
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    struct verify_report report;

    (void)state;
    world_init(&w);
    sign_row(&w.row, 100, other, &note);
    const struct span since = buf_span(&note);
    const struct verify_options options = {.trust = &w.trust, .since = &since, .since_count = 1};
    assert_status(verify_log(w.folder, &options, &report), AIU_FILE_INVALID);
    assert_status(verify_log("/nowhere", &options, &report), AIU_FILE_NOT_FOUND);
}

// A month begins with the last checkpoint of the one before; cosignatures that joined it later do
// not matter.
static void a_month_is_linked_to_the_one_before(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf before = BUF_OF(NOTE_MOST);
    CLEANUP(buf_wipe) struct buf other = BUF_OF(NOTE_MOST);
    CLEANUP(buf_wipe) struct buf root = BUF_OF(64);
    struct verify_report report;

    (void)state;
    world_init(&w);
    sign_row(&w.row, 1000, w.signer, &before);
    sign_row(&w.row, 1001, w.signer, &other);
    struct tree_hash hash = root_of_row(&w.row, 1000);
    assert_ok(num_append_base64(&root, span_of(hash.bytes, TREE_HASH_SIZE)));
    (void)snprintf(w.row.texts[0], ROW_ENTRY_MOST,
                   "{\"t\":\"shard\",\"checkpoint\":\"" LOG_ORIGIN "\\n1000\\n%.*s\\n\"}",
                   (int)root.n, (const char *)root.p);
    write_wal(w.folder, &w.row);
    publish(w.folder, &w.row, SIGNED, w.signer);
    for (int i = 0; i < 2; i++) {
        const struct span right = buf_span(&before);
        const struct span wrong = buf_span(&other);
        struct verify_options options = {.trust = &w.trust, .after = &right};
        assert_ok(verify_log(w.folder, &options, &report));
        assert_fault_at(&report, VERIFY_GOOD, 0, 0, __LINE__);
        options.after = &wrong;
        assert_ok(verify_log(w.folder, &options, &report));
        assert_fault_at(&report, VERIFY_UNLINKED, 0, 1, __LINE__);
        if (i == 0) {
            remove_part(&w, "wal"); // the bundles tell it, too
        }
    }
}

TEST_MAIN(a_log_that_nobody_touched_is_good, a_month_is_linked_to_the_one_before,
          any_part_of_it_verifies_alone, logs_of_every_small_size_are_good,
          an_edited_entry_is_found, a_deleted_entry_is_found, an_inserted_entry_is_found,
          reordered_entries_are_found, a_cut_end_is_found,
          a_cut_tail_that_nobody_signed_is_no_fault, damaged_bytes_are_found,
          frames_that_are_moved_as_they_are_are_found, a_changed_tile_or_bundle_is_found_and_named,
          a_missing_tile_or_bundle_is_found_and_named, bundles_alone_are_judged_like_entries,
          a_log_written_anew_is_not_what_was_signed, an_older_state_is_found_by_who_remembers,
          a_fork_is_found_by_who_remembers, foreign_keys_and_forged_signatures_are_told,
          what_is_remembered_must_be_signed_too)
