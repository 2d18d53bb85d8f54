// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S62: checkpoints are taken to witnesses, here to aiu-witness as a program of its own, and what
// they have seen cannot be unsaid.
#include "watch/anchor.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../audit/published.h"

enum { SIZE = 2000 };

struct world {
    char folder[PATH_SIZE];  // of the log
    char program[PATH_SIZE]; // aiu-witness
    char state[PATH_SIZE], url[64];
    struct row row;
    struct sign_key *log;
    struct buf log_vkey, vkey; // with NUL
    pid_t witness;
    struct anchor_witness site;
    struct logger logger;
    int folder_fd;
};

static void run_witness(const struct world *w, int out, bool print_key)
{
    char *const serve[] = {(char *)w->program, "--name", "w.example/1",         "--state",
                           (char *)w->state,   "--log",  (char *)w->log_vkey.p, "--listen",
                           "127.0.0.1:0",      NULL};
    char *const print[] = {(char *)w->program, "--name",      "w.example/1", "--state",
                           (char *)w->state,   "--print-key", NULL};

    (void)dup2(out, print_key ? STDOUT_FILENO : STDERR_FILENO);
    (void)execv(w->program, print_key ? print : serve);
    _exit(127);
}

// The first line that it writes.
static pid_t start_program(const struct world *w, bool print_key, char line[256])
{
    int ends[2];
    size_t n = 0;

    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        run_witness(w, ends[1], print_key);
    }
    assert_true(pid > 0);
    (void)close(ends[1]);
    while (n < 255 && read(ends[0], line + n, 1) == 1 && line[n] != '\n') {
        n++;
    }
    line[n] = '\0';
    (void)close(ends[0]);
    return pid;
}

static void start_witness(struct world *w)
{
    char line[256];

    w->witness = start_program(w, false, line);
    assert_true(strncmp(line, "ready ", 6) == 0);
    (void)snprintf(w->url, sizeof(w->url), "%.60s", line + 6);
    w->site.url = span_str(w->url);
}

static void stop_witness(struct world *w)
{
    assert_int_equal(kill(w->witness, SIGTERM), 0);
    assert_int_equal(waitpid(w->witness, NULL, 0), w->witness);
    w->witness = 0;
}

static void world_init(struct world *w)
{
    const char *binary = getenv("AIU_BINARY");
    char line[256];

    memset(w, 0, sizeof(*w));
    (void)snprintf(w->program, sizeof(w->program), "%s/bin/aiu-witness",
                   binary == NULL ? "." : binary);
    if (access(w->program, X_OK) != 0) {
        print_message("skipped: there is no aiu-witness\n");
        skip();
    }
    (void)new_log_folder(w->folder);
    (void)snprintf(w->state, sizeof(w->state), "%.*s/witness", (int)strlen(w->folder) - 4,
                   w->folder);
    row_init(&w->row, SIZE, SIZE);
    w->log = key_of_seed(0);
    const struct note_key key = named_key(LOG_ORIGIN, NOTE_SIGNATURE, w->log);
    buf_init(&w->log_vkey, 1024);
    buf_init(&w->vkey, 1024);
    append_vkey(&key, &w->log_vkey);
    assert_ok(buf_append_byte(&w->log_vkey, 0));
    (void)waitpid(start_program(w, true, line), NULL, 0);
    assert_ok(buf_append(&w->vkey, span_str(line)));
    w->site = (struct anchor_witness){.name = SPAN("site-b")};
    assert_ok(note_key_parse(buf_span(&w->vkey), &w->site.key));
    w->logger = (struct logger){.level = LOG_CRITICAL + 1};
    (void)mkdir(w->folder, 0700);
    w->folder_fd = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    start_witness(w);
}

static void world_done(struct world *w)
{
    if (w->witness != 0) {
        stop_witness(w);
    }
    (void)close(w->folder_fd);
    row_done(&w->row);
    sign_key_free(w->log);
    buf_wipe(&w->log_vkey);
    buf_wipe(&w->vkey);
    remove_log_folder(w->folder);
}

// Publish the first `size` entries, and ask the witness.
static enum aiu_status ask(struct world *w, uint64_t size, uint64_t *known, struct buf *lines)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);

    publish(w->folder, &w->row, size, w->log);
    sign_row(&w->row, size, w->log, &note);
    buf_reset(lines);
    return anchor_ask(&w->site, w->folder_fd, buf_span(&note), known, lines);
}

static void a_witness_cosigns_as_the_log_grows(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf lines = BUF_OF(NOTE_MOST);
    uint64_t known = 0;

    (void)state;
    world_init(&w);
    assert_ok(ask(&w, 300, &known, &lines));
    assert_int_equal(known, 300);
    assert_true(span_starts_with(buf_span(&lines), SPAN_OF("\xE2\x80\x94 w.example/1 ")));
    assert_ok(ask(&w, 1000, &known, &lines));
    assert_int_equal(known, 1000);
    known = 0; // we were started again, the witness was not
    assert_ok(ask(&w, 1500, &known, &lines));
    known = 1500;
    assert_ok(ask(&w, 1500, &known, &lines)); // the same once more
    stop_witness(&w);
    start_witness(&w);
    assert_ok(ask(&w, SIZE, &known, &lines));
}

static void another_history_is_a_conflict(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf lines = BUF_OF(NOTE_MOST);
    uint64_t known = 0;

    (void)state;
    world_init(&w);
    assert_ok(ask(&w, 1000, &known, &lines));
    assert_status(ask(&w, 500, &known, &lines), AIU_AUDIT_UNVERIFIED); // set back
    row_edit(&w.row, 100);
    assert_status(ask(&w, 1200, &known, &lines), AIU_AUDIT_UNVERIFIED); // written anew
    assert_int_equal(lines.n, 0);
}

static void a_witness_that_cannot_be_used_is_told_from_one_that_refuses(void **state)
{
    CLEANUP(world_done) struct world w;
    CLEANUP(buf_wipe) struct buf lines = BUF_OF(NOTE_MOST);
    CLEANUP(sign_key_done) struct sign_key *other = key_of_seed(77);
    uint64_t known = 0;

    (void)state;
    world_init(&w);
    struct sign_key *log = w.log;
    w.log = other; // a key that the witness does not know
    assert_status(ask(&w, 10, &known, &lines), AIU_FORBIDDEN);
    w.log = log;
    const struct note_key right = w.site.key;
    w.site.key = named_key("w.example/1", NOTE_COSIGNATURE, other);
    assert_status(ask(&w, 10, &known, &lines), AIU_PROVIDER_BAD_REPLY);
    w.site.key = right;
    stop_witness(&w);
    assert_status(ask(&w, 10, &known, &lines), AIU_PROVIDER_UNREACHABLE);
}

struct heard {
    _Atomic uint64_t checkpoints;
    _Atomic uint32_t troubles; // bit of each kind
    _Atomic uint64_t told;
    _Atomic uint64_t lines;
};

static enum aiu_status take_checkpoint(void *ctx, struct span note)
{
    struct heard *h = ctx;

    assert_true(span_starts_with(note, SPAN_OF(LOG_ORIGIN "\n")));
    atomic_fetch_add(&h->checkpoints, 1);
    return AIU_OK;
}

static void take_trouble(void *ctx, const struct anchor_witness *witness,
                         enum anchor_trouble trouble)
{
    struct heard *h = ctx;

    assert_span("name", witness->name, SPAN_OF("site-b"));
    atomic_fetch_or(&h->troubles, 1U << trouble);
    atomic_fetch_add(&h->told, 1);
}

static void take_lines(void *ctx, struct span text, struct span lines)
{
    struct heard *h = ctx;

    assert_true(span_starts_with(text, SPAN_OF(LOG_ORIGIN "\n")));
    assert_true(span_starts_with(lines, SPAN_OF("\xE2\x80\x94 w.example/1 ")));
    assert_int_equal(span_find_byte(lines, '\n'), lines.n - 1);
    atomic_fetch_add(&h->lines, 1);
}

static bool came(const struct anchor *a, uint64_t size)
{
    const struct timespec pause = {0, 2000000};

    for (int i = 0; i < 5000 && anchor_cosigned(a) != size; i++) {
        (void)nanosleep(&pause, NULL);
    }
    return anchor_cosigned(a) == size;
}

static void the_thread_keeps_the_newest_cosigned_checkpoint(void **state)
{
    CLEANUP(world_done) struct world w;
    struct heard heard = {0};
    const struct anchor_target target = {SPAN("collector"), take_checkpoint, &heard};
    struct anchor *a = NULL;
    char path[PATH_SIZE + 16];
    struct note n;
    struct note_signers signers;

    (void)state;
    world_init(&w);
    const struct anchor_options options = {.folder = w.folder,
                                           .witnesses = &w.site,
                                           .witness_count = 1,
                                           .targets = &target,
                                           .target_count = 1,
                                           .interval_ms = 10,
                                           .logger = &w.logger,
                                           .on_cosigned = take_lines,
                                           .on_trouble = take_trouble,
                                           .ctx = &heard};
    assert_ok(anchor_start(&options, &a)); // nothing is published yet
    publish(w.folder, &w.row, 300, w.log);
    assert_true(came(a, 300));
    publish(w.folder, &w.row, 1000, w.log);
    assert_true(came(a, 1000));
    (void)snprintf(path, sizeof(path), "%s/cosigned", w.folder);
    struct span file = test_read_file(path);
    assert_ok(note_parse(file, &n));
    const struct note_key keys[] = {named_key(LOG_ORIGIN, NOTE_SIGNATURE, w.log), w.site.key};
    assert_ok(note_verify(&n, keys, 2, &signers));
    assert_int_equal(signers.keys, 3);
    mem_free((void *)(uintptr_t)file.p);
    assert_int_equal(atomic_load(&heard.checkpoints), 2); // each once
    assert_int_equal(atomic_load(&heard.lines), 2);
    assert_int_equal(atomic_load(&heard.told), 0);
    // A new month: another folder has the log's name now.
    char old[PATH_SIZE + 16];
    (void)snprintf(old, sizeof(old), "%.*s/2026-11", (int)strlen(w.folder) - 4, w.folder);
    assert_int_equal(rename(w.folder, old), 0);
    publish(w.folder, &w.row, 1100, w.log);
    assert_true(came(a, 1100));
    row_edit(&w.row, 10);
    publish(w.folder, &w.row, 1200, w.log);
    while (atomic_load(&heard.told) == 0) {
        (void)usleep(2000);
    }
    assert_int_equal(atomic_load(&heard.troubles), 1U << ANCHOR_CONFLICT);
    assert_int_equal(anchor_cosigned(a), 1100);
    anchor_stop(a);
    assert_int_equal(atomic_load(&heard.told), 1); // not once a round
}

TEST_MAIN(a_witness_cosigns_as_the_log_grows, another_history_is_a_conflict,
          a_witness_that_cannot_be_used_is_told_from_one_that_refuses,
          the_thread_keeps_the_newest_cosigned_checkpoint)
