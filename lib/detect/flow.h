// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Findings longer than any bound: once the first bytes are certain, the rest is found as it comes
// by one of these small machines. They look at no more than a few dozen bytes ahead.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_class;
struct view;

enum flow_kind {
    FLOW_NONE,
    FLOW_CLASS,      // while bytes are of one class
    FLOW_JWT,        // parts of base64url with single dots between
    FLOW_PEM,        // base64 lines up to the END line
    FLOW_TAGS,       // Unicode tag characters
    FLOW_SELECTORS,  // variation selectors
    FLOW_ZERO_WIDTH, // zero-width characters
    FLOW_MARKS,      // combining marks
    FLOW_URL,        // to the end of a URL
    FLOW_PRIVATE,    // private characters of the upper planes
};

struct flow {
    uint8_t kind;   // enum flow_kind
    uint8_t state;  // the machine's own
    uint16_t class; // FLOW_CLASS: index
};

// Go on from `at` as far as the view shows. Returns how far the finding certainly reaches;
// `f->kind` becomes FLOW_NONE where it ends there.
size_t flow_run(struct flow *f, const struct byte_class *classes, const struct view *v, size_t at);
