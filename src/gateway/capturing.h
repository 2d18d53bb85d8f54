// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Captured content in the worker: what audit/capture.h tells becomes entries of the audit log.
//
// Threads: of the struct's owner; the entries are written on capture's own. `events` outlives it.
#pragma once

#include "audit/capture.h"
#include "gateway/events.h"

struct capturing {
    const struct events *events;
};

// `state` is the state folder's path.
MUST_CHECK enum aiu_status capturing_open(struct capturing *w, const char *state,
                                          const struct config *config, struct secret *master,
                                          struct capture **ret_capture);

// A configuration comes into force. Where it wants content and the folder cannot be had, that is
// said, and what would be captured is skipped.
void capturing_apply(struct capturing *w, struct capture *c, const struct config *config);
