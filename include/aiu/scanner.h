// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds personal data, secrets, prompt injection, hidden characters and unsafe output in a text:
// which rule, where, how sure; never the value (guide S3, S9, S54-S56, S58).
//
// A text that comes in pieces gives the same findings as the whole, wherever it is cut. Time is
// linear in the text, whatever it is.
//
// Text:    bytes with a length; it need not be valid UTF-8 or end with NUL. Offsets are bytes from
//          0, half open: `start` is the first byte found, `end` the one behind the last.
// Threads: a scanner that is set up may be used by any number of threads at a time; a stream or a
//          list of findings belongs to one.
// Memory:  about 100 KiB a scanner and 10 KiB for each thread that scans at one time.
// Errors:  AIU_NO_MEMORY; AIU_INSPECTION_FAILED where a bound was reached and the text could not be
//          examined to its end (treat it as a denial, never as "nothing found").
#pragma once

#include <stddef.h>

#include "aiu/status.h"
#include "aiu/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

enum aiu_kind {
    AIU_KIND_PII,       // personal data
    AIU_KIND_SECRET,    // keys, tokens, passwords
    AIU_KIND_INJECTION, // text that tries to become an instruction
    AIU_KIND_HIDDEN,    // characters that people do not see
    AIU_KIND_OUTPUT,    // what an answer must not do to whoever shows it
};

enum aiu_severity {
    AIU_SEVERITY_LOW,
    AIU_SEVERITY_MEDIUM,
    AIU_SEVERITY_HIGH,
    AIU_SEVERITY_CRITICAL
};

// Strings are static. Later versions add members at the end.
struct aiu_finding {
    size_t start;
    size_t end;
    const char *rule; // "pii.email", stable
    const char *tag;  // "email", as in "[REDACTED:email]"
    enum aiu_kind kind;
    enum aiu_severity severity;
    int confidence; // 0 to 100
};

struct aiu_scanner;

// A scanner of all rules that are built in; under a millisecond. Free it with aiu_scanner_free.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_scanner_new(struct aiu_scanner **ret_scanner);

// NULL is fine. Free its streams and redactors first.
AIU_API void aiu_scanner_free(struct aiu_scanner *scanner);

// Look for these rules only: the first call to an `only` switches all others off, each further one
// adds. Set a scanner up before it is used; not thread-safe.
//   AIU_NOT_FOUND  there is no rule of that id; nothing changed
AIU_API AIU_MUST_CHECK enum aiu_status aiu_scanner_only_rule(struct aiu_scanner *scanner,
                                                             const char *rule);
AIU_API void aiu_scanner_only_kind(struct aiu_scanner *scanner, enum aiu_kind kind);

// Do not look for this rule. As above.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_scanner_without_rule(struct aiu_scanner *scanner,
                                                                const char *rule);

// Find telephone numbers of this region as people write them at home, such as "030 901820" for
// "DE", without a word beside them; each further call adds a region. As above.
//   AIU_NOT_FOUND  it is no region: two capital letters (ISO 3166-1)
//   AIU_TOO_LONG   there are 40 with different number plans already
AIU_API AIU_MUST_CHECK enum aiu_status aiu_scanner_phone_region(struct aiu_scanner *scanner,
                                                                const char *region);

// The i-th rule that is built in, for lists: its id, and what it finds in a few words. NULL at the
// end.
AIU_API const char *aiu_scanner_rule_at(size_t i);
AIU_API const char *aiu_scanner_rule_description_at(size_t i);

// "pii", "secret", "injection", "hidden", "output". Static; never NULL.
AIU_API const char *aiu_kind_text(enum aiu_kind kind);
// "low", "medium", "high", "critical". Static; never NULL.
AIU_API const char *aiu_severity_text(enum aiu_severity severity);

// What one text held, sorted by place, none overlapping another. It holds nothing of the text.
struct aiu_findings;

// Examine `n` bytes of `text` (may be NULL where n is 0). Free the list with aiu_findings_free.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_scanner_scan(const struct aiu_scanner *scanner,
                                                        const char *text, size_t n,
                                                        struct aiu_findings **ret_findings);

// Who speaks in a text.
enum aiu_role {
    AIU_ROLE_SYSTEM,    // the operator's program; its wording is not judged
    AIU_ROLE_USER,      // a person
    AIU_ROLE_ASSISTANT, // the model, earlier
    AIU_ROLE_TOOL,      // what a tool gave back; judged more strictly than a person's own words
    AIU_ROLE_DOCUMENT,  // what the model is to read; the same
};

enum aiu_injection_verdict { AIU_INJECTION_PASS, AIU_INJECTION_FLAG, AIU_INJECTION_BLOCK };

// Whether the wording of a text tries to take over the model that reads it.
struct aiu_injection {
    int score; // 0 to 100
    enum aiu_injection_verdict verdict;
};

// As aiu_scanner_scan, and more than that: disguises are taken off, codes (base64, hex, percent,
// HTML and \u escapes) are looked into, and the wording is judged. What was found in a code has the
// place of the code. Findings may overlap. `ret_injection` may be NULL.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_scanner_inspect(const struct aiu_scanner *scanner,
                                                           enum aiu_role role, const char *text,
                                                           size_t n,
                                                           struct aiu_findings **ret_findings,
                                                           struct aiu_injection *ret_injection);

// "pass", "flag", "block". Static; never NULL.
AIU_API const char *aiu_injection_verdict_text(enum aiu_injection_verdict verdict);

AIU_API size_t aiu_findings_count(const struct aiu_findings *findings);

// The i-th finding; lives as long as the list. NULL from aiu_findings_count on.
AIU_API const struct aiu_finding *aiu_findings_get(const struct aiu_findings *findings, size_t i);

// NULL is fine.
AIU_API void aiu_findings_free(struct aiu_findings *findings);

// One text that comes in pieces.
//
//   while (more) {
//       aiu_scanner_stream_feed(stream, bytes, n);
//       while ((f = aiu_scanner_stream_next(stream)) != NULL) { … }
//       // everything before aiu_scanner_stream_safe(stream) may go on
//   }
//   aiu_scanner_stream_finish(stream); // then the last findings
struct aiu_scanner_stream;

// Free it with aiu_scanner_stream_free, before the scanner.
AIU_API AIU_MUST_CHECK enum aiu_status
aiu_scanner_stream_new(const struct aiu_scanner *scanner, struct aiu_scanner_stream **ret_stream);

// NULL is fine. Wipes what it held.
AIU_API void aiu_scanner_stream_free(struct aiu_scanner_stream *stream);

// Take the next `n` bytes; they are copied as far as they are undecided. After an error the stream
// can only be freed, and nothing from aiu_scanner_stream_safe on may be passed on.
//   AIU_USAGE  the stream is finished
AIU_API AIU_MUST_CHECK enum aiu_status aiu_scanner_stream_feed(struct aiu_scanner_stream *stream,
                                                               const char *bytes, size_t n);

// The text has ended: everything is decided.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_scanner_stream_finish(struct aiu_scanner_stream *stream);

// Bytes from the beginning of the text that have their final verdict. Each finding that begins
// before it has been handed out, or will be by aiu_scanner_stream_next: a finding that is longer
// than the look-ahead is handed out when its end has come.
AIU_API size_t aiu_scanner_stream_safe(const struct aiu_scanner_stream *stream);

// The next finding that is final; lives until the next call for this stream. NULL where there is
// none yet.
AIU_API const struct aiu_finding *aiu_scanner_stream_next(struct aiu_scanner_stream *stream);

#ifdef __cplusplus
}
#endif
