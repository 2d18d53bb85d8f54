// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Where entries of the log go: a syslog collector, or an OTLP/HTTP endpoint. Sinks for
// watch/follow.h.
//
// Ownership: sink_*_new / sink_*_free. Threads: the follower's. Memory: one batch, at most 4 MiB.
#pragma once

#include "net/link.h"
#include "watch/follow.h"
#include "watch/format.h"

struct sink_syslog;

struct sink_syslog_options {
    struct link_options link;
    enum format format; // of the message: FORMAT_RFC5424, or FORMAT_OCSF inside of one
    struct span host;   // borrowed
    uint64_t pid;
};

// Octet-counted frames over TCP and TLS (RFC 6587 3.4.1), one message a datagram otherwise. Over
// UDP, what is lost on the way is lost.
MUST_CHECK enum aiu_status sink_syslog_new(const struct sink_syslog_options *o,
                                           struct sink_syslog **ret_sink);
void sink_syslog_free(struct sink_syslog *s); // NULL is fine
struct follow_sink sink_syslog_of(struct sink_syslog *s);

struct sink_otlp;

struct sink_otlp_options {
    struct span url; // "https://collector:4318/v1/logs"; borrowed, as the others
    const char *ca_file;
    const struct secret *bearer; // may be NULL; bound to the URL's origin
    struct span host;
    bool allow_plaintext;
    const struct logger *logger;
    const atomic_bool *stop; // may be NULL: as in net/once.h
};

// A batch that the endpoint cannot take (400, 413, 415, 422) is logged and passed over: it never
// would. Every other answer, such as that the token or the path is wrong, is a reason to come
// again.
MUST_CHECK enum aiu_status sink_otlp_new(const struct sink_otlp_options *o,
                                         struct sink_otlp **ret_sink);
void sink_otlp_free(struct sink_otlp *s);
struct follow_sink sink_otlp_of(struct sink_otlp *s);
