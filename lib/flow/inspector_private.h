// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the files of the inspector share. Internal to flow/inspector*.c.
#pragma once

#include "flow/inspector.h"

// What one walk over a document needs.
struct take {
    struct inspector *i;
    struct inspected *d;
    enum document_kind kind;
};

// Where `token` stands, for people; lives as long as the exchange.
MUST_CHECK enum aiu_status inspector_path_of(struct inspector *i, const struct json_doc *doc,
                                             uint32_t token, struct span *ret_path);

// What the policy says about `f` in the text at `token`; noted in the verdict. AIU_CONTENT_BLOCKED
// where it blocks.
MUST_CHECK enum aiu_status inspector_judge(struct inspector *i, const struct inspected *d,
                                           uint32_t token, const struct finding *f,
                                           enum action *ret_action);

// Decide the text at `place`, which stands whole in the document (inspector_text.c).
MUST_CHECK enum aiu_status inspector_scan_place(struct take *t, const struct place_seen *place);

// Of a finding in an answer: whether its request held the value.
void inspector_note_echo(struct inspector *i, struct span value);

// The next piece of an answer's text: passages of the system prompt in it are flagged.
void inspector_listen(struct inspector *i, struct echo_reader *r, struct span piece, bool last);

// Feed the text at `place` to `w`: escapes decoded, and JSON inside a string read.
MUST_CHECK enum aiu_status inspector_decode(const struct take *t, const struct place_seen *place,
                                            struct window *w);

// The tokens in a text that stands as it is. None where `tokens` is NULL.
MUST_CHECK enum aiu_status inspector_search_plain(const struct pseudonyms *tokens,
                                                  const struct rule_set *rules, struct span text,
                                                  struct tokens_seen *seen);
