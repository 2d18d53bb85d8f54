// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// An answer as a script: all its bytes, cut into writes with pauses before them, and how it ends.
// Answers are made as if nothing could go wrong; a fault is an edit of the finished script.
//
// Ownership: the struct owns its bytes and steps. Threads: one.
// Errors:    AIU_TOO_LONG over 256 MiB or 2^20 steps, AIU_NO_MEMORY.
#pragma once

#include "base/buf.h"

enum script_end {
    SCRIPT_KEEP,    // the connection waits for the next request
    SCRIPT_FIN,     // closed in order
    SCRIPT_RESET,   // closed with a TCP reset
    SCRIPT_SILENCE, // open, but nothing more comes
};

struct script_step {
    size_t end;        // this write goes up to here
    uint32_t delay_ms; // the pause before it
};

struct script {
    struct buf bytes;
    struct buf steps; // of struct script_step
    size_t body_at;   // where the head ends
    enum script_end end;
    uint64_t flood; // bytes of 'x' that follow the script, made while they are sent
};

void script_init(struct script *s);
void script_done(struct script *s);

// Empty again, memory kept.
void script_reset(struct script *s);

// What was appended to `bytes` since the last step becomes one write, `delay_ms` after the one
// before. Without new bytes nothing happens.
MUST_CHECK enum aiu_status script_step(struct script *s, uint32_t delay_ms);

size_t script_steps(const struct script *s);
struct script_step script_step_at(const struct script *s, size_t index);

// Everything after byte `at` is dropped, and `end` is how it ends.
MUST_CHECK enum aiu_status script_cut(struct script *s, size_t at, enum script_end end);

// No write is larger than `most` bytes. Pauses stay before the first part of what they preceded.
MUST_CHECK enum aiu_status script_split(struct script *s, size_t most);
