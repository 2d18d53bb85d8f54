// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Edits of one document: collected as its places are judged, put in order at the end.
//
// Ownership: edits lie in the document's arena. Threads: one. Errors: AIU_NO_MEMORY.
#pragma once

#include "flow/inspector.h"

// Edits of overlapping places become the first of them, stretched. `choice` is the one they are in.
MUST_CHECK enum aiu_status edits_add(struct inspected *d, uint32_t choice,
                                     const struct json_edit *edit);

// null in the place of what tells of a choice whose text was edited.
MUST_CHECK enum aiu_status edits_shadow(struct inspected *d);

// All of them by place, none overlapping.
MUST_CHECK enum aiu_status edits_in_order(const struct inspected *d,
                                          const struct json_edit **ret_edits, size_t *ret_count);
