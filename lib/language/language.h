// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// In which language a text is written (guide S52), as Compact Language Detector 2 guesses it. No
// guess where it is unsure: a wrong name would be worse than none.
//
// Ownership: names are constant. Threads: any. Errors: none. About 10 to 50 microseconds a KB; at
// most the first LANGUAGE_MOST bytes are read.
#pragma once

#include "base/span.h"

enum { LANGUAGE_MOST = 64 << 10 };

// ISO 639-1 ("en"); NULL where the text is short, mixed, no valid UTF-8 or of no known language.
const char *language_guess(struct span text);
