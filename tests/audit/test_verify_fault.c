// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Verification where memory is used up, and in folders that nobody who means well would make: an
// answer or an error, and never "good".
#include "audit/verify.h"

#include "audit/witness.h"
#include "world.h"

enum { SIZE = 700, SEGMENT = 300 };

static void world_init(struct world *w)
{
    world_make(w, SIZE, SEGMENT, SIZE);
}

static enum aiu_status verify(struct world *w, struct verify_report *report)
{
    const struct verify_options options = {.trust = &w->trust, .threads = 1};

    return verify_log(w->folder, &options, report);
}

// Every allocation fails in turn.
static void no_memory_is_an_error(void **state)
{
    CLEANUP(world_done) struct world w;
    struct verify_report report;
    enum aiu_status st = AIU_NO_MEMORY;
    size_t n = 0;

    (void)state;
    world_init(&w);
    for (; st != AIU_OK; n++) {
        mem_fail_after(n);
        st = verify(&w, &report);
        mem_fail_after(SIZE_MAX);
        assert_true(st == AIU_OK || st == AIU_NO_MEMORY);
    }
    assert_int_equal(report.fault, VERIFY_GOOD);
    assert_true(n > 5);
}

static void a_witness_without_memory_cosigns_nothing(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    CLEANUP(buf_wipe) struct buf body = BUF_OF(WITNESS_REQUEST_MOST);
    CLEANUP(sign_key_done) struct sign_key *key = key_of_seed(32);
    const char *state_folder = test_new_folder();
    struct witness_options options = {
        .folder = open(state_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .key = named_key("w.example/1", NOTE_COSIGNATURE, key),
        .signer = key,
        .trust = &w.trust,
        .clock = {real_monotonic_ns, real_unix_us, NULL},
    };
    struct witness_answer answer = {.http_status = 0};

    (void)state;
    world_init(&w);
    sign_row(&w.row, SIZE, w.signer, &note);
    const struct witness_request r = {.checkpoint = buf_span(&note)};
    assert_ok(witness_request_write(&r, &body));
    for (size_t n = 0; answer.http_status != 200; n++) {
        mem_fail_after(n);
        witness_add_checkpoint(&options, buf_span(&body), &answer);
        mem_fail_after(SIZE_MAX);
        assert_true(answer.http_status == 200 || answer.http_status == 500);
        assert_int_equal(answer.body.n > 0, answer.http_status == 200);
        buf_wipe(&answer.body);
    }
    (void)close(options.folder);
    test_remove_folder(state_folder);
}

static void run(const struct world *w, const char *command)
{
    char text[PATH_SIZE * 4];

    (void)snprintf(text, sizeof(text), "cd '%s' && %s", w->folder, command);
    assert_int_equal(system(text), 0);
}

static void strange_folders_are_never_good(void **state)
{
    static const char *const commands[] = {
        "rm tile/0/001 && mkdir tile/0/001",
        "rm tile/0/001 && mkfifo tile/0/001",
        "rm tile/0/001 && ln -s 000 tile/0/001",
        "printf x >>tile/entries/000",
        "printf x >>tile/entries/002.p/188",
        "rm -r wal && printf x >>tile/entries/000",
        "rm -r wal && printf x >>tile/entries/002.p/188",
        "printf 01234567890123456789012345678901 >>tile/0/002.p/188",
        "printf 01234567890123456789012345678901 >>tile/1/000.p/2",
        ": >tile/0/001",
        "head -c 100000 /dev/zero >tile/0/001",
        "rm tile/entries/001 && mkdir tile/entries/001",
        ": >tile/entries/000",
        "head -c 20000000 /dev/zero >tile/entries/001",
        "rm -r tile/0 && ln -s . tile/0",
        "rm tile/1/000.p/2 && mkdir tile/1/000.p/2",
        "rm checkpoint && mkdir checkpoint",
        "rm checkpoint && mkfifo checkpoint",
        "head -c 1000000 /dev/zero >checkpoint",
        "rm wal/00000000000000000300.wal && mkdir wal/00000000000000000300.wal",
        "rm wal/00000000000000000300.wal && mkfifo wal/00000000000000000300.wal",
        ": >wal/00000000000000000300.wal",
        "cp wal/00000000000000000300.wal wal/00000000000000000301.wal",
        "mv wal/00000000000000000000.wal wal/18446744073709551615.wal",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        CLEANUP(world_done) struct world w;
        struct verify_report report;
        world_init(&w);
        run(&w, commands[i]);
        enum aiu_status st = verify(&w, &report);
        if (st == AIU_OK && report.fault == VERIFY_GOOD) {
            fail_msg("good: %s", commands[i]);
        }
    }
}

TEST_MAIN(no_memory_is_an_error, a_witness_without_memory_cosigns_nothing,
          strange_folders_are_never_good)
