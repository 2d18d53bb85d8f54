// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The copy of the log in a bundle of evidence: BUNDLE/log/2026-10, …, BUNDLE/log/main, a backup
// each (audit/backup.h), of the months that the window touches.
#pragma once

#include <stdint.h>

#include "audit/months.h"
#include "base/arena.h"
#include "base/buf.h"
#include "codec/json.h"

struct evidence_log {
    const char *state;  // STATE
    const char *folder; // BUNDLE
    uint64_t from_us, to_us;
    uint64_t now_unix_s;
    struct months months; // that were copied
    uint64_t entries;     // in them
};

// Errors of backup_make; AIU_FILE_NOT_FOUND where there is no log.
MUST_CHECK enum aiu_status evidence_log_copy(struct evidence_log *e);

// Whether the months that a manifest names ("logs") are what was copied. `why`, where it is not.
//   AIU_NOT_FOUND
MUST_CHECK enum aiu_status evidence_log_check(const char *folder, const struct json_doc *manifest,
                                              struct arena *a, struct buf *why);
