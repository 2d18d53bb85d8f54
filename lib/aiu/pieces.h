// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the public streams have in common: a window that is fed and scanned in pieces, with an error
// that stays.
//
// Ownership: the window's. Threads: one.
#pragma once

#include "detect/window.h"
#include "pool.h"

struct pieces {
    const struct aiu_scanner *scanner;
    struct window window;
    enum aiu_status failed;
    bool finished;
};

// Most bytes between two scans.
enum { STREAM_PIECE = 64 << 10 };

void pieces_init(struct pieces *s, const struct aiu_scanner *scanner, const struct rule_set *rules);
void pieces_done(struct pieces *s);

// Take at most STREAM_PIECE bytes and examine what can be decided. AIU_USAGE once finished.
MUST_CHECK enum aiu_status pieces_feed(struct pieces *s, struct span piece);

// The text has ended: decide the rest. AIU_USAGE the second time.
MUST_CHECK enum aiu_status pieces_finish(struct pieces *s);

// Keep the first error; returns it.
enum aiu_status pieces_keep(struct pieces *s, enum aiu_status st);

// Whether the end of a finding has come. An open one reaches up to what is safe.
bool pieces_closed(const struct pieces *s, const struct finding *f);
