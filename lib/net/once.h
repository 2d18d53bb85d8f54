// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One HTTP request and its answer, blocking, on a loop and a connection of its own: for commands
// and for threads that may wait (webhooks, exports), never for the data plane. The rules are those
// of net/client.h: certificates are always verified, redirects are answers, nothing is retried.
//
// Ownership: the answer's buffer is the caller's. Threads: any, which it blocks.
// Errors:    AIU_URL_INVALID; AIU_FORBIDDEN for http:// to another machine, unless it is allowed;
//            those of client_handler.on_fail and tls_new_client. Any HTTP status is AIU_OK.
#pragma once

#include <stdatomic.h>

#include "base/buf.h"
#include "codec/http1.h"
#include "secret/secret.h"

struct once_request {
    struct span method;
    struct span url;  // as url_parse takes it
    struct span path; // behind the URL's own: "/models", with or without a query; may be empty
    const struct http_field *fields; // no Host, no framing
    size_t field_count;
    const struct secret *bearer; // may be NULL; bound to the URL's origin
    struct span body;
    const char *ca_file; // NULL: the system's certificates
    bool allow_plaintext;
    uint32_t timeout_ms;     // in all, however slowly the answer drips
    const atomic_bool *stop; // may be NULL; once true, the call ends with AIU_CANCELLED
};

struct once_answer {
    int status;
    struct buf body; // its maximum is the caller's; a longer body is AIU_PROVIDER_TOO_LARGE
};

MUST_CHECK enum aiu_status once_run(const struct once_request *r, struct once_answer *ret_answer);
