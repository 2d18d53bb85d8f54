// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The verbs of `aiu audit`, and what they share. Each verb is called with its own name as argv[0]
// and returns the exit code of the program.
#pragma once

#include <stdio.h>

#include "aiu/option.h"
#include "aiu/state_dir.h"
#include "base/span.h"

enum { AUDIT_FOLDER_MOST = 4096 };

// Which log a verb is about: the folder itself, or the one of a gateway.
struct audit_where {
    const char *dir;
    struct state_dir_options state;
};

// --dir DIR, --state-dir DIR, --config FILE. False where argv[*i] is none of them; what it took is
// passed over.
bool audit_where_option(struct audit_where *w, int argc, char **argv, int *i);

// A verb that takes options only: those of audit_where_option and its own.
struct audit_syntax {
    const char *usage;
    const struct option_row *rows;
    size_t count;
};

enum { AUDIT_GO_ON = -1 };

// AUDIT_GO_ON, or the exit code to end with: the usage was printed.
int audit_parse(const struct audit_syntax *s, struct audit_where *w, int argc, char **argv);

// The log's folder.
MUST_CHECK enum aiu_status audit_folder(const struct audit_where *w,
                                        char ret_folder[AUDIT_FOLDER_MOST]);

// Print an entry and a line feed: its bytes where `raw`, else with everything that steers a
// terminal written as JSON escapes: the same JSON, and harmless.
MUST_CHECK enum aiu_status audit_print_line(struct span entry, bool raw);

// The same for a name in a table: a caller chooses the names of models.
void audit_print_harmless(struct span text);

// Each entry of one folder from `from` on. Damage is said on stderr, with its entry; the output is
// flushed.
struct reader_sink;
MUST_CHECK enum aiu_status audit_each(const char *folder, uint64_t from,
                                      const struct reader_sink *sink);

// The master key of the gateway: never a new one. Problems are said on stderr.
struct secret;
MUST_CHECK enum aiu_status audit_master(const struct state_dir_options *where,
                                        struct secret **ret_master);

// Say on stderr what went wrong, for anything but AIU_OK and AIU_NOT_FOUND (a well-formed no).
// Returns the exit code.
int audit_exit(enum aiu_status st);

int audit_backup(int argc, char **argv);
int audit_checkpoint(int argc, char **argv);
int audit_erase(int argc, char **argv);
int audit_export(int argc, char **argv);
int audit_fsck(int argc, char **argv);
int audit_key(int argc, char **argv);
int audit_match(int argc, char **argv);
int audit_prove(int argc, char **argv);
int audit_query(int argc, char **argv);
int audit_report(int argc, char **argv);
int audit_restore(int argc, char **argv);
int audit_show(int argc, char **argv);
int audit_tail(int argc, char **argv);
int audit_verify(int argc, char **argv);
