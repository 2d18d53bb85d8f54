// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "verify/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/months.h"
#include "audit/receipt.h"
#include "base/num.h"
#include "secret/secret.h"
#include "verify/keys.h"
#include "verify/print.h"

enum { EXIT_GOOD = 0, EXIT_NOT = 1, EXIT_USAGE = 2 };

struct request {
    const struct verify_command *command;
    const char *keys[TRUST_LOGS_MOST], *since[VERIFY_SINCE_MOST];
    size_t keys_count, since_count;
    const char *policy, *checkpoint, *dir, *receipt, *entry, *threads;
    bool json;
    unsigned threads_count;
    struct keys known;
    struct verify_epoch epoch; // that the month before has left
    struct buf since_notes[VERIFY_SINCE_MOST], checkpoint_note;
};

static void print_usage(const struct verify_command *c, FILE *to)
{
    (void)fprintf(
        to,
        "usage: %s [--dir DIR] [--key VKEY|FILE]… [--policy FILE] [--since FILE]… [--json]\n"
        "       %s --receipt FILE --entry FILE [--key VKEY|FILE]… [--policy FILE]\n"
        "\n"
        "Whether a log is what its checkpoint says: running or not, copied or a backup, offline,\n"
        "with nothing but the public key. Or whether a receipt proves that an entry is in a log.\n"
        "Exit code 0: good; 1: not, with the first bad entry and what happened to it.\n"
        "\n"
        "  --dir DIR          the log's folder, with wal, tile and checkpoint or some of them; or a\n"
        "                     folder of months (2026-10, 2026-11, main), which are checked in order\n"
        "%s"
        "  --key VKEY|FILE    the log's public key, or a file with one a line\n"
        "  --policy FILE      logs, witnesses and quorum (c2sp.org/tlog-policy)\n"
        "  --since FILE       a checkpoint that was kept outside: the log must go on from there\n"
        "  --checkpoint FILE  instead of the one in the folder\n"
        "  --receipt FILE     a .tlog-proof, and --entry FILE (- is the standard input)\n"
        "  --threads N        instead of one for each processor\n"
        "  --json             one object for programs\n",
        c->name, c->name, c->option_help == NULL ? "" : c->option_help);
}

static int complain(const struct request *r, const char *what, enum aiu_status st)
{
    (void)fprintf(stderr, "%s: %s: %s\n", r->command->name, what, aiu_status_info(st)->text);
    return aiu_status_info(st)->exit == EXIT_NOT ? aiu_status_info(AIU_FILE_INVALID)->exit
                                                 : aiu_status_info(st)->exit;
}

// Arguments

static bool take_list(const char *value, const char **list, size_t *count, size_t most)
{
    if (value == NULL || *count == most) {
        return false;
    }
    list[(*count)++] = value;
    return true;
}

static bool take_option(struct request *r, int argc, char **argv, int *i)
{
    const struct {
        const char *name;
        const char **value;
    } options[] = {
        {"--dir", &r->dir},         {"--policy", &r->policy}, {"--checkpoint", &r->checkpoint},
        {"--receipt", &r->receipt}, {"--entry", &r->entry},   {"--threads", &r->threads},
    };
    const char *name = argv[*i];
    const char *value = *i + 1 < argc ? argv[*i + 1] : NULL;

    if (strcmp(name, "--json") == 0) {
        r->json = true;
        return true;
    }
    if (strcmp(name, "--key") == 0) {
        ++*i;
        return take_list(value, r->keys, &r->keys_count, TRUST_LOGS_MOST);
    }
    if (strcmp(name, "--since") == 0) {
        ++*i;
        return take_list(value, r->since, &r->since_count, VERIFY_SINCE_MOST);
    }
    for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
        if (strcmp(name, options[k].name) == 0 && value != NULL) {
            *options[k].value = value;
            ++*i;
            return true;
        }
    }
    return r->command->option != NULL && r->command->option(r->command->ctx, argc, argv, i);
}

// Keys

static int load_keys(struct request *r)
{
    size_t line = 0;
    enum aiu_status st = AIU_OK;

    if (r->policy != NULL) {
        st = keys_add_policy(&r->known, r->policy, &line);
        if (st != AIU_OK && line > 0) {
            (void)fprintf(stderr, "%s: line %zu: ", r->command->name, line);
        }
        if (st != AIU_OK) {
            return complain(r, r->policy, st);
        }
    }
    for (size_t i = 0; i < r->keys_count; i++) {
        st = keys_add(&r->known, r->keys[i]);
        if (st != AIU_OK) {
            return complain(r, r->keys[i], st);
        }
    }
    return EXIT_GOOD;
}

static int keys_of_log(struct request *r, const char *folder)
{
    if (r->known.trust.logs_count > 0 || keys_add_of_log(&r->known, folder) == AIU_OK) {
        return EXIT_GOOD;
    }
    (void)fprintf(stderr, "%s: whose log is it? Give --key or --policy\n", r->command->name);
    return EXIT_USAGE;
}

static struct print_about about(const struct request *r)
{
    return (struct print_about){
        .from_log = r->known.from_log,
        .has_policy = r->policy != NULL,
        .witnesses = r->known.trust.witnesses_count,
    };
}

// A receipt

static struct span without_line_end(struct span text)
{
    return span_ends_with(text, SPAN_OF("\n")) ? span_drop_last(text, 1) : text;
}

static int judge_receipt(const struct request *r, const struct receipt *receipt, struct span entry)
{
    struct tree_hash leaf = tree_leaf(without_line_end(entry));
    struct trust_verdict verdict;
    struct checkpoint c;
    struct trust trust;
    enum aiu_status st = keys_for(&r->known, receipt->checkpoint, &trust);

    st = st == AIU_OK ? trust_open(&trust, receipt->checkpoint, &c, &verdict) : st;

    if (st == AIU_OK &&
        !proof_check_inclusion(&receipt->proof, receipt->index, c.size, &leaf, &c.root)) {
        (void)printf("not proved: the receipt does not belong to this entry\n");
        return EXIT_NOT;
    }
    if (st != AIU_OK) {
        (void)printf("not proved: %s\n",
                     st == AIU_NOT_FOUND ? "the checkpoint is signed by another key"
                     : st == AIU_FORBIDDEN
                         ? "fewer witnesses have cosigned than the policy asks for"
                         : aiu_status_info(st)->text);
        return EXIT_NOT;
    }
    (void)printf("proved: the entry stands at index %" PRIu64 " of the log\n", receipt->index);
    (void)printf("%-12s %.*s\n%-12s %" PRIu64 "\n%-12s %08" PRIx32 "\n", "log", (int)c.origin.n,
                 (const char *)c.origin.p, "size", c.size, "key", trust.logs[verdict.log].id);
    return EXIT_GOOD;
}

static int run_receipt(struct request *r)
{
    CLEANUP(buf_wipe) struct buf receipt_text = BUF_OF(KEYS_FILE_MOST);
    CLEANUP(buf_wipe) struct buf entry = BUF_OF(KEYS_FILE_MOST);
    struct receipt receipt;

    if (r->entry == NULL || r->known.trust.logs_count == 0) {
        (void)fprintf(stderr, "%s: a receipt is checked with --entry, and --key or --policy\n",
                      r->command->name);
        return EXIT_USAGE;
    }
    enum aiu_status st = keys_read_file(r->receipt, &receipt_text);
    if (st == AIU_OK) {
        st = receipt_parse(buf_span(&receipt_text), &receipt);
    }
    if (st != AIU_OK) {
        return complain(r, r->receipt, st);
    }
    st = keys_read_file(r->entry, &entry);
    if (st != AIU_OK) {
        return complain(r, r->entry, st);
    }
    return judge_receipt(r, &receipt, buf_span(&entry));
}

// A log

static int find_folder(const struct request *r, const char **ret_folder)
{
    enum aiu_status st = AIU_OK;

    *ret_folder = r->dir;
    if (r->dir == NULL && r->command->folder != NULL) {
        st = r->command->folder(r->command->ctx, ret_folder);
    } else if (r->dir == NULL) {
        print_usage(r->command, stderr);
        return EXIT_USAGE;
    }
    return st == AIU_OK ? EXIT_GOOD : aiu_status_info(st)->exit;
}

static enum aiu_status read_below(const char *folder, const char *name, struct buf *b)
{
    char path[4096];

    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
        return AIU_TOO_LONG;
    }
    return keys_read_file(path, b);
}

// Where witnesses are asked for, the newest checkpoint that they have seen.
static enum aiu_status read_checkpoint(struct request *r, const char *folder)
{
    enum aiu_status st = AIU_FILE_NOT_FOUND;

    if (r->checkpoint != NULL) {
        return keys_read_file(r->checkpoint, &r->checkpoint_note);
    }
    if (r->known.trust.quorum != TRUST_NONE) {
        st = read_below(folder, "cosigned", &r->checkpoint_note);
    }
    if (st == AIU_FILE_NOT_FOUND) {
        st = read_below(folder, "checkpoint", &r->checkpoint_note);
    }
    return st == AIU_FILE_NOT_FOUND ? AIU_OK : st;
}

static int report(struct request *r, const char *folder, const struct verify_options *options)
{
    struct verify_report result = {.epoch = {.known = false}};
    const struct print_about a = about(r);
    enum aiu_status st = verify_log(folder, options, &result);

    r->epoch = result.epoch;
    if (st == AIU_FILE_INVALID && result.since < r->since_count) {
        (void)fprintf(stderr, "%s: %s: not a checkpoint that this log has signed\n",
                      r->command->name, r->since[result.since]);
        return aiu_status_info(st)->exit;
    }
    if (st != AIU_OK) {
        return complain(r, folder, st);
    }
    if (r->json) {
        print_report_json(&result, &a);
    } else {
        print_report(&result, &a);
    }
    if (fflush(stdout) != 0) {
        return aiu_status_info(AIU_IO)->exit;
    }
    return result.fault == VERIFY_GOOD ? EXIT_GOOD : EXIT_NOT;
}

// Remembered checkpoints, those of other months left out where there are several.
static size_t since_of(const struct request *r, bool months, struct span own, struct span *since)
{
    struct span origin = {0};
    struct span rest = {0};
    struct span other = {0};
    size_t count = 0;

    (void)span_cut(own, '\n', &origin, &rest);
    for (size_t i = 0; i < r->since_count; i++) {
        struct span note = buf_span(&r->since_notes[i]);
        (void)span_cut(note, '\n', &other, &rest);
        if (!months || span_equal(origin, other)) {
            since[count++] = note;
        }
    }
    return count;
}

// One log; `after` is the last checkpoint of the month before. Its own is in checkpoint_note then.
static int run_one(struct request *r, const char *folder, bool months, const struct span *after)
{
    struct span since[VERIFY_SINCE_MOST];
    enum aiu_status st = read_checkpoint(r, folder);
    const struct span note = buf_span(&r->checkpoint_note);
    const struct verify_epoch epoch = r->epoch;

    if (st != AIU_OK) {
        return complain(r, r->checkpoint != NULL ? r->checkpoint : folder, st);
    }
    const struct verify_options options = {
        .trust = &r->known.trust,
        .since = since,
        .since_count = since_of(r, months, note, since),
        // As it is read once, a log that goes on meanwhile cannot be mistaken for another.
        .checkpoint = note.n > 0 ? &note : NULL,
        .after = after,
        .epoch = &epoch,
        .threads = r->threads_count,
    };
    return report(r, folder, &options);
}

static int run_months(struct request *r, const char *folder, const struct months *months)
{
    CLEANUP(buf_wipe) struct buf previous = BUF_OF(KEYS_FILE_MOST);
    char path[MONTHS_PATH_MOST];
    int worst = EXIT_GOOD;

    for (size_t i = 0; i < months->count; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, months->names[i]);
        if (!r->json) {
            (void)printf("%s== %s\n", i == 0 ? "" : "\n", months->names[i]);
        }
        const struct span after = buf_span(&previous);
        int exit = run_one(r, path, true, i == 0 || after.n == 0 ? NULL : &after);
        worst = exit > worst ? exit : worst;
        buf_reset(&previous);
        enum aiu_status st = buf_append(&previous, buf_span(&r->checkpoint_note));
        buf_reset(&r->checkpoint_note);
        if (st != AIU_OK) {
            return complain(r, path, st);
        }
    }
    return worst;
}

static int read_since(struct request *r)
{
    for (size_t i = 0; i < r->since_count; i++) {
        enum aiu_status st = keys_read_file(r->since[i], &r->since_notes[i]);
        if (st != AIU_OK) {
            return complain(r, r->since[i], st);
        }
    }
    return EXIT_GOOD;
}

static int run_log(struct request *r)
{
    const char *folder = NULL;
    struct months months;
    uint64_t threads = 0;
    char newest[MONTHS_PATH_MOST];
    int exit = find_folder(r, &folder);

    if (exit != EXIT_GOOD) {
        return exit;
    }
    if (r->threads != NULL &&
        num_parse_u64(span_str(r->threads), VERIFY_THREADS_MOST, &threads) != AIU_OK) {
        return complain(r, "--threads", AIU_USAGE);
    }
    r->threads_count = (unsigned)threads;
    enum aiu_status st = months_of(folder, &months);
    if (st != AIU_OK) {
        return complain(r, folder, st);
    }
    (void)snprintf(newest, sizeof(newest), "%s%s%s", folder, months.count == 0 ? "" : "/",
                   months.count == 0 ? "" : months.names[months.count - 1]);
    exit = keys_of_log(r, newest);
    exit = exit == EXIT_GOOD ? read_since(r) : exit;
    if (exit != EXIT_GOOD) {
        return exit;
    }
    return months.count == 0 ? run_one(r, folder, false, NULL) : run_months(r, folder, &months);
}

static void request_done(struct request *r)
{
    keys_done(&r->known);
    for (size_t i = 0; i < VERIFY_SINCE_MOST; i++) {
        buf_wipe(&r->since_notes[i]);
    }
    buf_wipe(&r->checkpoint_note);
}

int verify_command_run(const struct verify_command *c, int argc, char **argv)
{
    CLEANUP(request_done) struct request r = {.command = c};

    keys_init(&r.known);
    buf_init(&r.checkpoint_note, KEYS_FILE_MOST);
    for (size_t i = 0; i < VERIFY_SINCE_MOST; i++) {
        buf_init(&r.since_notes[i], KEYS_FILE_MOST);
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_usage(c, stdout);
            return EXIT_GOOD;
        }
        if (!take_option(&r, argc, argv, &i)) {
            (void)fprintf(stderr, "%s: %s is not known, or needs a value\n", c->name,
                          argv[i < argc ? i : argc - 1]);
            print_usage(c, stderr);
            return EXIT_USAGE;
        }
    }
    enum aiu_status st = secret_init_library();
    if (st != AIU_OK) {
        return complain(&r, "libsodium", st);
    }
    int exit = load_keys(&r);
    if (exit != EXIT_GOOD) {
        return exit;
    }
    return r.receipt != NULL ? run_receipt(&r) : run_log(&r);
}
