// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// STATE/control.json as the commands write it; flow/control.h describes it. Every running gateway
// of that state folder looks at it five times a second and every starting one reads it first; so a
// command works whether or not one is running, and outlives a restart.
//
// Threads: one. Errors are said on stderr by whoever calls.
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "flow/control.h"

// The file as it is. Entries that are over are among them.
struct control_file {
    struct buf text;
    struct arena arena;
    struct json_doc doc; // count 0 where there is no file
};

// AIU_JSON_INVALID where it cannot be understood: everything is stopped then.
MUST_CHECK enum aiu_status control_file_read(int folder, struct control_file *ret_file);
void control_file_done(struct control_file *f);

// The list's first entry, and the one after `item`; JSON_NONE at the end.
uint32_t control_file_first(const struct control_file *f, enum control_list list);
uint32_t control_file_next(const struct control_file *f, enum control_list list, uint32_t item);

// An entry as it is added.
struct control_entry {
    enum control_list list;
    const char *name;   // the scope, id of the key, or name of the provider
    const char *reason; // may be NULL
    bool cut;
    uint64_t expires_unix_s; // 0: never
    struct span hash;        // CONTROL_RETIRED
};

// Replace the file by one with `entry` (where `on`) in the place of those of the same list and
// name, without those that are over. Two commands at once: one after the other.
//   AIU_FILE_INVALID  the file cannot be understood, which is said on stderr: it stops everything,
//                     and a new one would take back what was revoked in it
//   AIU_TOO_LONG      gateways would not understand the file with this entry
MUST_CHECK enum aiu_status control_file_change(int folder, const struct control_entry *entry,
                                               bool on);

// Append who runs this command: the name of the user, and of the one who became it by sudo.
MUST_CHECK enum aiu_status control_file_actor(struct buf *b);

// Print a string of the file for people; what steers a terminal becomes escapes.
void control_file_print(const struct control_file *f, uint32_t token);

// "30m", "2h", "1d" from now, in seconds since 1970; 0 for NULL. AIU_USAGE for anything else.
MUST_CHECK enum aiu_status control_file_expiry(const char *text, uint64_t *ret_unix_s);
