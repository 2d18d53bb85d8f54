// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The lines of a head, one by one, and what they mean together. Only for http1.c.
//
// Ownership: what is stored in `p` points into the lines. Threads: the parser's.
// Errors:    those of http1_feed.
#pragma once

#include "codec/http1.h"

// A request or status line, without its CR LF.
MUST_CHECK enum aiu_status http1_take_start_line(struct http1 *p, struct span line);

// A field line: kept in p->fields.
MUST_CHECK enum aiu_status http1_take_field(struct http1 *p, struct span line);

// A field line of a trailer section: checked, counted, dropped.
MUST_CHECK enum aiu_status http1_take_trailer(struct http1 *p, struct span line);

// All lines are there: fill the rest of p->head, or refuse what the fields say together.
MUST_CHECK enum aiu_status http1_settle_head(struct http1 *p);
