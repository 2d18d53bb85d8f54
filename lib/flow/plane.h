// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The data plane of one loop: takes requests from a server, walks each through flow/steps.def,
// and answers. Everything that a request touches belongs to its loop's thread; what loops share
// stands in struct plane_shared.
//
// Ownership: a flow holds references to what it is given; plane_free after the server is gone.
// Threads:   a flow belongs to its loop, except plane_metrics (any).
#pragma once

#include "audit/capture.h"
#include "audit/log.h"
#include "audit/record.h"
#include "base/clock.h"
#include "base/log.h"
#include "detect/engine.h"
#include "flow/control.h"
#include "flow/metrics.h"
#include "flow/service.h"
#include "net/loop.h"
#include "net/server.h"
#include "secret/secret.h"

struct plane;

// What all loops of a worker share; lives longer than they do.
struct plane_shared {
    const struct engine *engine;
    struct audit_log *audit;
    struct capture *capture; // NULL: there is none, and what would be captured is skipped
    struct control *control;
    struct secret *master; // for the fingerprints in audit records
    struct record_origin origin;
    struct clock clock;
    const struct logger *log;
};

MUST_CHECK enum aiu_status plane_new(struct loop *l, const struct plane_shared *shared,
                                     struct service *service, struct plane **ret_plane);
void plane_free(struct plane *f);

// The handler for server_options, whose ctx is the flow.
extern const struct server_handler plane_handler;

// New requests are served by `service`; those under way end as they began.
MUST_CHECK enum aiu_status plane_set_service(struct plane *f, struct service *service);

// Whether a request would be served now; `*ret_why` is the status that it would get.
bool plane_ready(const struct plane *f, enum aiu_status *ret_why);

// End every exchange with an error now (AIU_SHUTTING_DOWN): each is recorded and told to its
// client.
void plane_abandon(struct plane *f);

// Switches have changed (flow/control.h): end the exchanges under way that may not be finished, in
// the middle of a stream too.
void plane_apply_control(struct plane *f);

const struct metrics *plane_metrics(const struct plane *f);
