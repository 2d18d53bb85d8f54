// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a scan of files hands over: a finding with its file, its place for people and its
// fingerprint.
//
// A fingerprint knows a finding again in another run. It is made of the rule, the path, 16 bits of
// a hash of the secret that is keyed with both, and a number that tells equal ones apart: it stays
// when lines move, and says at most 16 bits of the secret
// (docs/decisions/0006-fingerprints-of-findings.md).
//
// Ownership: a list owns its hits and their revealed texts. Threads: one per list.
// Errors:    AIU_NO_MEMORY, AIU_TOO_LONG at FILE_FINDINGS_MOST.
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "detect/finding.h"

enum {
    FILE_FINDINGS_MOST = 1 << 22,
    FINGERPRINT_SIZE = 12,
    FINGERPRINT_TEXT = 2 * FINGERPRINT_SIZE + 1
};

// A place in a file, as people and editors count: from 1.
struct place {
    uint64_t line;
    uint64_t column;       // characters
    uint64_t column_utf16; // code units of UTF-16
};

// A file that is scanned.
struct source_file {
    size_t order; // of the output
    char *path;   // as it was reached
    char *name;   // from the root of the repository: what reports and fingerprints know it by
};

struct file_finding {
    const struct source_file *file;
    size_t start, end;     // bytes
    struct place from, to; // `to` is behind the last character
    uint16_t rule;
    uint8_t confidence;
    uint8_t fingerprint[FINGERPRINT_SIZE];
    char *revealed; // the text, where it was asked for
    size_t revealed_n;
};

struct file_findings {
    struct file_finding *items;
    size_t count, capacity;
};

void file_findings_done(struct file_findings *h);
MUST_CHECK enum aiu_status file_findings_append(struct file_findings *h,
                                                const struct file_finding *hit);

// By order of the files, then by place; numbers equal fingerprints.
MUST_CHECK enum aiu_status file_findings_sort(struct file_findings *h);

// All but the number of equal ones, which file_findings_sort adds.
MUST_CHECK enum aiu_status file_finding_fingerprint(const char *name, uint16_t rule,
                                                    struct span text,
                                                    uint8_t ret_fingerprint[FINGERPRINT_SIZE]);
void file_finding_fingerprint_text(const uint8_t fingerprint[FINGERPRINT_SIZE],
                                   char ret_text[FINGERPRINT_TEXT]);
