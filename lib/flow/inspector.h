// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Inspects JSON documents of one direction of an exchange: every place with text is validated,
// scanned and judged by the policy; what the policy says becomes edits of the source bytes and a
// verdict with reasons. Requests, whole answers and events of a stream all pass through here.
//
// Pseudonyms: values of a request go out as tokens, which the list remembers; where they stand in
// an answer, the values come back. A token that a request already holds, written by somebody, goes
// out as another one, so that what comes back is what was sent.
//
// Texts that stand whole in a document are decided at once. Texts that come in pieces (joined
// places) go through channels; their pieces are decided when their channel says so.
//
// Ownership: documents, edits and paths live in the arena handed in. Threads: one.
// Errors:    AIU_CONTENT_BLOCKED where the policy blocks, AIU_INVALID_PROMPT where a validator
//            refuses, AIU_INSPECTION_FAILED, AIU_NO_MEMORY: each of them means "do not send".
#pragma once

#include "base/arena.h"
#include "codec/json_edit.h"
#include "detect/engine.h"
#include "flow/channel.h"
#include "flow/overlap.h"
#include "flow/replace.h"
#include "policy/echo.h"
#include "policy/policy.h"
#include "policy/validator.h"
#include "policy/verdict.h"
#include "provider/walk.h"

struct inspector_options {
    const struct engine *engine;
    struct scratch *scratch;
    const struct walker *walker;
    const struct policy *policy;
    const struct rule_set *rules;   // those of the policy in this direction
    struct pseudonyms *pseudonyms;  // of a request: filled; NULL where the policy has none
    const struct pseudonyms *known; // of an answer: restored; NULL where there are none
    struct echo *heard;             // of a request: what it holds is noted; may be NULL
    const struct echo *said;        // of an answer: what its request held; may be NULL
    enum direction direction;
    uint64_t now_unix_s;
};

enum { INSPECTOR_MEMO = 12, INSPECTOR_MEMO_SIZE = 96 };

// Names that repeat in every event of a stream (id, model, fingerprint) are scanned once.
struct inspector_memo {
    const struct place *row;
    uint8_t size;
    uint8_t text[INSPECTOR_MEMO_SIZE];
};

struct inspector {
    struct inspector_options o;
    struct replace replace;
    struct validator validator;
    struct verdict verdict;
    struct channel_set channels;
    struct window whole; // for texts that need decoding, one at a time
    struct arena *paths; // paths of reasons live as long as the exchange
    bool wording_blocks; // of the text at hand
    uint32_t echoes;     // findings of an answer that its request held
    uint32_t leaks;      // passages of the system prompt, and canaries, in an answer
    struct span invalid_path;
    struct validator_result invalid; // why AIU_INVALID_PROMPT
    struct span prompt;              // last text of the user, as validated (S12)
    uint32_t skipped;                // opaque places
    uint64_t documents;
    struct place_seen last_piece; // that was taken
    struct inspector_memo memo[INSPECTOR_MEMO];
    uint32_t memo_next;
};

// Part of a joined text: source bytes from..to of the channel stand at `at` of the document.
struct inspector_piece {
    struct inspector_piece *next;
    struct channel *channel;
    size_t from, to;
    uint32_t at;
    uint32_t choice;
    uint32_t token; // for the path
};

// A value that goes when text of its choice was redacted.
struct inspector_shadow {
    struct inspector_shadow *next;
    uint32_t start, end;
    uint32_t choice;
};

// An edit as it is collected: a list in place order is made of it at the end.
struct inspector_edit {
    struct inspector_edit *next;
    struct json_edit edit;
    uint32_t choice;
};

// One document under inspection.
struct inspected {
    struct arena *arena;
    struct json_doc doc; // of a document taken by inspector_take_again only the text
    struct span path;    // of its one piece then
    struct inspector_piece *pieces, **pieces_end;
    struct inspector_shadow *shadows;
    struct inspector_edit *edits;
    uint32_t edit_count;
    uint32_t delta_places; // strings inside "delta"
};

void inspector_init(struct inspector *i, const struct inspector_options *o, struct arena *paths);
void inspector_done(struct inspector *i);

// Walk `doc`: decide what stands whole, feed the channels with what comes in pieces.
MUST_CHECK enum aiu_status inspector_take(struct inspector *i, enum document_kind kind,
                                          const struct json_doc *doc, struct arena *arena,
                                          struct inspected *ret_inspected);

// The same document as one before, byte for byte, but for the text of its only piece: events of a
// stream mostly are. `place` is where that piece stood, `raw` its content now, at `at` of `text`,
// and `path` what json_path gave for it.
struct inspector_repeat {
    struct place_seen place;
    struct span path;
    uint32_t delta_places;
};
MUST_CHECK enum aiu_status
inspector_take_again(struct inspector *i, const struct inspector_repeat *repeat, struct span text,
                     struct span raw, struct arena *arena, struct inspected *ret_inspected);

// Whether all pieces of the document have their verdict.
bool inspected_decided(const struct inspected *d);

// All edits of a decided document, in order: findings in pieces become edits here.
MUST_CHECK enum aiu_status inspected_edits(struct inspector *i, struct inspected *d,
                                           const struct json_edit **ret_edits, size_t *ret_count);

// A whole document in one call.
MUST_CHECK enum aiu_status inspector_whole(struct inspector *i, enum document_kind kind,
                                           const struct json_doc *doc, struct arena *arena,
                                           const struct json_edit **ret_edits, size_t *ret_count);
