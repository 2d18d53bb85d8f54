// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu restore`: puts values back in the place of the pseudonyms of `aiu redact --map`. The map is
// read when the first bytes of the text come, so that it may be made by an earlier part of one
// pipeline.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aiu/cmd.h"
#include "aiu/option.h"
#include "aiu/pseudonym_map.h"
#include "aiu/status.h"
#include "secret/io.h"

static const char usage[] =
    "usage: aiu restore --map FILE [--json] [--key FILE | --state-dir DIR | --config FILE] <TEXT\n"
    "\n"
    "Copies standard input to standard output and puts the values that `aiu redact --mode pseudonym\n"
    "--map FILE` took out back in the place of their pseudonyms.\n"
    "\n"
    "  --json   the text is JSON: values are escaped inside its strings\n"
    "\n"
    "Exit code: 0, 2 usage, others by the kind of error (6 files, 10 not inspected, 11 system).\n";

enum { PIECE = 64 << 10 };

struct restoration {
    struct pseudonym_map map;
    struct aiu_restorer_stream *stream;
};

static enum aiu_status sink(void *ctx, const char *bytes, size_t n)
{
    (void)ctx;
    return io_write_all(STDOUT_FILENO, span_of(bytes, n)) ? AIU_OK : AIU_IO;
}

static void restoration_done(struct restoration *r)
{
    aiu_restorer_stream_free(r->stream);
    pseudonym_map_done(&r->map);
}

static enum aiu_status feed(struct restoration *r, const struct map_options *o,
                            enum aiu_restorer_format format, const char *bytes, size_t n)
{
    if (r->stream == NULL) {
        TRY(pseudonym_map_open(o, false, &r->map));
        TRY(aiu_restorer_stream_new(r->map.list, format, sink, NULL, &r->stream));
    }
    return aiu_restorer_stream_feed(r->stream, bytes, n);
}

static enum aiu_status copy(struct restoration *r, const struct map_options *o,
                            enum aiu_restorer_format format)
{
    static char piece[PIECE];
    ssize_t n = 1;

    while (n != 0) {
        n = read(STDIN_FILENO, piece, sizeof(piece));
        if (n < 0 && errno != EINTR) {
            return AIU_IO;
        }
        if (n > 0) {
            TRY(feed(r, o, format, piece, (size_t)n));
        }
    }
    return r->stream == NULL ? AIU_OK : aiu_restorer_stream_finish(r->stream);
}

static int restore(const struct map_options *o, enum aiu_restorer_format format)
{
    CLEANUP(restoration_done) struct restoration r = {0};

    enum aiu_status st = copy(&r, o, format);
    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu restore: %s\n", aiu_status_info(st)->text);
    }
    return aiu_status_info(st)->exit;
}

int cmd_restore(int argc, char **argv)
{
    enum aiu_restorer_format format = AIU_RESTORER_TEXT;
    struct map_options o = {0};
    bool known = true;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, stdout);
        return 0;
    }
    for (int i = 1; i < argc && known; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            format = AIU_RESTORER_JSON;
        } else {
            known = i + 1 < argc && map_option(&o, argv[i], argv[i + 1]);
            if (!known) {
                option_complain("aiu restore", argv[i]);
            }
            i++;
        }
    }
    if (!known || o.path == NULL) {
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    return restore(&o, format);
}
