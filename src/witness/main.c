// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// aiu-witness: a small witness for logs of others (c2sp.org/tlog-witness), for tests and for two
// sites that watch each other's gateway. One thread; a request is a few signatures and one fsync.
// TLS and names to the outside are a reverse proxy's work.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret/io.h"
#include "secret/sign.h"
#include "verify/keys.h"
#include "witness/serve.h"

enum { OPTION_PRINT_KEY = 256 };

static const char usage[] =
    "usage: aiu-witness --name NAME --state DIR --log VKEY|FILE… [--listen ADDRESS]\n"
    "       aiu-witness --name NAME --state DIR --print-key\n"
    "\n"
    "Remembers the newest checkpoint of each log that it knows, and cosigns the next one only\n"
    "where it continues that: POST /add-checkpoint, GET /HASH/checkpoint\n"
    "(c2sp.org/tlog-witness).\n"
    "\n"
    "  --name NAME       of the witness, as in its key: a URL without scheme\n"
    "  --state DIR       its key and what it remembers; made where it is missing. Whoever can\n"
    "                    write there can make it forget\n"
    "  --log VKEY|FILE   a log's public key, or a file with one a line\n"
    "  --listen ADDRESS  HOST:PORT (port 0: the system chooses) or unix:PATH\n"
    "  --print-key       print the vkey of the witness, and end\n"
    "\n"
    "Writes \"ready http://HOST:PORT\" to stderr when it serves. SIGTERM ends it with 0.\n";

struct arguments {
    const char *name, *state, *listen, *logs[TRUST_LOGS_MOST];
    size_t logs_count;
    bool print_key;
};

static int complain(const char *what, enum aiu_status st)
{
    (void)fprintf(stderr, "aiu-witness: %s: %s\n", what, aiu_status_info(st)->text);
    return aiu_status_info(st)->exit;
}

// 0, or the exit code.
static int read_arguments(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"name", required_argument, NULL, 'n'},
        {"state", required_argument, NULL, 's'},
        {"log", required_argument, NULL, 'l'},
        {"listen", required_argument, NULL, 'a'},
        {"print-key", no_argument, NULL, OPTION_PRINT_KEY},
        {NULL, 0, NULL, 0},
    };

    for (int o = 0;
         (o = getopt_long(argc, argv, "", options, NULL)) != -1;) { // NOLINT(concurrency-mt-unsafe)
        if (o == 'n') {
            a->name = optarg;
        } else if (o == 's') {
            a->state = optarg;
        } else if (o == 'a') {
            a->listen = optarg;
        } else if (o == OPTION_PRINT_KEY) {
            a->print_key = true;
        } else if (o == 'l' && a->logs_count < TRUST_LOGS_MOST) {
            a->logs[a->logs_count++] = optarg;
        } else {
            return 2;
        }
    }
    if (optind < argc || a->name == NULL || a->state == NULL ||
        (!a->print_key && a->logs_count == 0)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    return 0;
}

// The folder, for its owner only, and for one witness at a time.
static enum aiu_status open_state(const char *path, int *ret_folder)
{
    struct stat s;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return AIU_FILE_DENIED;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return AIU_FILE_DENIED;
    }
    enum aiu_status st = AIU_OK;
    if (fstat(fd, &s) != 0 || s.st_uid != geteuid() || (s.st_mode & 077) != 0) {
        st = AIU_AUDIT_EXPOSED;
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        st = AIU_AUDIT_LOCKED;
    }
    if (st != AIU_OK) {
        (void)close(fd);
        return st;
    }
    *ret_folder = fd;
    return AIU_OK;
}

static int print_key(const struct note_key *key)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(NOTE_KEY_TEXT_MOST);

    if (note_key_write(key, &b) != AIU_OK) {
        return aiu_status_info(AIU_NO_MEMORY)->exit;
    }
    (void)printf("%.*s\n", (int)b.n, (const char *)b.p);
    return fflush(stdout) == 0 ? 0 : aiu_status_info(AIU_IO)->exit;
}

static int run(const struct arguments *a, struct sign_key *signer, int folder, struct keys *keys)
{
    struct witness_options w = {
        .folder = folder,
        .signer = signer,
        .trust = &keys->trust,
        .clock = io_clock(),
    };
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    sign_key_public(signer, public_key);
    if (note_key_init(&w.key, span_str(a->name), NOTE_COSIGNATURE, public_key) != AIU_OK) {
        return complain("--name", AIU_USAGE);
    }
    if (a->print_key) {
        return print_key(&w.key);
    }
    for (size_t i = 0; i < a->logs_count; i++) {
        enum aiu_status st = keys_add(keys, a->logs[i]);
        if (st != AIU_OK) {
            return complain(a->logs[i], st);
        }
    }
    enum aiu_status st = serve_run(&w, a->listen == NULL ? "127.0.0.1:8474" : a->listen);
    return st == AIU_OK ? 0 : complain("serving", st);
}

int main(int argc, char **argv)
{
    CLEANUP(sign_key_done) struct sign_key *signer = NULL;
    CLEANUP(keys_done) struct keys keys;
    struct arguments a = {0};
    int folder = -1;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)puts("aiu-witness " AIU_VERSION);
        return 0;
    }
    keys_init(&keys);
    int exit = read_arguments(argc, argv, &a);
    if (exit != 0) {
        return exit;
    }
    enum aiu_status st = secret_init_process(false);
    st = st == AIU_OK ? open_state(a.state, &folder) : st;
    st = st == AIU_OK ? sign_key_open(folder, "witness.key", &signer) : st;
    if (st != AIU_OK) {
        return complain(a.state, st);
    }
    exit = run(&a, signer, folder, &keys);
    (void)close(folder);
    return exit;
}
