// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Puts a tag in the place of what a scanner finds; every other byte stays as it was (guide S54-S57,
// S59). Redacting twice changes nothing.
//
// A text that comes in pieces gives the same output as the whole, wherever it is cut, and no byte
// of a finding leaves before it is decided. Only what may be part of a match is held back: on
// ordinary prose the last partial word.
//
// Text:    bytes with a length; it need not be valid UTF-8 or end with NUL.
// Threads: a redactor may be used by any number of threads at a time; a stream belongs to one.
// Errors:  AIU_NO_MEMORY; AIU_TOO_LONG where the output would pass 1 GiB; AIU_INSPECTION_FAILED
//          where the text could not be examined to its end: nothing more comes out, so that nothing
//          leaves uninspected.
#pragma once

#include <stddef.h>

#include "aiu/scanner.h"
#include "aiu/status.h"
#include "aiu/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

enum aiu_redactor_style {
    AIU_REDACTOR_PLAIN, // "[REDACTED]", as the guide writes it
    AIU_REDACTOR_TYPED, // "[REDACTED:email]"
    AIU_REDACTOR_MASK,  // "************1111", "***@example.com"; a tag where over 1024 bytes
    AIU_REDACTOR_DROP,  // nothing
};

struct aiu_redactor;

// A redactor of whatever `scanner` looks for. It borrows the scanner: free the redactor first, with
// aiu_redactor_free.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_redactor_new(const struct aiu_scanner *scanner,
                                                        enum aiu_redactor_style style,
                                                        struct aiu_redactor **ret_redactor);

// NULL is fine. Free its streams first.
AIU_API void aiu_redactor_free(struct aiu_redactor *redactor);

// The redacted form of `n` bytes of `text` (may be NULL where n is 0), with a NUL behind it that
// `*ret_n` does not count. The caller frees it with aiu_redactor_text_free. `ret_n` may be NULL.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_redactor_redact(const struct aiu_redactor *redactor,
                                                           const char *text, size_t n,
                                                           char **ret_text, size_t *ret_n);

// Wipe and free. NULL is fine.
AIU_API void aiu_redactor_text_free(char *text);

// Where the output of a stream goes: called with `n` > 0 bytes that live until it returns. Anything
// but AIU_OK stops the stream and is what the call that caused it returns.
typedef enum aiu_status (*aiu_redactor_sink)(void *ctx, const char *bytes, size_t n);

// One text that comes in pieces.
struct aiu_redactor_stream;

// Free it with aiu_redactor_stream_free, before the redactor.
AIU_API AIU_MUST_CHECK enum aiu_status
aiu_redactor_stream_new(const struct aiu_redactor *redactor, aiu_redactor_sink sink, void *ctx,
                        struct aiu_redactor_stream **ret_stream);

// NULL is fine. Wipes what it held; bytes that were held back do not come out.
AIU_API void aiu_redactor_stream_free(struct aiu_redactor_stream *stream);

// Take the next `n` bytes and hand on what is decided. After an error the stream can only be freed.
//   AIU_USAGE  the stream is finished
//   other      what the sink returned
AIU_API AIU_MUST_CHECK enum aiu_status aiu_redactor_stream_feed(struct aiu_redactor_stream *stream,
                                                                const char *bytes, size_t n);

// The text has ended: hand on the rest.
AIU_API AIU_MUST_CHECK enum aiu_status
aiu_redactor_stream_finish(struct aiu_redactor_stream *stream);

// Bytes of the input that are held back now.
AIU_API size_t aiu_redactor_stream_held(const struct aiu_redactor_stream *stream);

#ifdef __cplusplus
}
#endif
