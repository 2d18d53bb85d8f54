// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu evidence` (guide S74): one folder with what an investigation needs, and a seal that shows
// later that nobody has changed it. The parts are what other commands print; each of them can be
// repeated on the copy of the log that lies beside it.
//
// The seal: MANIFEST.json lists every file with its SHA-256; the manifest's own hash goes into the
// audit log as an entry, and the receipt of that entry (a tlog-proof with a signed checkpoint) into
// the folder. Whoever has the log's public key can check it for ever; witnesses that have cosigned
// the checkpoint say when it was there at the latest.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "aiu/audit.h"
#include "aiu/audit_ask.h"
#include "aiu/cmd.h"
#include "aiu/evidence_log.h"
#include "aiu/option.h"
#include "aiu/state_dir.h"
#include "base/clock.h"
#include "base/num.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "net/once.h"
#include "secret/hash.h"
#include "secret/io.h"

enum {
    PATH_SIZE = 8192,
    FILE_MOST = 1 << 30,
    MANIFEST_MOST = 64 << 20,
    SEAL_MS = 10000,
    POLL_MS = 100,
    ARGUMENTS_MOST = 24
};

static const char usage[] =
    "usage: aiu evidence --to FOLDER [--since TIME] [--until TIME] [--key ID] [OPTION…]\n"
    "       aiu evidence --check BUNDLE [--vkey VKEY]\n"
    "\n"
    "Makes a folder below FOLDER with a copy of the audit log and its proofs, of all months that the\n"
    "window touches, the verification of it, the entries and the report of the window, the\n"
    "configuration without secrets, switches and versions; seals it by an entry of the audit log.\n"
    "--check tells whether a bundle is what was sealed. Exit code 1 where it is not, or could not be\n"
    "sealed because no gateway runs.\n"
    "\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

struct evidence {
    const char *to, *since, *until, *key, *check, *vkey;
    struct state_dir_options where;
    char state[4096];
    char folder[PATH_SIZE]; // of the bundle
    uint64_t now;
};

// --- parts that other commands print ----------------------------------------------------------

// Run this program with other arguments, its output into a file of the bundle (NULL: as ours).
// Returns its exit code. Standard output of a program without a file is thrown away.
static int run_self(const struct evidence *e, const char *file, const char *const *argv)
{
    char path[PATH_SIZE + 64];
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)snprintf(path, sizeof(path), "%s/%s", e->folder, file == NULL ? "" : file);
        int fd = file == NULL
                     ? open("/dev/null", O_WRONLY | O_CLOEXEC)
                     : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0) {
            _exit(126);
        }
        (void)execv("/proc/self/exe", (char *const *)argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
        return 127;
    }
    return WEXITSTATUS(status);
}

// What is not there yet is asked for again, in silence.
static bool run_until_done(const struct evidence *e, const char *file, const char *const *argv)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    int saved = dup(STDERR_FILENO);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int code = 1;

    (void)dup2(null, STDERR_FILENO);
    for (int waited = 0; code != 0 && waited < SEAL_MS; waited += POLL_MS) {
        code = run_self(e, file, argv);
        if (code != 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    (void)close(null);
    return code == 0;
}

struct arguments {
    const char *items[ARGUMENTS_MOST];
    size_t count;
};

static void add(struct arguments *a, const char *word)
{
    CHECK(a->count + 1 < ARGUMENTS_MOST);
    a->items[a->count++] = word;
}

static void add_option(struct arguments *a, const char *name, const char *value)
{
    if (value != NULL) {
        add(a, name);
        add(a, value);
    }
}

static void add_window(const struct evidence *e, struct arguments *a)
{
    add_option(a, "--since", e->since);
    add_option(a, "--until", e->until);
    add_option(a, "--key", e->key);
}

// The log's public key; a gateway that has just begun publishes it within a second or two.
static bool collect_key(const struct evidence *e)
{
    const char *const key[] = {"aiu", "audit", "key", "--state-dir", e->state, NULL};

    return run_until_done(e, "key", key);
}

// Questions go to the live log, which keeps an index, and to all its months; `copy` is the one in
// the bundle, which gets none.
static void collect(const struct evidence *e, const char *copy)
{
    char key_path[PATH_SIZE + 64];
    struct arguments query = {{"aiu", "audit", "query", "--state-dir", e->state}, 5};
    struct arguments report = {{"aiu", "incident", "report", "--json", "--state-dir", e->state}, 6};
    struct arguments config = {{"aiu", "config", "show"}, 3};
    const char *const verify[] = {"aiu", "audit", "verify", "--json", "--dir",
                                  copy,  "--key", key_path, NULL};
    const char *const fsck[] = {"aiu", "audit", "fsck", "--json", "--dir", copy, NULL};

    (void)snprintf(key_path, sizeof(key_path), "%s/key", e->folder);
    add_window(e, &query);
    add_window(e, &report);
    add_option(&config, "--config", e->where.config);
    (void)run_self(e, "verification.json", verify);
    (void)run_self(e, "fsck.json", fsck);
    (void)run_self(e, "entries.jsonl", query.items);
    (void)run_self(e, "report.json", report.items);
    (void)run_self(e, "configuration", config.items);
}

// --- parts of our own -------------------------------------------------------------------------

static enum aiu_status write_file(const struct evidence *e, const char *name, struct span text)
{
    char path[PATH_SIZE + 64];

    (void)snprintf(path, sizeof(path), "%s/%s", e->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return AIU_FILE_DENIED;
    }
    bool fine = io_write_all(fd, text) && fsync(fd) == 0;
    (void)close(fd);
    return fine ? AIU_OK : AIU_IO;
}

static enum aiu_status read_file(const char *path, struct buf *b)
{
    uint8_t *p = NULL;
    ssize_t n = 1;
    enum aiu_status st = AIU_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0) {
        return errno == ENOENT ? AIU_FILE_NOT_FOUND : AIU_FILE_DENIED;
    }
    while (st == AIU_OK && n > 0) {
        st = buf_reserve(b, 1 << 16, &p);
        n = st == AIU_OK ? read(fd, p, 1 << 16) : 0;
        if (n > 0) {
            buf_grow(b, (size_t)n);
        }
    }
    (void)close(fd);
    return n < 0 ? AIU_IO : st;
}

static enum aiu_status write_versions(const struct evidence *e)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(8192);
    struct utsname host;
    struct json_writer w;
    char stamp[CLOCK_STAMP_SIZE];

    if (uname(&host) != 0) {
        return AIU_IO;
    }
    clock_stamp(e->now * 1000000, stamp);
    json_writer_init(&w, &b);
    json_write_object(&w);
    json_write_member_string(&w, "aiu", span_str(AIU_VERSION));
    json_write_member_string(&w, "host", span_str(host.nodename));
    json_write_member_string(&w, "kernel", span_str(host.release));
    json_write_member_string(&w, "machine", span_str(host.machine));
    json_write_member_string(&w, "made", span_of(stamp, sizeof(stamp)));
    json_write_member_u64(&w, "uid", getuid());
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return write_file(e, "versions.json", buf_span(&b));
}

static enum aiu_status copy_switches(const struct evidence *e)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);
    char path[4200];

    (void)snprintf(path, sizeof(path), "%s/control.json", e->state);
    enum aiu_status st = read_file(path, &b);
    return st == AIU_FILE_NOT_FOUND ? AIU_OK
           : st == AIU_OK           ? write_file(e, "control.json", buf_span(&b))
                                    : st;
}

// --- the manifest -----------------------------------------------------------------------------

static const char *const parts[] = {"configuration",     "control.json", "entries.jsonl",
                                    "fsck.json",         "key",          "report.json",
                                    "verification.json", "versions.json"};

static enum aiu_status hash_part(const char *folder, const char *name, struct buf *hex)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(FILE_MOST);
    uint8_t digest[SHA256_SIZE];
    char path[PATH_SIZE + 64];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    TRY(read_file(path, &text));
    sha256(buf_span(&text), digest);
    return num_append_hex(hex, span_of(digest, sizeof(digest)));
}

static enum aiu_status write_part(struct json_writer *w, const char *folder, const char *name)
{
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(128);
    enum aiu_status st = hash_part(folder, name, &hex);

    if (st == AIU_FILE_NOT_FOUND) {
        return AIU_OK;
    }
    TRY(st);
    json_write_object(w);
    json_write_member_string(w, "name", span_str(name));
    json_write_member_string(w, "sha256", buf_span(&hex));
    json_write_object_end(w);
    return AIU_OK;
}

// The copy of each month has a manifest of its own, which is listed here.
static enum aiu_status write_manifest(const struct evidence *e, const struct months *months,
                                      struct buf *hex)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(MANIFEST_MOST);
    char inner[PATH_SIZE];
    struct json_writer w;
    uint8_t digest[SHA256_SIZE];

    json_writer_init(&w, &b);
    json_write_object(&w);
    json_write_member_u64(&w, "v", 1);
    json_write_key(&w, "logs");
    json_write_array(&w);
    for (size_t i = 0; i < months->count; i++) {
        (void)snprintf(inner, sizeof(inner), "log/%s", months->names[i]);
        json_write_string(&w, span_str(inner));
    }
    json_write_array_end(&w);
    json_write_key(&w, "files");
    json_write_array(&w);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        TRY(write_part(&w, e->folder, parts[i]));
    }
    for (size_t i = 0; i < months->count; i++) {
        (void)snprintf(inner, sizeof(inner), "log/%s/MANIFEST.json", months->names[i]);
        TRY(write_part(&w, e->folder, inner));
    }
    json_write_array_end(&w);
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    TRY(buf_append(&b, SPAN_OF("\n")));
    sha256(buf_span(&b), digest);
    TRY(num_append_hex(hex, span_of(digest, sizeof(digest))));
    return write_file(e, "MANIFEST.json", buf_span(&b));
}

// --- the seal ---------------------------------------------------------------------------------

// The gateway writes the hash into its log; the index of that entry.
static enum aiu_status post_seal(const struct evidence *e, struct span hex, uint64_t *ret_index)
{
    CLEANUP(buf_wipe) struct buf url = BUF_OF(8192);
    CLEANUP(buf_wipe) struct buf path = BUF_OF(512);
    CLEANUP(arena_done) struct arena a;
    struct once_answer answer = {.body = BUF_OF(65536)};
    struct json_doc doc;

    arena_init(&a, 1 << 20);
    TRY(buf_printf(&url, "unix:%s/admin.sock", e->state));
    TRY(buf_append(&path, SPAN_OF("/admin/v1/evidence/")));
    TRY(buf_append(&path, hex));
    const struct once_request r = {.method = SPAN_OF("POST"),
                                   .url = buf_span(&url),
                                   .path = buf_span(&path),
                                   .timeout_ms = SEAL_MS};
    enum aiu_status st = once_run(&r, &answer);
    if (st == AIU_OK && answer.status != 200) {
        st = AIU_PROVIDER_ERROR;
    }
    if (st == AIU_OK) {
        st = json_parse(buf_span(&answer.body), &a, &json_default_limits, &doc, NULL);
    }
    if (st == AIU_OK) {
        st = json_u64(&doc, json_member(&doc, 0, SPAN_OF("index")), ret_index);
    }
    buf_wipe(&answer.body);
    return st;
}

// The receipt stands when a checkpoint covers the entry: in a second or two.
static enum aiu_status fetch_receipt(const struct evidence *e, uint64_t index)
{
    char number[32], receipt[PATH_SIZE + 64], entry[PATH_SIZE + 64];
    const char *const prove[] = {"aiu",    "audit", "prove", "--index", number, "--state-dir",
                                 e->state, "--out", receipt, "--entry", entry,  NULL};

    (void)snprintf(number, sizeof(number), "%" PRIu64, index);
    (void)snprintf(receipt, sizeof(receipt), "%s/seal.tlog-proof", e->folder);
    (void)snprintf(entry, sizeof(entry), "%s/seal.entry", e->folder);
    return run_until_done(e, NULL, prove) ? AIU_OK : AIU_TIMEOUT;
}

// --- making -----------------------------------------------------------------------------------

static enum aiu_status make_folder(struct evidence *e)
{
    char stamp[CLOCK_STAMP_SIZE];

    clock_stamp(e->now * 1000000, stamp);
    for (int i = 1; i < 1000; i++) {
        int n = snprintf(e->folder, sizeof(e->folder), "%s/aiu-evidence-%.4s%.2s%.2sT%.2s%.2s%.2sZ",
                         e->to, stamp, stamp + 5, stamp + 8, stamp + 11, stamp + 14, stamp + 17);
        if (n < 0 || n > PATH_SIZE - 64) {
            return AIU_TOO_LONG;
        }
        if (i > 1) {
            (void)snprintf(e->folder + n, sizeof(e->folder) - (size_t)n, "-%d", i);
        }
        if (mkdir(e->folder, 0700) == 0) {
            return AIU_OK;
        }
        if (errno != EEXIST) {
            return errno == ENOENT ? AIU_FILE_NOT_FOUND : AIU_FILE_DENIED;
        }
    }
    return AIU_BUSY;
}

static enum aiu_status seal(const struct evidence *e, struct span hex)
{
    uint64_t index = 0;

    TRY(post_seal(e, hex, &index));
    return fetch_receipt(e, index);
}

// Whether a gateway answers on the state folder's admin socket.
static bool is_served(const struct evidence *e)
{
    CLEANUP(buf_wipe) struct buf url = BUF_OF(8192);
    struct once_answer answer = {.body = BUF_OF(65536)};
    struct once_request r = {.method = SPAN_OF("GET"), .path = SPAN_OF("/healthz")};

    r.timeout_ms = SEAL_MS;
    if (buf_printf(&url, "unix:%s/admin.sock", e->state) != AIU_OK) {
        return false;
    }
    r.url = buf_span(&url);
    bool served = once_run(&r, &answer) == AIU_OK && answer.status == 200;
    buf_wipe(&answer.body);
    return served;
}

static enum aiu_status make(struct evidence *e)
{
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(128);
    struct evidence_log log = {
        .state = e->state, .folder = e->folder, .to_us = UINT64_MAX, .now_unix_s = e->now};
    char copy[PATH_SIZE + 64];

    TRY(audit_ask_time(e->since, &log.from_us));
    TRY(audit_ask_time(e->until, &log.to_us));
    TRY(state_dir_path(&e->where, e->state));
    TRY(make_folder(e));
    (void)snprintf(copy, sizeof(copy), "%s/log", e->folder);
    bool has_key = is_served(e) && collect_key(e);
    TRY(evidence_log_copy(&log));
    collect(e, copy);
    TRY(write_versions(e));
    TRY(copy_switches(e));
    TRY(write_manifest(e, &log.months, &hex));
    enum aiu_status st = has_key ? seal(e, buf_span(&hex)) : AIU_NOT_FOUND;
    (void)printf("%s\n", e->folder);
    (void)printf("%" PRIu64 " entries; manifest %.*s; %s\n", log.entries, (int)hex.n,
                 (const char *)hex.p, st == AIU_OK ? "sealed" : "NOT SEALED");
    if (st != AIU_OK) {
        (void)fprintf(stderr,
                      "aiu evidence: no running gateway has sealed it (%s): keep the manifest's "
                      "hash elsewhere\n",
                      aiu_status_info(st)->text);
        return AIU_NOT_FOUND;
    }
    return AIU_OK;
}

// --- checking ---------------------------------------------------------------------------------

__attribute__((format(printf, 1, 2))) static enum aiu_status wrong(const char *format, ...)
{
    va_list args;

    (void)fputs("aiu evidence: ", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return AIU_NOT_FOUND;
}

static enum aiu_status check_parts(const char *folder, const struct json_doc *doc, struct arena *a)
{
    uint32_t list = json_member(doc, 0, SPAN_OF("files"));

    if (!json_is(doc, list, JSON_ARRAY)) {
        return wrong("MANIFEST.json is none");
    }
    for (uint32_t item = json_first(doc, list); item != JSON_NONE;
         item = json_next(doc, list, item)) {
        CLEANUP(buf_wipe) struct buf hex = BUF_OF(128);
        struct span name;
        char text[4096];
        TRY(json_string(doc, json_member(doc, item, SPAN_OF("name")), a, &name));
        (void)snprintf(text, sizeof(text), "%.*s", (int)name.n, (const char *)name.p);
        if (strstr(text, "..") != NULL || text[0] == '/') {
            return wrong("MANIFEST.json names a file outside of the bundle");
        }
        if (hash_part(folder, text, &hex) != AIU_OK ||
            !json_equal(doc, json_member(doc, item, SPAN_OF("sha256")), buf_span(&hex))) {
            return wrong("%s is not what was sealed", text);
        }
    }
    return AIU_OK;
}

static enum aiu_status check_log(const char *folder, const struct json_doc *doc, struct arena *a)
{
    CLEANUP(buf_wipe) struct buf why = BUF_OF(8192);
    enum aiu_status st = evidence_log_check(folder, doc, a, &why);

    return st == AIU_NOT_FOUND ? wrong("%.*s", (int)why.n, (const char *)why.p) : st;
}

// The sealed entry names the manifest's hash, and the receipt proves that it stands in the log.
static enum aiu_status check_seal(const struct evidence *e, struct span hex)
{
    CLEANUP(buf_wipe) struct buf entry = BUF_OF(1 << 20);
    char receipt[PATH_SIZE + 64], sealed[PATH_SIZE + 64], key[PATH_SIZE + 64];
    struct arguments verify = {{"aiu", "audit", "verify", "--receipt", receipt, "--entry", sealed,
                                "--key", e->vkey == NULL ? key : e->vkey},
                               9};

    (void)snprintf(receipt, sizeof(receipt), "%s/seal.tlog-proof", e->check);
    (void)snprintf(sealed, sizeof(sealed), "%s/seal.entry", e->check);
    (void)snprintf(key, sizeof(key), "%s/key", e->check);
    if (read_file(sealed, &entry) != AIU_OK) {
        return wrong("the bundle is not sealed");
    }
    if (span_find_span(buf_span(&entry), hex) == entry.n) {
        return wrong("the seal is of another manifest");
    }
    return run_self(e, NULL, verify.items) == 0 ? AIU_OK : wrong("the seal does not verify");
}

static enum aiu_status check(const struct evidence *e)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(MANIFEST_MOST);
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(128);
    CLEANUP(arena_done) struct arena a;
    uint8_t digest[SHA256_SIZE];
    char path[PATH_SIZE];
    struct json_doc doc;

    arena_init(&a, 16 << 20);
    (void)snprintf(path, sizeof(path), "%s/MANIFEST.json", e->check);
    TRY(read_file(path, &text));
    sha256(buf_span(&text), digest);
    TRY(num_append_hex(&hex, span_of(digest, sizeof(digest))));
    if (json_parse(buf_span(&text), &a, &json_default_limits, &doc, NULL) != AIU_OK) {
        return wrong("MANIFEST.json is no JSON");
    }
    TRY(check_parts(e->check, &doc, &a));
    TRY(check_log(e->check, &doc, &a));
    TRY(check_seal(e, buf_span(&hex)));
    (void)printf("the bundle is what was sealed\n");
    if (e->vkey == NULL) {
        (void)printf("(by the key in the bundle: compare it with the one that you know)\n");
    }
    return AIU_OK;
}

static bool take_option(struct evidence *e, int argc, char **argv, int *i)
{
    const struct option_row options[] = {
        {"--to", &e->to, NULL},
        {"--since", &e->since, NULL},
        {"--until", &e->until, NULL},
        {"--key", &e->key, NULL},
        {"--check", &e->check, NULL},
        {"--vkey", &e->vkey, NULL},
        {"--state-dir", &e->where.state_dir, NULL},
        {"--config", &e->where.config, NULL},
    };

    return option_take("aiu evidence", options, ARRAY_SIZE(options), argc, argv, i);
}

int cmd_evidence(int argc, char **argv)
{
    static struct evidence e;
    bool fine = true;

    e.now = (uint64_t)time(NULL);
    for (int i = 1; fine && i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(usage, stdout);
            return 0;
        }
        fine = take_option(&e, argc, argv, &i);
    }
    if (!fine || (e.to == NULL) == (e.check == NULL)) {
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    enum aiu_status st = e.to != NULL ? make(&e) : check(&e);
    if (st != AIU_OK && st != AIU_NOT_FOUND) {
        (void)fprintf(stderr, "aiu evidence: %s\n", aiu_status_info(st)->text);
    }
    return aiu_status_info(st)->exit;
}
