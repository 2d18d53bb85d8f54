// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/queue.h"

void queue_init(struct queue *q)
{
    *q = (struct queue){0};
    (void)pthread_mutex_init(&q->lock, NULL);
    (void)pthread_cond_init(&q->filled, NULL);
    (void)pthread_cond_init(&q->emptied, NULL);
}

void queue_done(struct queue *q)
{
    (void)pthread_cond_destroy(&q->emptied);
    (void)pthread_cond_destroy(&q->filled);
    (void)pthread_mutex_destroy(&q->lock);
}

void queue_push(struct queue *q, const struct job *job)
{
    (void)pthread_mutex_lock(&q->lock);
    while (q->count == QUEUE_MOST) {
        (void)pthread_cond_wait(&q->emptied, &q->lock);
    }
    q->jobs[(q->first + q->count) % QUEUE_MOST] = *job;
    q->count++;
    (void)pthread_cond_signal(&q->filled);
    (void)pthread_mutex_unlock(&q->lock);
}

void queue_close(struct queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    q->closed = true;
    (void)pthread_cond_broadcast(&q->filled);
    (void)pthread_mutex_unlock(&q->lock);
}

bool queue_take(struct queue *q, struct job *ret_job)
{
    (void)pthread_mutex_lock(&q->lock);
    while (q->count == 0 && !q->closed) {
        (void)pthread_cond_wait(&q->filled, &q->lock);
    }
    bool some = q->count > 0;
    if (some) {
        *ret_job = q->jobs[q->first];
        q->first = (q->first + 1) % QUEUE_MOST;
        q->count--;
        // The walker is woken when there is room for many, not for each.
        if (q->count == QUEUE_MOST / 2) {
            (void)pthread_cond_signal(&q->emptied);
        }
    }
    (void)pthread_mutex_unlock(&q->lock);
    return some;
}
