// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// aiu-mock: a deterministic provider for the demo, tests and benchmarks (docs/mock.md).
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server.h"

static const char usage[] =
    "usage: aiu-mock --listen ADDRESS [--record FILE] [--quiet]\n"
    "\n"
    "An AI provider that answers offline and always the same: it echoes the last user message.\n"
    "\n"
    "  --listen ADDRESS  HOST:PORT (port 0: the system chooses) or unix:PATH\n"
    "  --record FILE     append each request received as one JSON line\n"
    "  --quiet           no line a request on stderr\n"
    "  --help            this text\n"
    "  --version         the version\n"
    "\n"
    "Writes \"ready http://HOST:PORT\" to stderr when it serves. SIGTERM ends it with 0.\n"
    "Tests steer it through the request's field \"mock\": docs/mock.md.\n";

static void raise_open_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int open_record(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        (void)fprintf(stderr, "aiu-mock: cannot write the record file\n");
    }
    return fd;
}

static int serve(const struct server_options *options)
{
    enum aiu_status st = server_run(options);

    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu-mock: %s\n", aiu_status_info(st)->text);
    }
    return aiu_status_info(st)->exit;
}

static int run(const char *listen, const char *record, bool quiet)
{
    struct server_options options = {span_str(listen), .record_fd = -1, .quiet = quiet};

    if (listen == NULL) {
        (void)fprintf(stderr, "aiu-mock: --listen is missing; try aiu-mock --help\n");
        return 2;
    }
    if (record != NULL) {
        options.record_fd = open_record(record);
        if (options.record_fd < 0) {
            return aiu_status_info(AIU_FILE_DENIED)->exit;
        }
    }
    raise_open_files();
    (void)signal(SIGPIPE, SIG_IGN); // NOLINT(cert-err33-c,concurrency-mt-unsafe): before any thread
    int code = serve(&options);
    if (options.record_fd >= 0) {
        (void)close(options.record_fd);
    }
    return code;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"listen", required_argument, NULL, 'l'}, {"record", required_argument, NULL, 'r'},
        {"quiet", no_argument, NULL, 'q'},        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},      {NULL, 0, NULL, 0},
    };
    const char *listen = NULL;
    const char *record = NULL;
    bool quiet = false;

    for (int o = 0;
         (o = getopt_long(argc, argv, "", options, NULL)) != -1;) { // NOLINT(concurrency-mt-unsafe)
        switch (o) {
        case 'l':
            listen = optarg;
            break;
        case 'r':
            record = optarg;
            break;
        case 'q':
            quiet = true;
            break;
        case 'h':
            (void)fputs(usage, stdout);
            return 0;
        case 'V':
            (void)puts("aiu-mock " AIU_VERSION);
            return 0;
        default:
            return 2;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "aiu-mock: unexpected argument; try aiu-mock --help\n");
        return 2;
    }
    return run(listen, record, quiet);
}
