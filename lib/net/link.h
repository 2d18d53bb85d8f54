// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// An outgoing line of bytes for a thread that may wait: UDP, TCP, TLS, or a local datagram socket,
// as log collectors take them (RFC 5425, 5426, 6587; /dev/log). What comes back is read and thrown
// away.
//
// Ownership: link_new / link_free. Threads: one at a time, which every call blocks.
// Errors:    AIU_PROVIDER_UNREACHABLE, AIU_PROVIDER_TLS, AIU_NETWORK, AIU_TIMEOUT, AIU_NO_MEMORY;
//            AIU_FILE_INVALID for a socket's path that is too long.
#pragma once

#include <stdatomic.h>

#include "base/span.h"
#include "base/status.h"

enum link_kind { LINK_UDP, LINK_TCP, LINK_TLS, LINK_LOCAL };

struct link_options {
    enum link_kind kind;
    const char *host; // or the path of the socket
    uint16_t port;
    const char *ca_file;     // TLS; NULL: the system's certificates
    uint32_t timeout_ms;     // of each step of a call
    const atomic_bool *stop; // may be NULL; once true, a call over TCP or TLS fails soon
};

struct link;

// Copies `o`, the strings included; connects at the first send.
MUST_CHECK enum aiu_status link_new(const struct link_options *o, struct link **ret_link);
void link_free(struct link *l); // NULL is fine

// Connect where that is needed, and send. UDP and LINK_LOCAL: one datagram. The others: AIU_OK when
// the kernel has taken every byte and the peer has not closed; more nobody knows. After an error
// the connection is gone, and the next call makes a new one.
MUST_CHECK enum aiu_status link_send(struct link *l, struct span bytes);
