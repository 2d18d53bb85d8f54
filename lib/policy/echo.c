// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// SipHash-2-4 over what is left of a value, and over the words of a passage, which are hashed as
// they are read. Words are runs of letters and digits in small ASCII letters and bytes of other
// characters.
#include "policy/echo.h"

#include <string.h>

static uint64_t rotated(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

struct sip {
    uint64_t v[4];
    uint64_t block;
    size_t n;
};

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotated(v[1], 13) ^ v[0];
    v[0] = rotated(v[0], 32);
    v[2] += v[3];
    v[3] = rotated(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotated(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotated(v[1], 17) ^ v[2];
    v[2] = rotated(v[2], 32);
}

static void sip_block(struct sip *s)
{
    s->v[3] ^= s->block;
    sip_round(s->v);
    sip_round(s->v);
    s->v[0] ^= s->block;
    s->block = 0;
}

static struct sip sip_begin(const uint64_t key[2])
{
    return (struct sip){
        .v = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
              key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)}};
}

static void sip_byte(struct sip *s, uint8_t byte)
{
    s->block |= (uint64_t)byte << (s->n % 8 * 8);
    if (++s->n % 8 == 0) {
        sip_block(s);
    }
}

// Never 0, which is an empty place.
static uint64_t sip_end(struct sip *s)
{
    s->block |= (uint64_t)s->n << 56;
    sip_block(s);
    s->v[2] ^= 0xFF;
    for (int i = 0; i < 4; i++) {
        sip_round(s->v);
    }
    uint64_t hash = s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
    return hash == 0 ? 1 : hash;
}

static uint8_t small(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (small(c) >= 'a' && small(c) <= 'z') || c >= 0x80;
}

// --- sets -------------------------------------------------------------------------------------

static bool set_has(const uint64_t *set, uint32_t places, uint64_t hash)
{
    for (uint32_t at = (uint32_t)hash & (places - 1); set != NULL && set[at] != 0;
         at = (at + 1) & (places - 1)) {
        if (set[at] == hash) {
            return true;
        }
    }
    return false;
}

// At most half of the places are taken, so that each search ends.
static enum aiu_status set_add(struct arena *arena, uint64_t **set, uint32_t places,
                               uint32_t *count, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (places - 1);

    if (*set == NULL) {
        *set = arena_array(arena, places, sizeof(**set));
        if (*set == NULL) {
            return AIU_NO_MEMORY;
        }
    }
    while ((*set)[at] != 0 && (*set)[at] != hash) {
        at = (at + 1) & (places - 1);
    }
    if ((*set)[at] == 0 && *count < places / 2) {
        (*set)[at] = hash;
        (*count)++;
    }
    return AIU_OK;
}

void echo_init(struct echo *e, const uint64_t key[2], struct arena *arena)
{
    *e = (struct echo){.key = {key[0], key[1]}, .arena = arena};
}

static uint64_t hash_of(const struct echo *e, struct span value)
{
    struct sip s = sip_begin(e->key);

    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if (c != ' ' && c != '-' && c != '\t' && c != '\n') {
            sip_byte(&s, small(c));
        }
    }
    return sip_end(&s);
}

enum aiu_status echo_note(struct echo *e, struct span value)
{
    return set_add(e->arena, &e->values, 2 * ECHO_VALUES, &e->value_count, hash_of(e, value));
}

bool echo_has(const struct echo *e, struct span value)
{
    return set_has(e->values, 2 * ECHO_VALUES, hash_of(e, value));
}

// --- passages ---------------------------------------------------------------------------------

// Take one byte; whether a word has ended with it.
static bool read_byte(const struct echo *e, struct echo_reader *r, int byte)
{
    if (byte >= 0 && is_word((uint8_t)byte)) {
        uint64_t base = r->in_word ? r->word : e->key[0] | 1;
        r->word = (base ^ small((uint8_t)byte)) * UINT64_C(0x9E3779B97F4A7C15);
        r->word ^= r->word >> 29;
        r->in_word = true;
        return false;
    }
    if (!r->in_word) {
        return false;
    }
    r->in_word = false;
    r->words[r->count++ % ECHO_WORDS] = r->word;
    return true;
}

// Of the last ECHO_WORDS words, the oldest first.
static uint64_t passage(const struct echo *e, const struct echo_reader *r)
{
    struct sip s = sip_begin(e->key);

    for (uint32_t i = 0; i < ECHO_WORDS; i++) {
        s.block = r->words[(r->count + i) % ECHO_WORDS];
        s.n += 8;
        sip_block(&s);
    }
    return sip_end(&s);
}

enum aiu_status echo_note_prompt(struct echo *e, struct span prompt)
{
    struct echo_reader r = {0};

    for (size_t i = 0; i <= prompt.n; i++) {
        bool ended = read_byte(e, &r, i < prompt.n ? prompt.p[i] : -1);
        if (ended && r.count >= ECHO_WORDS) {
            TRY(set_add(e->arena, &e->shingles, 2 * ECHO_SHINGLES, &e->shingle_count,
                        passage(e, &r)));
        }
    }
    return AIU_OK;
}

bool echo_read(const struct echo *e, struct echo_reader *r, struct span piece, bool last,
               size_t *ret_at)
{
    size_t end = piece.n + (last ? 1 : 0);
    bool found = false;

    for (size_t i = 0; i < end && e->shingles != NULL; i++) {
        bool ended = read_byte(e, r, i < piece.n ? piece.p[i] : -1);
        if (ended && !found && r->count >= ECHO_WORDS &&
            set_has(e->shingles, 2 * ECHO_SHINGLES, passage(e, r))) {
            found = true;
            if (ret_at != NULL) {
                *ret_at = i;
            }
        }
    }
    return found;
}
