// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the verifier share: verify.c reads, verify_judge.c tells what it means.
//
// Threads: one. Internal to audit.
#pragma once

#include "audit/folder.h"
#include "audit/verify_job.h"
#include "audit/verify_keys.h"
#include "audit/verify_tree.h"

// Where a job stopped.
struct verify_stop {
    enum job_kind kind;
    enum job_mark mark;
    uint64_t first, at;
};

struct verify {
    const struct verify_options *options;
    struct verify_report *report;
    int top_fd, wal_fd; // wal_fd -1: there is none
    struct segment_list segments;
    struct verify_tree tree;
    uint64_t cut_sizes[VERIFY_CUTS_MOST];
    bool is_signed;        // there is a checkpoint: report->size and root
    bool with_tiles;       // compare with what is published
    uint64_t header_until; // a segment that was begun with other entries than these; 0: none
    char header_place[VERIFY_PLACE_SIZE];
    struct job *jobs[VERIFY_THREADS_MOST];
    size_t jobs_count;
    struct buf note; // the folder's checkpoint
    struct verify_keys keys;
    uint64_t bad_key_until;  // behind the first entry with a key that nobody vouched for; 0: none
    struct verify_stop stop; // of the first job that stopped
    struct diff_row there;   // what was there from the stop on
};

// One pass over all entries, until a fault or a stop.
MUST_CHECK enum aiu_status verify_pass(struct verify *v);

// What the stop, or else the roots that came out, mean.
MUST_CHECK enum aiu_status verify_judge(struct verify *v);

// Whether the first entry has the checkpoint of options.after in it.
MUST_CHECK enum aiu_status verify_link(struct verify *v);

// Set the verdict, unless there is one.
void verify_find(struct verify *v, enum verify_fault fault, uint64_t from, uint64_t until);

// Name the file that is at fault, unless one is named.
void verify_place(struct verify *v, const char *path);
