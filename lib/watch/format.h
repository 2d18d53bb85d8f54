// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Entries of the audit log in the formats of others (guide S92). The entry itself always goes
// along, byte for byte where the format can hold it, so that its hash can be checked at the other
// end.
//
//   rfc5424  one syslog message (RFC 5424), without framing
//   ocsf     one JSON object: API Activity (6003), or Detection Finding (2004) where something was
//            blocked, of the Open Cybersecurity Schema Framework 1.4
//   otlp     one logRecord of OTLP/HTTP JSON; format_otlp_begin and _end make a request of them
//   csv      one line of RFC 4180; format_csv_head is the first line
//
// Ownership: appends to the caller's buffer. Threads: any. Errors: those of the buffer.
#pragma once

#include "audit/row.h"
#include "base/buf.h"

enum format { FORMAT_RECORD, FORMAT_RFC5424, FORMAT_OCSF, FORMAT_OTLP, FORMAT_CSV, FORMAT_COUNT };

// "jsonl", "rfc5424", "ocsf", "otlp", "csv".
const char *format_text(enum format f);
bool format_find(struct span text, enum format *ret_format);

struct format_entry {
    uint64_t index;
    struct span entry;
    const struct row_values *values; // of it
    struct span host;                // that sends it
    uint64_t pid;                    // for rfc5424; 0: none
};

// An entry in the format, without a line end.
MUST_CHECK enum aiu_status format_append(enum format f, const struct format_entry *e,
                                         struct buf *dst);

// RFC 5424 with any JSON as its message: alerts, checkpoints. `msgid` is a word of ours.
enum format_severity {
    FORMAT_CRITICAL = 2,
    FORMAT_WARNING = 4,
    FORMAT_NOTICE = 5,
    FORMAT_INFO = 6
};
struct format_syslog {
    enum format_severity severity;
    uint64_t unix_us;
    struct span host;
    uint64_t pid;
    const char *msgid;
    struct span message;
};
MUST_CHECK enum aiu_status format_syslog_message(const struct format_syslog *s, struct buf *dst);

extern const struct span format_csv_head;
// {"resourceLogs":[…[ and ]…]}: log records stand between them, commas between those.
MUST_CHECK enum aiu_status format_otlp_begin(struct span host, struct buf *dst);
MUST_CHECK enum aiu_status format_otlp_end(struct buf *dst);
