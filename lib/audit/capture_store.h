// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The files of captured content (audit/capture.h), which the gateway writes and `aiu audit show`
// and `erase-subject` use.
//
//     STATE/audit/capture/keys/SUBJECT/KEY.key   32 random bytes, sealed by the master key
//     STATE/audit/capture/keys/SUBJECT/erased    when its keys were last destroyed
//     STATE/audit/capture/pending/SUBJECT        an erasure that is not on record yet: who asked
//     STATE/audit/capture/YYYY-MM/REQUEST.prompt   and .answer: head and sealed content
//
// A record is "aiucap" 00 01 | subject (16) | key (8) | seal(KEY, "capture/record/REQUEST.PART",
// content); seal derives the key of this one record from the subject's (secret/seal.h). The log has
// the SHA-256 of all of it, so the head is covered by the log and the rest by the seal as well.
//
// A subject has a key for each start of the gateway and each erasure, so that nothing has to be
// read to seal: erasing destroys all of them.
//
// Ownership: the struct owns its descriptors. Threads: any; files are written by one.
// Errors:    of folder_errno; AIU_FILE_INVALID for what is not of ours or was changed.
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/status.h"
#include "secret/secret.h"

enum {
    CAPTURE_SUBJECT_SIZE = 32, // hexadecimal digits
    CAPTURE_KEY_SIZE = 16,     // of a key's id, hexadecimal digits
    CAPTURE_MONTH_SIZE = 7,    // "2026-11"
    CAPTURE_NAME_MOST = 48,    // "REQUEST.answer"
    CAPTURE_HEAD = 8 + 16 + 8,
    CAPTURE_MOST = 16 << 20, // bytes of one content
    CAPTURE_SEALED_MOST = CAPTURE_MOST + 256,
};

enum capture_part { CAPTURE_PROMPT, CAPTURE_ANSWER };

// Names as text with a NUL: which subject, which of its keys.
struct capture_key_name {
    char subject[CAPTURE_SUBJECT_SIZE + 1];
    char id[CAPTURE_KEY_SIZE + 1];
};

struct capture_store {
    int top, keys, pending;
};

#define CAPTURE_STORE_CLOSED                                                                       \
    {                                                                                              \
        -1, -1, -1                                                                                 \
    }

// Open the folder `path`, made with its parents' modes as they are (0700) where `create`.
//   AIU_FILE_NOT_FOUND, AIU_AUDIT_EXPOSED (others can reach it), AIU_FILE_DENIED, AIU_IO
MUST_CHECK enum aiu_status capture_store_open(const char *path, bool create,
                                              struct capture_store *ret_store);
void capture_store_done(struct capture_store *s);

// --- subjects ---------------------------------------------------------------------------------

// Who a subject is: HMAC-SHA256(HKDF(master, "", "aiu/capture-subject/v1"), u64be(length) tenant
// kind 00 name), its first 16 bytes. The same in all months, other than the names in the log.
// `kind` is "user", or "key" where a request names no user.
struct mac;
MUST_CHECK enum aiu_status capture_subject_mac(const struct secret *master, struct mac **ret_mac);
MUST_CHECK enum aiu_status capture_subject(struct mac *mac, struct span tenant, const char *kind,
                                           struct span name, char ret[CAPTURE_SUBJECT_SIZE + 1]);
bool capture_is_subject(const char *text);

// --- keys -------------------------------------------------------------------------------------

// A new key of name->subject, with a random id; `sealed` is what its file holds.
MUST_CHECK enum aiu_status capture_key_new(const struct secret *master,
                                           struct capture_key_name *name, struct buf *sealed,
                                           struct secret **ret_key);
// Durable when it returns where `sync`; else with the next syncfs.
MUST_CHECK enum aiu_status capture_key_write(const struct capture_store *s,
                                             const struct capture_key_name *name,
                                             struct span sealed, bool sync);
MUST_CHECK enum aiu_status capture_key_read(const struct capture_store *s,
                                            const struct secret *master,
                                            const struct capture_key_name *name,
                                            struct secret **ret_key);

uint64_t capture_key_count(const struct capture_store *s, const char *subject);

// Destroy all keys of `subject`: overwritten, synced, unlinked, the folder synced. Where it fails,
// some may be gone; the same call goes on. None is fine.
MUST_CHECK enum aiu_status capture_keys_erase(const struct capture_store *s, const char *subject);

// --- erasures ---------------------------------------------------------------------------------

// The tombstone: later keys of the subject are others.
MUST_CHECK enum aiu_status capture_erased_write(const struct capture_store *s, const char *subject,
                                                uint64_t unix_us);
// Append its stamp. AIU_FILE_NOT_FOUND where nothing was erased.
MUST_CHECK enum aiu_status capture_erased_read(const struct capture_store *s, const char *subject,
                                               struct buf *b);

// For the gateway, which forgets the key and writes the record: how many records became
// unreadable, and who asked for it.
MUST_CHECK enum aiu_status capture_pending_write(const struct capture_store *s, const char *subject,
                                                 uint64_t records, struct span actor);
// `ret_actor` lies in `b`.
MUST_CHECK enum aiu_status capture_pending_read(const struct capture_store *s, const char *subject,
                                                struct buf *b, uint64_t *ret_records,
                                                struct span *ret_actor);
bool capture_is_pending(const struct capture_store *s, const char *subject);
MUST_CHECK enum aiu_status capture_pending_remove(const struct capture_store *s,
                                                  const char *subject);
MUST_CHECK enum aiu_status
capture_pending_each(const struct capture_store *s,
                     enum aiu_status (*each)(void *ctx, const char *subject), void *ctx);
