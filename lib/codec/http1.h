// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Strict push parser for HTTP/1.1 messages, requests and responses (RFC 9112, RFC 9110).
//
// Whatever two servers could read in two ways is refused, never repaired; docs/internals/http1.md
// lists it. Feed it bytes as they come, cut anywhere: the events are the same for every way of
// cutting the input, except that body bytes come in other pieces.
//
// A message gives on_head, on_body for each piece of a decoded body, and on_end. Chunk extensions
// and trailers are checked, counted and dropped. Responses of 1xx are checked and dropped.
//
// Ownership: the parser owns its memory. The spans of a head live until on_head returns; they point
//            into the fed bytes where the whole head lies there, so a head is only copied when cut.
// Threads:   a parser belongs to one thread.
// Memory:    at most line + total bytes of an unfinished head, and `count` fields; nothing before
//            the first byte and after http1_idle_release.
// Errors:    AIU_HTTP_INVALID, AIU_HTTP_VERSION, AIU_EXPECTATION, AIU_URI_TOO_LONG,
//            AIU_HEADERS_TOO_LARGE, AIU_BODY_TOO_LARGE, AIU_NO_MEMORY, or what a handler returned.
//            An error stays: every later feed returns it.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "codec/header.h"

enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_CLOSE };

struct http_head {
    struct span method, target; // requests
    struct span reason;         // responses; may be empty
    int status;                 // responses: 200 to 599; 0 for requests
    uint8_t minor;              // HTTP/1.minor: 0 or 1
    bool keep_alive;            // the sender keeps the connection after this message
    bool expect_continue;       // a request that waits for "100 Continue" before its body
    bool nominates;             // Connection names fields besides `close` and `keep-alive`
    enum http_framing framing;
    uint64_t length; // bytes of the body for HTTP_LENGTH
    const struct http_field *fields;
    size_t count;
};

// Value of the first field with this id; empty (p is NULL) where there is none.
struct span http_head_get(const struct http_head *h, enum http_name id);

// How many fields have this id.
size_t http_head_count(const struct http_head *h, enum http_name id);

// Whether `field` of `h` ends at this connection: by its name, or nominated by Connection.
bool http_head_is_hop_by_hop(const struct http_head *h, const struct http_field *field);

// All in bytes without their CR LF, except for `total`, which counts each field line with its.
struct http1_limits {
    size_t line;       // request or status line
    size_t field;      // one field line
    size_t total;      // all field lines of a head, and again all of a trailer section; also all
                       // chunk extensions of one message
    uint32_t count;    // fields of a head, and again of a trailer section
    uint64_t body;     // decoded body
    size_t chunk_line; // chunk size with its extensions
};

// Figures of the product: 8 KiB lines, 32 KiB and 100 fields in all, 10 MiB of body.
extern const struct http1_limits http1_default_limits;

// Each is called in the order of the bytes. An error stops the feed, which returns it.
struct http1_events {
    enum aiu_status (*on_head)(void *ctx, const struct http_head *head);
    enum aiu_status (*on_body)(void *ctx, struct span bytes); // never empty
    enum aiu_status (*on_end)(void *ctx);
};

struct http1 {
    const struct http1_limits *limits;
    const struct http1_events *events;
    void *ctx;
    struct buf held;           // bytes of a head or line that is not whole yet
    size_t line_at;            // where in `held` the unfinished line begins
    struct http_field *fields; // `room` of them
    uint32_t room, count;
    struct http_head head;
    uint64_t left;     // bytes to come of the body (HTTP_LENGTH) or chunk
    uint64_t body;     // bytes of the body so far
    size_t section;    // bytes of the head's or trailer's field lines so far
    size_t extensions; // bytes of chunk extensions so far
    enum aiu_status failed;
    uint8_t state;
    uint8_t interim; // responses of 1xx before this one
    bool response;
    bool head_request; // the response is one to HEAD
    bool closing;      // the last message said that none follows
    bool blank_line;   // one empty line before the request line was skipped
};

// A parser of requests, ready for the first. `limits` and `events` must outlive it.
void http1_init_request(struct http1 *p, const struct http1_limits *limits,
                        const struct http1_events *events, void *ctx);

// A parser of responses. It takes no byte before http1_expect.
void http1_init_response(struct http1 *p, const struct http1_limits *limits,
                         const struct http1_events *events, void *ctx);

// Wipe and free what `p` holds.
void http1_done(struct http1 *p);

// A request was sent: one response may come. `head_request`: its method was HEAD. Only on a new
// parser or after on_end, and not from inside a handler. After a response that did not keep the
// connection, every further byte is AIU_HTTP_INVALID.
void http1_expect(struct http1 *p, bool head_request);

// Take bytes, up to the end of one message. `*ret_used` < bytes.n says that the message ended
// before them: the rest belongs to the next one. For requests, call http1_next and feed it again.
// After a response it is what nobody asked for; the connection must be closed, and a further feed
// without http1_expect is AIU_HTTP_INVALID.
MUST_CHECK enum aiu_status http1_feed(struct http1 *p, struct span bytes, size_t *ret_used);

// Get ready for the next request. Only after on_end, and not from inside a handler. After a request
// that did not keep the connection, every further byte is AIU_HTTP_INVALID.
void http1_next(struct http1 *p);

// The peer closed. AIU_OK between two messages, and for a body that ends so (on_end is called);
// AIU_HTTP_INVALID in the middle of a message, and for a response that was expected and never came.
MUST_CHECK enum aiu_status http1_finish(struct http1 *p);

// No byte of a message was seen since init, http1_next or http1_expect.
bool http1_idle(const struct http1 *p);

// The last message has ended and http1_next or http1_expect was not called yet.
bool http1_ended(const struct http1 *p);

// Give memory back while a connection waits for its next message. Only when idle or ended.
void http1_idle_release(struct http1 *p);
