// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the operating system gives: the log's file, the state folder.
//
// Threads: log lines from any; the rest from the main thread.
#pragma once

#include "base/buf.h"
#include "base/log.h"
#include "base/status.h"

// A logger onto stderr, or onto `path` where that is not NULL (0600, appended to).
// AIU_FILE_DENIED where it cannot be opened.
MUST_CHECK enum aiu_status system_log_open(struct logger *l, const char *path);

// Open the file again under its name: after it was moved away (SIGUSR1).
void system_log_reopen(void);

// Print one line of ours to stderr: "aiu: …". For what happens before there is a logger.
__attribute__((format(printf, 1, 2))) void system_say(const char *format, ...);

// The state folder: created with its parents (0700) where it is missing, then locked against a
// second gateway; the file `lock` holds the process number for commands. The descriptors stay open
// for the life of the process.
struct state {
    int folder; // for openat
    int lock;
    char path[4096];
};

//   AIU_FILE_DENIED         cannot be created or entered
//   AIU_CONFIG_KEY_EXPOSED  belongs to, or is open to, others
//   AIU_BUSY                another gateway uses it
MUST_CHECK enum aiu_status state_open(const char *path, struct state *ret_state);

// Read the small file `name` of the folder; empty where there is none.
MUST_CHECK enum aiu_status state_read(const struct state *s, const char *name, struct buf *b);
