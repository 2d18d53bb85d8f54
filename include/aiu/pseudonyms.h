// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Pseudonyms: a value goes out as a keyed token of the same format, and comes back where the token
// stands in an answer (guide S57, "keyed consistent tokens"). The same value under the same key is
// always the same token, on every machine, and nothing has to be stored for that; only the way back
// needs the list of what went out, which is what a `struct aiu_pseudonyms` is.
//
//   e-mail   pii.k3v9x2q7m4ab@example.com   RFC 2606: no mail reaches it
//   card     of the same length, valid check digit, prefix of test numbers (4000 00 and the like)
//   phone    +999 and ten digits: no country has this code
//   IBAN     same country and length, valid check digits, bank code 99… or XX…
//   IP       198.18.0.0/15 (RFC 2544), 2001:db8::/32 (RFC 3849)
//   SSN      900 to 999 in front: never issued
//   MAC      locally administered
//   others   PII_us_itin_k3v9x2q7m4ab, SECRET_github_pat_k3v9x2q7m4ab
//
// Separators of cards, IBANs and SSNs stay where they were. Two values of one list never share a
// token.
//
// Memory:  the list holds the values themselves; it is wiped when freed.
// Threads: one at a time where a redactor adds to it; any number that only restore. What a stream
//          adds is restored once the stream is finished.
// Errors:  AIU_NO_MEMORY, also beyond 64 MiB; AIU_INSPECTION_FAILED beyond 131,072 values; what the
//          MAC returns. None of them lets a value out.
#pragma once

#include <stddef.h>

#include "aiu/redactor.h"
#include "aiu/scanner.h"
#include "aiu/status.h"
#include "aiu/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { AIU_PSEUDONYMS_MAC_SIZE = 32 };

// A keyed hash of `n` bytes, best HMAC-SHA-256: the key stays with you. A hash without a key will
// not do: whoever can guess a value could check the guess.
typedef enum aiu_status (*aiu_pseudonyms_mac)(void *ctx, const unsigned char *bytes, size_t n,
                                              unsigned char out[AIU_PSEUDONYMS_MAC_SIZE]);

struct aiu_pseudonyms;

// An empty list. `mac` may be NULL for one that only restores. Free it with aiu_pseudonyms_free.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_pseudonyms_new(aiu_pseudonyms_mac mac, void *ctx,
                                                          struct aiu_pseudonyms **ret_pseudonyms);

// NULL is fine. Free its redactors and streams first.
AIU_API void aiu_pseudonyms_free(struct aiu_pseudonyms *pseudonyms);

AIU_API size_t aiu_pseudonyms_count(const struct aiu_pseudonyms *pseudonyms);

// The list as bytes, for a later aiu_pseudonyms_load. They hold the values in clear: seal them
// before they are written anywhere. Free them with aiu_redactor_text_free, which wipes.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_pseudonyms_save(const struct aiu_pseudonyms *pseudonyms,
                                                           char **ret_bytes, size_t *ret_n);

// Add what was saved. AIU_FILE_INVALID where the bytes are not of aiu_pseudonyms_save; nothing is
// added then.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_pseudonyms_load(struct aiu_pseudonyms *pseudonyms,
                                                           const char *bytes, size_t n);

// A redactor that puts pseudonyms, and adds them to the list. It borrows both: free it first. A
// finding over 1024 bytes gets a tag instead, and so does what only tells of itself (injection,
// hidden text, output). Text that already looks like a token is given a pseudonym of its own, so
// that restoring is exact.
//   AIU_USAGE  the list has no MAC
AIU_API AIU_MUST_CHECK enum aiu_status
aiu_redactor_new_pseudonym(const struct aiu_scanner *scanner, struct aiu_pseudonyms *pseudonyms,
                           struct aiu_redactor **ret_redactor);

enum aiu_restorer_format {
    AIU_RESTORER_TEXT, // values as they were
    AIU_RESTORER_JSON, // the text is JSON: values are escaped inside its strings
};

// `text` with the values in the place of their tokens; everything else byte for byte. Tokens are
// known in the spellings that models give them: other case, blanks or hyphens between digits,
// underscores behind a backslash. Free the text with aiu_redactor_text_free. `ret_n` may be NULL.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_restorer_restore(const struct aiu_pseudonyms *pseudonyms,
                                                            enum aiu_restorer_format format,
                                                            const char *text, size_t n,
                                                            char **ret_text, size_t *ret_n);

// One text that comes in pieces. Only what may be the beginning of a token is held back.
struct aiu_restorer_stream;

// Add nothing to the list while the stream lives. Free it with aiu_restorer_stream_free, first.
AIU_API AIU_MUST_CHECK enum aiu_status
aiu_restorer_stream_new(const struct aiu_pseudonyms *pseudonyms, enum aiu_restorer_format format,
                        aiu_redactor_sink sink, void *ctx, struct aiu_restorer_stream **ret_stream);

// NULL is fine. Wipes what it held.
AIU_API void aiu_restorer_stream_free(struct aiu_restorer_stream *stream);

// As the calls of aiu_redactor_stream.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_restorer_stream_feed(struct aiu_restorer_stream *stream,
                                                                const char *bytes, size_t n);
AIU_API AIU_MUST_CHECK enum aiu_status
aiu_restorer_stream_finish(struct aiu_restorer_stream *stream);
AIU_API size_t aiu_restorer_stream_held(const struct aiu_restorer_stream *stream);

#ifdef __cplusplus
}
#endif
