// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Whoever reads captured content is on record before anything is shown: through the gateway that
// runs, or in the log itself where none does.
#pragma once

#include "aiu/state_dir.h"
#include "base/span.h"

struct disclosure {
    const struct state_dir_options *where;
    const char *id;      // of the request
    const char *what;    // "prompt", "answer", "prompt,answer"
    const char *subject; // whose key opens it
};

// AIU_OK when the entry is durable. Anything else was said on stderr: nothing may be shown.
MUST_CHECK enum aiu_status disclosure_record(const struct disclosure *d);
