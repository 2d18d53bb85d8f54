// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Watches STATE/control.json, the file behind flow/control.h (guide S77, S78).
//
// Threads: one. Blocks: on a small file, when it has changed.
#pragma once

#include <sys/types.h>
#include <time.h>

#include "flow/control.h"
#include "gateway/system.h"

struct switches {
    const struct state *state;
    const struct logger *log;
    struct control *control;
    // The file as it was last seen.
    struct timespec modified;
    ino_t inode;
    off_t size;
    bool unreadable; // has been told
};

MUST_CHECK enum aiu_status switches_init(struct switches *s, const struct state *state,
                                         const struct logger *log);
void switches_done(struct switches *s);

// Look whether the file is another one, and take it. `on_change` as control_load has it. Returns
// whether it was read; what cannot be read or understood stops everything.
bool switches_look(struct switches *s,
                   void (*on_change)(void *ctx, const struct control_change *change), void *ctx);
