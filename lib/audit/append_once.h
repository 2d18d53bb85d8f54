// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One entry by a command, while no gateway writes the log: opened with what was signed last in
// mind, as a gateway does it, appended, durable, closed. The next gateway signs for it.
//
// Threads: any; starts the committer's and ends it. Blocks on the disk: it reads the month once.
#pragma once

#include "base/clock.h"
#include "base/span.h"
#include "base/status.h"

struct append_once {
    const char *state; // STATE
    struct clock clock;
    struct span node, boot; // of the `abandoned` records of what the last gateway left open
};

//   AIU_AUDIT_LOCKED       a gateway writes it
//   AIU_FILE_NOT_FOUND     there is no log
//   AIU_AUDIT_EXPOSED      it belongs to somebody else, who alone may write it
//   AIU_AUDIT_ROLLED_BACK, AIU_AUDIT_CORRUPT, AIU_AUDIT_UNAVAILABLE, AIU_TIMEOUT, and others of
//   audit_open and audit_append
MUST_CHECK enum aiu_status append_once(const struct append_once *o, struct span entry);
