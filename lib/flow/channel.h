// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A text that comes in pieces: the content of one choice of a streamed answer, the arguments of one
// tool call. Pieces are JSON strings of different events; their text runs through one window, so
// that what is cut between two events is found all the same.
//
// Offsets are source bytes of the channel: the raw (escaped) contents of all its pieces, one behind
// the other.
//
// Ownership: channels belong to a set, which frees them. Threads: one.
// Errors:    AIU_PROVIDER_BAD_REPLY for more channels than CHANNELS_MOST, AIU_NO_MEMORY, and
//            whatever the window says: an inspection that failed never lets text through.
#pragma once

#include "codec/json_text.h"
#include "detect/engine.h"
#include "detect/window.h"
#include "policy/echo.h"
#include "provider/walk.h"

enum { CHANNELS_MOST = 256 };

struct channel {
    uint32_t path, choice, index;
    const struct place *row;
    bool json; // JSON inside the string
    bool dirty;
    bool ended;
    size_t fed;      // source bytes taken
    uint64_t fed_at; // number of the document that fed it last
    uint32_t pieces; // taken and not given out yet
    struct json_text outer;
    struct json_inner inner;
    struct window window;
    struct echo_reader reader; // of the system prompt's own words
    struct channel *next;
};

struct channel_set {
    const struct engine *engine;
    struct scratch *scratch;
    const struct rule_set *rules;
    const struct pseudonyms *known; // tokens to look for; NULL for none
    bool keeps_values;
    struct channel *first;
    size_t count;
};

void channel_set_init(struct channel_set *set, const struct engine *engine, struct scratch *scratch,
                      const struct rule_set *rules);
void channel_set_done(struct channel_set *set);

// The channel that a place feeds; made where it is new.
MUST_CHECK enum aiu_status channel_of(struct channel_set *set, const struct place_seen *place,
                                      struct channel **ret_channel);

// Take the raw content of a JSON string as the next piece.
MUST_CHECK enum aiu_status channel_feed(struct channel *c, struct span raw);

// Examine what was fed to any channel since the last call.
MUST_CHECK enum aiu_status channel_set_scan(struct channel_set *set);

// No more text comes on this channel, or on those of `choice`: all of it is decided.
MUST_CHECK enum aiu_status channel_end(struct channel_set *set, struct channel *c);
MUST_CHECK enum aiu_status channel_end_choice(struct channel_set *set, uint32_t choice);
MUST_CHECK enum aiu_status channel_end_all(struct channel_set *set);

// Every byte of the channel before this has its verdict.
static inline size_t channel_decided(const struct channel *c)
{
    return c->ended ? c->fed : window_safe(&c->window);
}
