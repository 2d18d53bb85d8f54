// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a program can say about a place, and the matchers: programs written in C, for shapes that
// items can not describe.
//
// A matcher gets a view of the text and the place of its anchor. It may look at no byte further
// left than CATALOG_CONTEXT before the start of what it finds, and no further than a fixed bound
// right of its end; where the view ends first and is not final, it says MATCH_MORE. That makes the
// answer the same whatever part of the text the view shows.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "detect/flow.h"
#include "detect/phone_regions.h"

struct view {
    const uint8_t *p;
    size_t n;
    bool final;                          // the text ends where the view ends
    bool first;                          // the text begins where the view begins
    const struct phone_regions *regions; // whose telephone numbers need no word; NULL: none
};

// Where the anchor stands.
struct site {
    size_t start, end;
};

enum match {
    MATCH_NO,
    MATCH_YES,
    MATCH_MORE, // can not be told yet; hit.start is where the finding would begin at the earliest
};

struct hit {
    size_t start, end;
    struct flow flow; // not FLOW_NONE: certain up to `end`, goes on from there
    bool sure;        // proven, by a checksum say
};

enum matcher {
    MATCHER_NONE,
#define MATCHER(name, flows) MATCHER_##name,
#include "detect/matchers.def"
#undef MATCHER
    MATCHER_COUNT
};

#define MATCHER(name, flows)                                                                       \
    enum match matcher_##name(const struct view *v, const struct site *anchor, struct hit *hit);
#include "detect/matchers.def"
#undef MATCHER

// MATCHER_NONE where there is none of that name.
enum matcher matcher_find(struct span name);
bool matcher_flows(enum matcher matcher);
enum match matcher_run(enum matcher matcher, const struct view *v, const struct site *anchor,
                       struct hit *hit);

static inline enum match match_more(struct hit *hit, size_t start)
{
    hit->start = start;
    return MATCH_MORE;
}

// Bytes of what may stand between two groups of a number at `at`: a blank or two, a point, a dash,
// and their Unicode kin; 0 where there is none.
size_t number_separator(const struct view *v, size_t at);
// Whether the view ends inside what may be one.
bool number_separator_cut(const struct view *v, size_t at);

// No letter, digit or underscore stands before `at`, and no "1-" or "1.".
bool number_edge_left(const struct view *v, size_t at);
// The same behind: MATCH_YES where the number may end at `at`.
enum match number_edge_right(const struct view *v, size_t at);
// What may stand before a telephone number that does not begin with +.
bool phone_edge_left(const struct view *v, size_t at);
