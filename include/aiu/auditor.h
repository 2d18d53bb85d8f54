// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// An audit log of a program's own, made so that others can check it (guide S60-S64): every record
// durable before the call returns, a signed checkpoint over all of them, a receipt for each. It is
// the log of the gateway: same files, same formats (docs/audit-format.md), checked by the same
// programs. And the check itself.
//
// Text:    bytes with a length. What is returned has a NUL behind it, which is not counted, and is
//          freed with aiu_auditor_text_free.
// Threads: an auditor may be used by any number of threads at a time. It has one thread of its own,
//          which writes and syncs; aiu_audit_verify starts some and ends them.
// Errors:  AIU_NO_MEMORY, AIU_IO, AIU_FILE_DENIED where they are not named, too.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "aiu/status.h"
#include "aiu/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

struct aiu_auditor;

// Open a log, or begin one. `folder` is made where it is missing (0700). `name` names the log in
// its checkpoints: a URL without scheme, "audit.example.com/app1". `key_file` holds the private
// key; it is made where it is missing (0600): keep it elsewhere than the log, for whoever has both
// can write another history. Close it with aiu_auditor_close.
//   AIU_USAGE               the name has a blank or a "+"
//   AIU_AUDIT_LOCKED        another auditor has it open
//   AIU_AUDIT_CORRUPT       an entry is damaged
//   AIU_AUDIT_EXPOSED       others can reach the folder
//   AIU_CONFIG_KEY_EXPOSED  others can read the key
//   AIU_AUDIT_UNVERIFIED    the checkpoint in the folder is not by this key
AIU_API AIU_MUST_CHECK enum aiu_status aiu_auditor_open(const char *folder, const char *name,
                                                        const char *key_file,
                                                        struct aiu_auditor **ret_auditor);

// Write what is pending and free. NULL is fine. AIU_OK where every record is on disk.
AIU_API enum aiu_status aiu_auditor_close(struct aiu_auditor *auditor);

// Add a record: one line of JSON, 1 to 65,535 bytes without line feed and NUL. It is on disk when
// this returns, and `*ret_index` is its place for good. Records of several threads share one sync.
//   AIU_USAGE, AIU_TOO_LONG  the record
//   AIU_OVERLOADED           too many at a time; try again
//   AIU_AUDIT_UNAVAILABLE    the disk is full or has failed
AIU_API AIU_MUST_CHECK enum aiu_status
aiu_auditor_append(struct aiu_auditor *auditor, const char *record, size_t n, uint64_t *ret_index);

// Sign all records up to now: publishes tiles and checkpoint in the folder and returns the
// checkpoint, a signed note. Keep a copy where the log's owner cannot write: it shows later that
// the log was neither cut nor written anew.
//   AIU_AUDIT_UNVERIFIED  the log does not continue what was signed before: nothing is signed
AIU_API AIU_MUST_CHECK enum aiu_status aiu_auditor_checkpoint(struct aiu_auditor *auditor,
                                                              char **ret_note, size_t *ret_n);

// The receipt of a record (c2sp.org/tlog-proof): whoever has it, the record and the public key can
// check, offline, that the record stands in the log.
//   AIU_BUSY       no checkpoint covers it yet
//   AIU_NOT_FOUND  there is no such record
AIU_API AIU_MUST_CHECK enum aiu_status
aiu_auditor_prove(struct aiu_auditor *auditor, uint64_t index, char **ret_receipt, size_t *ret_n);

// The public key, "NAME+ID+KEY". Lives as long as the auditor.
AIU_API const char *aiu_auditor_key(const struct aiu_auditor *auditor);

// NULL is fine.
AIU_API void aiu_auditor_text_free(char *text);

// What verification found. Strings are static. Later versions add members at the end.
struct aiu_audit_verdict {
    int good;           // 1 where the log is what was signed
    const char *fault;  // "good", "edited", "deleted", "inserted", "reordered", "truncated",
                        // "rolled_back", "forked", "foreign_key", …; docs/audit.md lists them
    const char *text;   // the same in a sentence
    uint64_t bad_index; // the first entry in question, where not good
    uint64_t bad_until; // bad_index + 1 where it is certain, else the first bad one is below this
    uint64_t size;      // entries that are signed for
    uint64_t entries;   // entries that are there
    char root[45];      // root of the signed tree, base64
    char key_id[9];     // of the key that signed, hexadecimal
    char file[64];      // the file at fault, below the folder; empty where it is none
};

// Check a log, live or copied, with nothing but its public key (of a gateway's log: that of any
// month). `since` (may be NULL) is a
// checkpoint that was kept elsewhere: the log must go on from there.
//   AIU_OK              the check was made: look at the verdict
//   AIU_FILE_NOT_FOUND  there is no such folder
//   AIU_FILE_INVALID    `vkey` is no key, or `since` no checkpoint that this log has signed
AIU_API AIU_MUST_CHECK enum aiu_status aiu_audit_verify(const char *folder, const char *vkey,
                                                        const char *since, size_t since_n,
                                                        struct aiu_audit_verdict *ret_verdict);

// Check a receipt for a record. AIU_OK: it stands in the log of `vkey`, at `*ret_index`.
//   AIU_AUDIT_UNVERIFIED  it does not, or the receipt is another log's
//   AIU_FILE_INVALID      no receipt, or no key
AIU_API AIU_MUST_CHECK enum aiu_status
aiu_audit_verify_receipt(const char *receipt, size_t receipt_n, const char *record, size_t n,
                         const char *vkey, uint64_t *ret_index);

#ifdef __cplusplus
}
#endif
