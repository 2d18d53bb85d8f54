// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Scans files and folders on several threads. The result is the same whatever the number of
// threads: sorted by the order of the walk, then by place.
//
// Ownership: the result owns what it holds (files_done). Threads: the callbacks are called by one
// at a time. Errors:    AIU_NO_MEMORY, AIU_IO where no thread can be started. What can not be read
// is reported
//            and counted, and the rest is scanned.
#pragma once

#include "scan/content.h"

struct files_options {
    const struct content_rules *rules;
    unsigned threads;
    bool all; // also what .gitignore leaves out
    // May be NULL. `why` is a sentence without the path.
    void (*problem)(void *ctx, const char *path, const char *why);
    // Called every now and then by the thread that called files_scan. May be NULL.
    void (*progress)(void *ctx, uint64_t files);
    void *ctx;
};

struct files_result {
    struct file_findings hits;
    struct source_file **kept; // of files with hits
    size_t kept_count, kept_capacity;
    uint64_t files, bytes, binary;
    uint64_t problems;
};

MUST_CHECK enum aiu_status files_scan(const struct files_options *options, const char *const *paths,
                                      size_t count, struct files_result *ret_result);
void files_done(struct files_result *r);

// For other sources of texts: a file that the result keeps.
MUST_CHECK enum aiu_status files_keep(struct files_result *r, struct source_file *file);
MUST_CHECK enum aiu_status source_file_new(const char *path, const char *name, size_t order,
                                           struct source_file **ret_file);
void source_file_free(struct source_file *file);
