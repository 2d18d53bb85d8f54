// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The chain is json_text (escapes of the event's own JSON) -> json_inner (only where the string
// holds JSON itself) -> window. A channel whose choice has ended is opened again when more text
// comes for it: some providers say "finish_reason" early.
#include "flow/channel.h"

#include "base/alloc.h"

void channel_set_init(struct channel_set *set, const struct engine *engine, struct scratch *scratch,
                      const struct rule_set *rules)
{
    *set = (struct channel_set){.engine = engine, .scratch = scratch, .rules = rules};
}

void channel_set_done(struct channel_set *set)
{
    while (set->first != NULL) {
        struct channel *c = set->first;
        set->first = c->next;
        window_done(&c->window);
        mem_wipe_free(c, sizeof(*c));
    }
    set->count = 0;
}

static enum aiu_status to_window(void *ctx, struct span bytes, size_t source_n,
                                 enum text_origin origin)
{
    return window_feed(ctx, bytes, source_n, origin);
}

static void start_decoders(struct channel *c)
{
    json_inner_init(&c->inner, to_window, &c->window);
    if (c->json) {
        json_text_init(&c->outer, json_inner_feed, &c->inner);
    } else {
        json_text_init(&c->outer, to_window, &c->window);
    }
}

static enum aiu_status add_channel(struct channel_set *set, const struct place_seen *place,
                                   struct channel **ret_channel)
{
    if (set->count == CHANNELS_MOST) {
        return AIU_PROVIDER_BAD_REPLY;
    }
    struct channel *c = mem_new(1, sizeof(*c));
    if (c == NULL) {
        return AIU_NO_MEMORY;
    }
    c->path = place->path;
    c->choice = place->choice;
    c->index = place->index;
    c->row = place->row;
    c->json = place->row->kind == PLACE_JSON_TEXT;
    window_init(&c->window, set->engine, set->rules);
    window_seek(&c->window, set->known);
    if (set->keeps_values) {
        window_keep_values(&c->window);
    }
    start_decoders(c);
    c->next = set->first;
    set->first = c;
    set->count++;
    *ret_channel = c;
    return AIU_OK;
}

// An ended channel whose pieces are not all given out keeps its offsets; text that comes all the
// same gets a channel of its own.
static bool is_channel_of(const struct channel *c, const struct place_seen *place)
{
    return c->path == place->path && c->choice == place->choice && c->index == place->index &&
           (!c->ended || c->pieces == 0);
}

static void reopen(struct channel *c)
{
    window_reset(&c->window);
    start_decoders(c);
    c->fed = 0;
    c->ended = false;
}

enum aiu_status channel_of(struct channel_set *set, const struct place_seen *place,
                           struct channel **ret_channel)
{
    for (struct channel *c = set->first; c != NULL; c = c->next) {
        if (is_channel_of(c, place)) {
            if (c->ended) {
                reopen(c);
            }
            *ret_channel = c;
            return AIU_OK;
        }
    }
    return add_channel(set, place, ret_channel);
}

enum aiu_status channel_feed(struct channel *c, struct span raw)
{
    c->dirty = true;
    c->fed += raw.n;
    TRY(json_text_feed(&c->outer, raw));
    return json_text_finish(&c->outer);
}

enum aiu_status channel_set_scan(struct channel_set *set)
{
    for (struct channel *c = set->first; c != NULL; c = c->next) {
        if (c->dirty) {
            TRY(window_scan(&c->window, set->scratch));
            c->dirty = false;
        }
    }
    return AIU_OK;
}

enum aiu_status channel_end(struct channel_set *set, struct channel *c)
{
    if (c->ended) {
        return AIU_OK;
    }
    if (c->json) {
        TRY(json_inner_finish(&c->inner));
    }
    TRY(window_finish(&c->window, set->scratch));
    c->ended = true;
    c->dirty = false;
    return AIU_OK;
}

enum aiu_status channel_end_choice(struct channel_set *set, uint32_t choice)
{
    for (struct channel *c = set->first; c != NULL; c = c->next) {
        if (c->choice == choice) {
            TRY(channel_end(set, c));
        }
    }
    return AIU_OK;
}

enum aiu_status channel_end_all(struct channel_set *set)
{
    for (struct channel *c = set->first; c != NULL; c = c->next) {
        TRY(channel_end(set, c));
    }
    return AIU_OK;
}
