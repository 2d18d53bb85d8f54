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

struct stream {
    const struct aiu_scanner *scanner;
    struct window window;
    enum aiu_status failed;
    bool finished;
};

// Most bytes between two scans.
enum { STREAM_PIECE = 64 << 10 };

void stream_init(struct stream *s, const struct aiu_scanner *scanner, const struct rule_set *rules);
void stream_done(struct stream *s);

// Take at most STREAM_PIECE bytes and examine what can be decided. AIU_USAGE once finished.
MUST_CHECK enum aiu_status stream_feed(struct stream *s, struct span piece);

// The text has ended: decide the rest. AIU_USAGE the second time.
MUST_CHECK enum aiu_status stream_finish(struct stream *s);

// Keep the first error; returns it.
enum aiu_status stream_keep(struct stream *s, enum aiu_status st);

// Whether the end of a finding has come. An open one reaches up to what is safe.
bool stream_closed(const struct stream *s, const struct finding *f);
