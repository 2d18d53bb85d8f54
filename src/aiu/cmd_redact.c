// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu redact`: standard input to standard output with something else in the place of what is
// found. Made of libaiu, as any other program is.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aiu/cmd.h"
#include "aiu/config_file.h"
#include "aiu/option.h"
#include "aiu/pseudonym_map.h"
#include "aiu/redactor.h"
#include "aiu/status.h"
#include "detect/rules.h"
#include "scan/select.h"
#include "secret/io.h"

static const char usage[] =
    "usage: aiu redact [--mode MODE] [--map FILE] [--only KINDS] [--plain]\n"
    "                  [--phone-regions REGIONS] <TEXT\n"
    "\n"
    "Copies standard input to standard output, with something else in the place of secrets and\n"
    "personal data. Everything else is byte for byte; a text that comes slowly goes on as soon as\n"
    "it is decided.\n"
    "\n"
    "  --mode tag        [REDACTED:email] (default); with --plain [REDACTED]\n"
    "  --mode pseudonym  a token of the same form, always the same for a value; with --map, what\n"
    "                    `aiu restore` needs to put the values back\n"
    "  --mode mask       the last four characters stay\n"
    "  --mode drop       nothing\n"
    "  --map FILE        sealed with the key of the state folder; one that is there is added to\n"
    "  --only KINDS      a list with commas: kinds, rule ids or the front of some, all\n"
    "  --phone-regions REGIONS  DE,US and so on: telephone numbers of these as people write them at\n"
    "                    home, without a word beside them\n"
    "  --state-dir DIR, --config FILE   whose key (made where there is none), or\n"
    "  --key FILE        a file with a key of 32 bytes and more that only you can read\n"
    "\n"
    "Exit code: 0, 2 usage, others by the kind of error (6 files, 10 not inspected, 11 system).\n";

enum { PIECE = 1 << 20, OUT_MOST = 1 << 30 };

enum mode { MODE_TAG, MODE_PSEUDONYM, MODE_MASK, MODE_DROP };

struct request {
    enum mode mode;
    bool plain;
    const char *only;
    struct phone_regions regions;
    struct map_options map;
};

struct redaction {
    struct aiu_scanner *scanner;
    struct aiu_redactor *redactor;
    struct aiu_redactor_stream *stream;
    struct pseudonym_map map;
    struct buf out;
};

static int fail(enum aiu_status st, const char *what)
{
    (void)fprintf(stderr, "aiu redact: %s%s%s\n", what, what[0] == '\0' ? "" : ": ",
                  aiu_status_info(st)->text);
    return aiu_status_info(st)->exit;
}

static enum aiu_status sink(void *ctx, const char *bytes, size_t n)
{
    return buf_append(ctx, span_of(bytes, n));
}

// No token leaves before the map that leads back is on disk.
static enum aiu_status flush(struct redaction *r)
{
    TRY(pseudonym_map_save(&r->map));
    if (!io_write_all(STDOUT_FILENO, buf_span(&r->out))) {
        return AIU_IO;
    }
    buf_reset(&r->out);
    return AIU_OK;
}

static enum aiu_status set_rules(struct aiu_scanner *scanner, const char *only)
{
    struct rule_set rules;

    if (only == NULL) {
        aiu_scanner_only_kind(scanner, AIU_KIND_PII);
        aiu_scanner_only_kind(scanner, AIU_KIND_SECRET);
        return AIU_OK;
    }
    TRY(select_rules(span_str(only), &rules, NULL));
    for (size_t i = 0; i < rules_count(); i++) {
        if (rule_set_has(&rules, (uint16_t)i)) {
            TRY(aiu_scanner_only_rule(scanner, rules_get((uint16_t)i)->id));
        }
    }
    return AIU_OK;
}

static enum aiu_status new_redactor(struct redaction *r, const struct request *q)
{
    static const enum aiu_redactor_style styles[] = {
        [MODE_TAG] = AIU_REDACTOR_TYPED,
        [MODE_PSEUDONYM] = AIU_REDACTOR_TYPED,
        [MODE_MASK] = AIU_REDACTOR_MASK,
        [MODE_DROP] = AIU_REDACTOR_DROP,
    };

    if (q->mode == MODE_PSEUDONYM) {
        TRY(pseudonym_map_open(&q->map, true, &r->map));
        return aiu_redactor_new_pseudonym(r->scanner, r->map.list, &r->redactor);
    }
    return aiu_redactor_new(r->scanner, q->plain ? AIU_REDACTOR_PLAIN : styles[q->mode],
                            &r->redactor);
}

static enum aiu_status open_all(struct redaction *r, const struct request *q)
{
    TRY(aiu_scanner_new(&r->scanner));
    TRY(set_rules(r->scanner, q->only));
    for (size_t i = 0; i < q->regions.count; i++) {
        TRY(aiu_scanner_phone_region(r->scanner,
                                     (const char *)phone_region_name(q->regions.items[i]).p));
    }
    TRY(new_redactor(r, q));
    return aiu_redactor_stream_new(r->redactor, sink, &r->out, &r->stream);
}

static void redaction_done(struct redaction *r)
{
    aiu_redactor_stream_free(r->stream);
    aiu_redactor_free(r->redactor);
    pseudonym_map_done(&r->map);
    aiu_scanner_free(r->scanner);
    buf_wipe(&r->out);
}

// As much as there is without waiting: what comes fast is handled in few pieces.
static enum aiu_status read_some(char *to, size_t *ret_n)
{
    struct pollfd more = {.fd = STDIN_FILENO, .events = POLLIN};
    size_t got = 0;
    ssize_t n = 1;

    while (got < PIECE && n > 0 && (got == 0 || poll(&more, 1, 0) == 1)) {
        do {
            n = read(STDIN_FILENO, to + got, PIECE - got);
        } while (n < 0 && errno == EINTR);
        got += n > 0 ? (size_t)n : 0;
    }
    *ret_n = got;
    return n < 0 ? AIU_IO : AIU_OK;
}

static enum aiu_status copy(struct redaction *r)
{
    static char piece[PIECE];
    size_t n = 0;

    TRY(read_some(piece, &n));
    while (n > 0) {
        TRY(aiu_redactor_stream_feed(r->stream, piece, n));
        TRY(flush(r));
        TRY(read_some(piece, &n));
    }
    TRY(aiu_redactor_stream_finish(r->stream));
    return flush(r);
}

static int redact(const struct request *q)
{
    CLEANUP(redaction_done) struct redaction r = {.out = BUF_OF(OUT_MOST)};

    enum aiu_status st = open_all(&r, q);
    if (st == AIU_NOT_FOUND) {
        (void)fputs("aiu redact: --only names no kind or rule\n", stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    if (st != AIU_OK) {
        return fail(st, q->mode == MODE_PSEUDONYM ? "the map or its key" : "");
    }
    st = copy(&r);
    return st == AIU_OK ? 0 : fail(st, "");
}

static bool take_mode(struct request *q, const char *value)
{
    static const char *const names[] = {[MODE_TAG] = "tag",
                                        [MODE_PSEUDONYM] = "pseudonym",
                                        [MODE_MASK] = "mask",
                                        [MODE_DROP] = "drop"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            q->mode = (enum mode)i;
            return true;
        }
    }
    (void)fputs("aiu redact: --mode is tag, pseudonym, mask or drop\n", stderr);
    return false;
}

static bool take_regions(struct request *q, const char *value)
{
    struct span word;
    enum aiu_status st = select_regions(span_str(value), &q->regions, &word);

    if (st == AIU_NOT_FOUND) {
        (void)fputs("aiu redact: --phone-regions: there is no region ", stderr);
        config_file_print(stderr, word);
        (void)fputs(": two letters as in ISO 3166-1, such as GB\n", stderr);
    } else if (st == AIU_TOO_LONG) {
        (void)fputs("aiu redact: --phone-regions names too many regions\n", stderr);
    }
    return st == AIU_OK;
}

static bool take_options(struct request *q, char **argv)
{
    for (char **word = argv + 1; *word != NULL; word++) {
        if (strcmp(*word, "--plain") == 0) {
            q->plain = true;
            continue;
        }
        if (word[1] == NULL) {
            option_complain("aiu redact", *word);
            return false;
        }
        if (strcmp(*word, "--mode") == 0) {
            if (!take_mode(q, word[1])) {
                return false;
            }
        } else if (strcmp(*word, "--phone-regions") == 0) {
            if (!take_regions(q, word[1])) {
                return false;
            }
        } else if (strcmp(*word, "--only") == 0) {
            q->only = word[1];
        } else if (!map_option(&q->map, word[0], word[1])) {
            option_complain("aiu redact", *word);
            return false;
        }
        word++;
    }
    return true;
}

int cmd_redact(int argc, char **argv)
{
    struct request q = {0};

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (!take_options(&q, argv)) {
        return aiu_status_info(AIU_USAGE)->exit;
    }
    if (q.map.path != NULL && q.mode != MODE_PSEUDONYM) {
        (void)fputs("aiu redact: --map goes with --mode pseudonym\n", stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    return redact(&q);
}
