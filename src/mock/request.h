// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads one HTTP/1 request out of the bytes that came. Not lib/codec/http1 on purpose: the mock
// judges what the gateway sends, so it must not share the gateway's idea of HTTP.
//
// Ownership: spans point into the bytes that were handed in, or into `body`. Threads: one.
#pragma once

#include "base/buf.h"

enum { REQUEST_FIELDS_MAX = 200, REQUEST_BODY_MAX = 64 << 20, REQUEST_HEAD_MAX = 1 << 20 };

struct request_field {
    struct span name, value; // the name as it came
};

struct request {
    struct span method, path;
    struct request_field fields[REQUEST_FIELDS_MAX];
    size_t count;
    struct span body;
    bool keep_alive;
    bool expects_continue;
};

enum request_state {
    REQUEST_PARTIAL,   // more bytes are needed
    REQUEST_WHOLE,     // one request lies in the first `*ret_used` bytes
    REQUEST_MALFORMED, // this can never become a request
};

// Look for one request at the start of `bytes`. `chunks` holds a body that came in chunks.
enum request_state request_read(struct request *r, struct span bytes, struct buf *chunks,
                                size_t *ret_used);

// Value of the first field `name` (any case); empty where there is none.
struct span request_field(const struct request *r, struct span name);
