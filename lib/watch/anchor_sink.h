// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A collector of entries as one of checkpoints: what it keeps, nobody here can take back. A
// checkpoint goes as an entry of its own, {"v":1,"t":"checkpoint","ts":…,"node":…,"checkpoint":…},
// in the collector's format; it stands in no log.
//
// Ownership: the sink is the caller's, and used by nobody else. Threads: the anchor's.
#pragma once

#include "base/clock.h"
#include "watch/anchor.h"
#include "watch/follow.h"

struct anchor_sink {
    struct follow_sink sink;
    struct span node;
    struct clock clock;
};

// For anchor_target.send; `ctx` is a struct anchor_sink.
MUST_CHECK enum aiu_status anchor_sink_send(void *ctx, struct span note);
