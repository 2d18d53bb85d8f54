// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Writer of HTTP/1.1 messages (RFC 9112). What it wrote reads back as one message and in one way:
// names, values, methods and targets are checked against the grammar of codec/header.h, and the
// fields that say where a message ends are written from arguments, never copied.
//
// Ownership: appends to the caller's buffer. Threads: any.
// Errors:    AIU_HTTP_INVALID for what may not stand in a head, AIU_TOO_LONG and AIU_NO_MEMORY of
// the
//            buffer. The buffer is then as it was before the call.
#pragma once

#include "base/buf.h"
#include "codec/http1.h"

// A whole head, from `h`:
//   request   method, target, fields (one Host among them), framing, keep_alive
//   response  status (200 to 599), fields, framing, keep_alive; the reason is that of RFC 9110
// Content-Length, Transfer-Encoding and Connection are made here; a field of these names, or any
// other hop-by-hop name, is AIU_HTTP_INVALID. The version is always HTTP/1.1. A response has
// HTTP_NO_BODY for 204 and 304 and for no other (an answer to HEAD says what GET would);
// HTTP_UNTIL_CLOSE is for responses that do not keep the connection.
MUST_CHECK enum aiu_status http1_write_request_head(struct buf *b, const struct http_head *h);
MUST_CHECK enum aiu_status http1_write_response_head(struct buf *b, const struct http_head *h);

// The same piece by piece. The caller answers for one Host, one framing and the order.
MUST_CHECK enum aiu_status http1_write_request_line(struct buf *b, struct span method,
                                                    struct span target);
MUST_CHECK enum aiu_status http1_write_status_line(struct buf *b, int status);
MUST_CHECK enum aiu_status http1_write_field(struct buf *b, struct span name, struct span value);
MUST_CHECK enum aiu_status http1_write_framing(struct buf *b, enum http_framing framing,
                                               uint64_t length);
MUST_CHECK enum aiu_status http1_write_connection(struct buf *b, bool keep_alive);
MUST_CHECK enum aiu_status http1_write_head_end(struct buf *b); // the empty line

// One chunk in three parts: head, `n` bytes of data (not by us), tail. n is not 0.
MUST_CHECK enum aiu_status http1_write_chunk_head(struct buf *b, uint64_t n);
MUST_CHECK enum aiu_status http1_write_chunk_tail(struct buf *b);

// One chunk at once; nothing for no bytes, since an empty chunk would end the body.
MUST_CHECK enum aiu_status http1_write_chunk(struct buf *b, struct span data);

// The end of a chunked body, without trailers.
MUST_CHECK enum aiu_status http1_write_last_chunk(struct buf *b);

// "HTTP/1.1 100 Continue" and its empty line.
extern const struct span http1_continue;

// The reason phrase of RFC 9110 for a status; "Unknown" for one without.
struct span http1_reason(int status);
