// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The body of a PEM block, one line at a time.
#pragma once

#include "detect/matcher.h"

struct pem_step {
    size_t at;   // behind the line
    bool inside; // in and out: the view ends in a line that goes on
    bool body;   // in and out: fields can no longer come
    bool last;   // it was the END line
};

// Take the next line from `at` on. MATCH_NO where the text is no key any more.
enum match pem_step(const struct view *v, size_t at, struct pem_step *step);
