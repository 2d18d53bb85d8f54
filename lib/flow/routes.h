// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Which request is for what: one lookup, used by authentication, policy and forwarding alike.
//
// Ownership: constant data; spans point into the target. Threads: any.
// Errors:    AIU_NO_ROUTE, AIU_BAD_METHOD, AIU_HTTP_INVALID for a query that may not go on.
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "provider/dialect.h"

enum route_guard { GUARD_NONE, GUARD_KEY };

enum route_name {
#define FLOW_ROUTE(name, method, path, guard, request, answer) ROUTE_##name,
#include "flow/routes.def"
#undef FLOW_ROUTE
    ROUTE_COUNT
};

struct route {
    enum route_name name;
    const char *label; // "chat": in metrics
    const char *method;
    const char *path;
    enum route_guard guard;
    enum document_kind request, answer;
};

struct route_match {
    const struct route *route;
    struct span path;  // without the query
    struct span query; // without "?"; empty without
    struct span model; // of "/v1/models/*"
    const char *allow; // AIU_BAD_METHOD: the method that the path has
};

// `target` is a request target in origin form. `ret_match->path` is set whatever is returned.
MUST_CHECK enum aiu_status route_find(struct span method, struct span target,
                                      struct route_match *ret_match);

const struct route *route_get(enum route_name name);
