// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Steps lie in a byte buffer as an array, so that they have its maximum and its growth.
#include "script.h"

enum { SCRIPT_BYTES_MAX = 256 << 20, SCRIPT_STEPS_MAX = 1 << 20 };

void script_init(struct script *s)
{
    *s = (struct script){.end = SCRIPT_KEEP};
    buf_init(&s->bytes, SCRIPT_BYTES_MAX);
    buf_init(&s->steps, SCRIPT_STEPS_MAX * sizeof(struct script_step));
}

void script_done(struct script *s)
{
    buf_wipe(&s->bytes);
    buf_wipe(&s->steps);
}

void script_reset(struct script *s)
{
    buf_reset(&s->bytes);
    buf_reset(&s->steps);
    s->body_at = 0;
    s->end = SCRIPT_KEEP;
    s->flood = 0;
}

static enum aiu_status append_step(struct buf *steps, size_t end, uint32_t delay_ms)
{
    const struct script_step step = {.end = end, .delay_ms = delay_ms};

    return buf_append(steps, span_of(&step, sizeof(step)));
}

size_t script_steps(const struct script *s)
{
    return s->steps.n / sizeof(struct script_step);
}

struct script_step script_step_at(const struct script *s, size_t index)
{
    struct script_step step;

    memcpy(&step, s->steps.p + index * sizeof(step), sizeof(step));
    return step;
}

static size_t last_end(const struct script *s)
{
    size_t count = script_steps(s);

    return count == 0 ? 0 : script_step_at(s, count - 1).end;
}

enum aiu_status script_step(struct script *s, uint32_t delay_ms)
{
    if (s->bytes.n == last_end(s)) {
        return AIU_OK;
    }
    return append_step(&s->steps, s->bytes.n, delay_ms);
}

enum aiu_status script_cut(struct script *s, size_t at, enum script_end end)
{
    s->end = end;
    if (at >= s->bytes.n) {
        return AIU_OK;
    }
    size_t kept = 0;
    while (script_step_at(s, kept).end < at) {
        kept++;
    }
    uint32_t delay_ms = script_step_at(s, kept).delay_ms;
    s->bytes.n = at;
    s->steps.n = kept * sizeof(struct script_step);
    return at > 0 ? append_step(&s->steps, at, delay_ms) : AIU_OK;
}

enum aiu_status script_split(struct script *s, size_t most)
{
    CLEANUP(buf_wipe) struct buf steps = BUF_OF(s->steps.maximum);
    size_t at = 0;

    for (size_t i = 0; i < script_steps(s); i++) {
        struct script_step step = script_step_at(s, i);
        uint32_t delay_ms = step.delay_ms;
        for (; step.end - at > most; at += most) {
            TRY(append_step(&steps, at + most, delay_ms));
            delay_ms = 0;
        }
        TRY(append_step(&steps, step.end, delay_ms));
        at = step.end;
    }
    struct buf old = s->steps;
    s->steps = steps;
    steps = old;
    return AIU_OK;
}
