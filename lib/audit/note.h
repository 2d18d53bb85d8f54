// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Signed notes (c2sp.org/signed-note@v1.0.0): a text, an empty line, and signature lines of the
// form "— NAME BASE64(key id || signature)". And the two kinds of key that are used here: 0x01, the
// log's own Ed25519 signature, and 0x04, a witness's cosignature with a time
// (c2sp.org/tlog-cosignature).
//
// Ownership: spans point into the caller's bytes. Threads: any. Memory: fixed, on the stack. No
// system call.
// Errors:    AIU_FILE_INVALID: it is not written as the specification says.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "secret/sign.h"

enum {
    NOTE_MOST = 256 * 1024,    // bytes of a note
    NOTE_SIGNATURES_MOST = 64, // lines; the specification asks for 16
    NOTE_NAME_MOST = 512,      // bytes of a key's name
    NOTE_KEYS_MOST = 64,       // keys that one verification can know
    NOTE_COSIGNED_MOST = 4096, // text of a note with cosignatures
    NOTE_KEY_TEXT_MOST = NOTE_NAME_MOST + 64,
    NOTE_LINE_MOST = NOTE_NAME_MOST + 128 // a signature line that is written here
};

enum note_kind { NOTE_SIGNATURE = 0x01, NOTE_COSIGNATURE = 0x04 };

// A key to verify with ("vkey"): NAME "+" 8 hex digits of the id "+" BASE64(kind || public key).
struct note_key {
    struct span name;
    enum note_kind kind;
    uint32_t id;
    uint8_t public_key[SIGN_PUBLIC_SIZE];
};

struct note {
    struct span text;       // what is signed, its last line feed included
    struct span signatures; // the lines, each with its line feed
    size_t count;
};

struct note_signature {
    struct span name;
    uint32_t id;
    struct span base64; // key id and signature
};

// Which of the known keys have signed.
struct note_signers {
    uint64_t keys;                  // bit i: keys[i]
    uint64_t times[NOTE_KEYS_MOST]; // of cosignatures, seconds since 1970
};

// Not empty, UTF-8, no space of Unicode, no "+", at most NOTE_NAME_MOST bytes.
bool note_name_valid(struct span name);

// The key `name` of this kind: computes its id. AIU_USAGE for a name that is not valid.
MUST_CHECK enum aiu_status note_key_init(struct note_key *key, struct span name,
                                         enum note_kind kind,
                                         const uint8_t public_key[SIGN_PUBLIC_SIZE]);

// Read a vkey: one line, without line feed. `ret_key->name` points into it.
//   AIU_UNSUPPORTED   another kind of key
//   AIU_FILE_INVALID  also where the id does not belong to name and key
MUST_CHECK enum aiu_status note_key_parse(struct span vkey, struct note_key *ret_key);

// Append the vkey; errors of buf_append.
MUST_CHECK enum aiu_status note_key_write(const struct note_key *key, struct buf *out);

// Split and check the form. It says nothing about who signed.
MUST_CHECK enum aiu_status note_parse(struct span bytes, struct note *ret_note);

// Take the first line off `lines` of a parsed note. False at the end.
bool note_next(struct span *lines, struct note_signature *ret_signature);

// Verify the signatures of all keys that are known. Those of others are ignored, also where they
// share a name or an id with a known key.
//   AIU_OK                one or more known keys have signed
//   AIU_NOT_FOUND         none has
//   AIU_AUDIT_UNVERIFIED  a signature in the name of a known key is not that key's: the note is to
//                         be rejected
//   AIU_TOO_LONG          over NOTE_KEYS_MOST keys, or a cosigned text over NOTE_COSIGNED_MOST
MUST_CHECK enum aiu_status note_verify(const struct note *n, const struct note_key *keys,
                                       size_t count, struct note_signers *ret_signers);

// Append the signature line of `signer`, which is the private half of `key`. `text` ends in a line
// feed. A note is its text, "\n" and one or more of these lines. `unix_s` is used by cosignatures.
//   AIU_TOO_LONG  a text to cosign over NOTE_COSIGNED_MOST; others of buf_append
MUST_CHECK enum aiu_status note_sign(const struct note_key *key, const struct sign_key *signer,
                                     struct span text, uint64_t unix_s, struct buf *out);
