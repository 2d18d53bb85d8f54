// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls of the system that more than one layer makes in the same way: what takes a loop to be
// whole, and the clocks. Which status an error is, is said by the layer that calls: errno tells
// why. Here, since base and the pure layers call nothing.
//
// Ownership: the caller's descriptors and paths. Threads: any.
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "base/span.h"
#include "base/status.h"

// The real clocks.
struct clock io_clock(void);

// Write all of `bytes`, interrupted or not. False: some of it is not written, errno.
MUST_CHECK bool io_write_all(int fd, struct span bytes);

// "rm -r", symbolic links not followed. True where nothing is there any more, false: errno.
MUST_CHECK bool io_remove_folder(const char *path);

// "mkdir -p", for nobody but the owner (0700). False: errno; ENAMETOOLONG from PATH_MAX on.
MUST_CHECK bool io_make_folders(const char *path);
