// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The file in which the mock writes what it received, one JSON object a line, each line with one
// write, before the answer begins: a test that has an answer finds its request in the file.
//
// Ownership: the descriptor is the caller's. Threads: one.
// Errors:    a line that cannot be written is counted in `failed`; the mock goes on.
#pragma once

#include "base/buf.h"
#include "request.h"

struct record {
    int fd; // -1: off
    struct buf line;
    uint64_t failed;
};

void record_init(struct record *r, int fd);
void record_done(struct record *r);

// {"method","path","headers":{lower-case name: value},"body"}; a body that is no UTF-8 stands as
// base64 in "body_b64", and a field that came twice has its values joined by ", ".
void record_request(struct record *r, const struct request *request);

// Bytes that were no request: {"malformed":true,"body"} or "body_b64".
void record_malformed(struct record *r, struct span bytes);
