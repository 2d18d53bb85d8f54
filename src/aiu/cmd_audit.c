// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit`: a table of verbs, a file for each kind of them.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aiu/audit.h"
#include "aiu/cmd.h"
#include "base/utf8.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} verbs[] = {
    {"verify", audit_verify, "whether the log is what its checkpoint says"},
    {"prove", audit_prove, "a receipt for a request, that anybody can check"},
    {"checkpoint", audit_checkpoint, "the signed size and root, to keep elsewhere"},
    {"key", audit_key, "the public key that signs"},
    {"tail", audit_tail, "the last entries; -f goes on with those that come"},
    {"export", audit_export, "entries of all months or a window, byte for byte"},
    {"fsck", audit_fsck, "whether every byte can be relied on, and every month is there"},
    {"query", audit_query, "entries by time, key, user, model, verdict, rule"},
    {"report", audit_report, "who used what, how much, first and last when"},
    {"match", audit_match, "the requests whose prompt was a given text"},
    {"show", audit_show, "what was captured of a request"},
    {"erase-subject", audit_erase, "make what was captured of a user unreadable, for ever"},
    {"backup", audit_backup, "a copy that is known to be good, of a live log too"},
    {"restore", audit_restore, "a backup put back, or a drill of it"},
};

static void print_usage(FILE *to)
{
    (void)fprintf(to, "usage: aiu audit VERB [OPTION…]\n\n"
                      "The audit log of a gateway, running or not, or a copy of it.\n\n");
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        (void)fprintf(to, "  %-13s %s\n", verbs[i].name, verbs[i].summary);
    }
    (void)fprintf(to, "\n  --dir DIR        the folder of the log itself, as STATE/audit/main\n"
                      "  --state-dir DIR, --config FILE   which gateway\n\n"
                      "`aiu audit VERB --help` tells more.\n");
}

int cmd_audit(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            return verbs[i].run(argc - 1, argv + 1);
        }
    }
    (void)fprintf(stderr, "aiu audit: there is no verb %s\n\n", argv[1]);
    print_usage(stderr);
    return aiu_status_info(AIU_USAGE)->exit;
}

// --- what verbs share -------------------------------------------------------------------------

bool audit_where_option(struct audit_where *w, int argc, char **argv, int *i)
{
    const char **into = strcmp(argv[*i], "--dir") == 0         ? &w->dir
                        : strcmp(argv[*i], "--state-dir") == 0 ? &w->state.state_dir
                        : strcmp(argv[*i], "--config") == 0    ? &w->state.config
                                                               : NULL;

    if (into == NULL || *i + 1 >= argc) {
        return false;
    }
    *into = argv[++*i];
    return true;
}

int audit_parse(const struct audit_syntax *s, struct audit_where *w, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(s->usage, stdout);
            return 0;
        }
        if (!audit_where_option(w, argc, argv, &i) &&
            !option_take("aiu audit", s->rows, s->count, argc, argv, &i)) {
            (void)fputs(s->usage, stderr);
            return aiu_status_info(AIU_USAGE)->exit;
        }
    }
    return AUDIT_GO_ON;
}

enum aiu_status audit_folder(const struct audit_where *w, char ret_folder[AUDIT_FOLDER_MOST])
{
    char state[4096];
    int n = 0;

    if (w->dir != NULL) {
        n = snprintf(ret_folder, AUDIT_FOLDER_MOST, "%s", w->dir);
    } else {
        TRY(state_dir_path(&w->state, state));
        n = snprintf(ret_folder, AUDIT_FOLDER_MOST, "%s/audit/main", state);
    }
    return n < AUDIT_FOLDER_MOST ? AIU_OK : AIU_TOO_LONG;
}

// What moves a cursor, hides or reorders text: C0, DEL, C1, the bidirectional and zero-width
// characters, line and paragraph separators.
static bool steers(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x2069) ||
           code == 0xFEFF;
}

void audit_print_harmless(struct span text)
{
    uint8_t character[4] = {0};

    while (text.n > 0) {
        uint32_t code = utf8_next_lossy(&text);
        if (steers(code)) {
            (void)printf("\\u%04" PRIx32, code);
        } else {
            size_t n = utf8_write(code, character);
            (void)fwrite(character, 1, n, stdout);
        }
    }
}

enum aiu_status audit_print_line(struct span entry, bool raw)
{
    if (raw) {
        (void)fwrite(entry.p, 1, entry.n, stdout);
    } else {
        audit_print_harmless(entry);
    }
    (void)putchar('\n');
    return ferror(stdout) ? AIU_IO : AIU_OK;
}

int audit_exit(enum aiu_status st)
{
    const char *text = aiu_status_info(st)->text;

    if (st == AIU_FILE_NOT_FOUND) {
        text = "there is no log here; --dir or --state-dir say where it is";
    } else if (st == AIU_USAGE) {
        text = "a value is not what it should be; --help tells";
    }
    if (st != AIU_OK && st != AIU_NOT_FOUND) {
        (void)fprintf(stderr, "aiu audit: %s\n", text);
    }
    return aiu_status_info(st)->exit;
}
