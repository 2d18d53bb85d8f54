// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One captured content: how it is sealed, where it lies. The format stands in capture_store.h.
//
// Ownership: buffers are the caller's; it wipes what holds content. Threads: any.
// Errors:    of folder_errno; AIU_FILE_INVALID for what is not of ours or was changed.
#pragma once

#include "audit/capture_store.h"

// What a record says about itself; the log's hash vouches for it.
MUST_CHECK enum aiu_status capture_record_head(struct span sealed, struct capture_key_name *ret);

// "REQUEST.prompt". AIU_USAGE where `id` is no UUIDv7.
MUST_CHECK enum aiu_status capture_record_name(struct span id, enum capture_part part,
                                               char ret_name[CAPTURE_NAME_MOST]);

// "2026-11": the month in which the request `id` began, by the time in its id. `id` is checked.
void capture_month(struct span id, char ret_month[CAPTURE_MONTH_SIZE + 1]);

// Append `content`, sealed.
MUST_CHECK enum aiu_status capture_record_seal(const struct secret *key,
                                               const struct capture_key_name *key_name,
                                               const char *name, struct span content,
                                               struct buf *sealed);

// Append the content of the record `name`.
//   AIU_FILE_NOT_FOUND  its key is not there: capture_erased_read may tell why
MUST_CHECK enum aiu_status capture_record_open(const struct capture_store *s,
                                               const struct secret *master, const char *name,
                                               struct span sealed, struct buf *content);

// Writing is in three steps, so that many records share their syncs: a temporary file (with
// `sync`, durable), its name, and the folder's sync.
MUST_CHECK enum aiu_status capture_record_write(const struct capture_store *s, const char *name,
                                                struct span sealed, bool sync);
MUST_CHECK enum aiu_status capture_record_publish(const struct capture_store *s, const char *name);
MUST_CHECK enum aiu_status capture_record_sync(const struct capture_store *s, const char *name);

// Append the bytes of the record `name`.
MUST_CHECK enum aiu_status capture_record_read(const struct capture_store *s, const char *name,
                                               struct buf *sealed);

// How many records of `subject` can still be read.
MUST_CHECK enum aiu_status capture_record_count(const struct capture_store *s, const char *subject,
                                                uint64_t *ret_count);

// Remove the months up to `upto` ("2026-11") with all their records.
MUST_CHECK enum aiu_status capture_months_remove(const struct capture_store *s, const char *upto);
