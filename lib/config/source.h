// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Where secrets come from: `{ env: NAME }` and its kin. A secret itself is refused (guide S3).
//
// Ownership: strings go into the snapshot's arena. Threads: one. Errors: as in config/value.h.
#pragma once

#include "config/builder.h"

// `file_only`: certificates and the like, which can only be files.
MUST_CHECK enum aiu_status source_set(struct builder *b, bool file_only, const struct node *node,
                                      struct config_source *field);

// "{ env: NAME }"; of a command, the program only: arguments could be secrets.
MUST_CHECK enum aiu_status source_text(const struct config_source *s, struct buf *dst);
