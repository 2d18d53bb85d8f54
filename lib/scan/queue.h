// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Files on their way from the walker to the threads that scan them, in bounded memory.
//
// Ownership: whoever takes a job owns it. Threads: one pushes, any take. Errors: none.
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "scan/file_finding.h"

enum { QUEUE_MOST = 512 };

struct job {
    struct source_file *file;
    bool named; // on the command line, not found in a folder
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    struct job jobs[QUEUE_MOST];
    size_t first, count;
    bool closed;
};

void queue_init(struct queue *q);
void queue_done(struct queue *q);

// Waits while the queue is full.
void queue_push(struct queue *q, const struct job *job);
// No more will come.
void queue_close(struct queue *q);
// Waits for a job; false when there are no more.
bool queue_take(struct queue *q, struct job *ret_job);
