// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "embed.h"

#include <math.h>

#include "base/num.h"
#include "codec/json_write.h"

enum { DIMENSIONS = 1536, DIMENSIONS_MAX = 4096, BODY_MAX = 128 << 20 };

struct embed {
    const struct json_doc *doc;
    struct json_writer w;
    size_t dimensions;
    bool base64;
    uint64_t index, bytes;
};

static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x;
}

// FNV-1a of the text starts an xorshift sequence.
static void make_vector(const struct embed *e, struct span text, float *out)
{
    uint64_t state = 14695981039346656037U;
    double sum = 0;

    for (size_t i = 0; i < text.n; i++) {
        state = (state ^ text.p[i]) * 1099511628211U;
    }
    for (size_t i = 0; i < e->dimensions; i++) {
        out[i] = (float)(next_random(&state) >> 40) / 8388608.0F - 1.0F;
        sum += (double)out[i] * (double)out[i];
    }
    for (size_t i = 0; i < e->dimensions; i++) {
        out[i] = (float)((double)out[i] / sqrt(sum));
    }
}

static void write_numbers(struct embed *e, const float *vector)
{
    json_write_array(&e->w);
    for (size_t i = 0; i < e->dimensions; i++) {
        CLEANUP(buf_wipe) struct buf number = BUF_OF(64);
        if (buf_printf(&number, "%.8f", (double)vector[i]) == AIU_OK) {
            json_write_raw(&e->w, buf_span(&number));
        }
    }
    json_write_array_end(&e->w);
}

static enum aiu_status write_base64(struct embed *e, const float *vector)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(BODY_MAX);

    TRY(num_append_base64(&text, span_of(vector, e->dimensions * sizeof(*vector))));
    json_write_string(&e->w, buf_span(&text));
    return AIU_OK;
}

static enum aiu_status write_item(struct embed *e, struct span text)
{
    float vector[DIMENSIONS_MAX] = {0};

    make_vector(e, text, vector);
    json_write_object(&e->w);
    json_write_member_string(&e->w, "object", SPAN_OF("embedding"));
    json_write_member_u64(&e->w, "index", e->index++);
    json_write_key(&e->w, "embedding");
    if (e->base64) {
        TRY(write_base64(e, vector));
    } else {
        write_numbers(e, vector);
    }
    json_write_object_end(&e->w);
    e->bytes += text.n;
    return AIU_OK;
}

// A string, or an array of strings or of token arrays; an array of numbers is one text.
static enum aiu_status write_items(struct embed *e, uint32_t input)
{
    uint32_t first = json_first(e->doc, input);

    if (!json_is(e->doc, input, JSON_ARRAY) || json_is(e->doc, first, JSON_NUMBER)) {
        return write_item(e, json_raw(e->doc, input));
    }
    for (uint32_t i = first; i != JSON_NONE; i = json_next(e->doc, input, i)) {
        TRY(write_item(e, json_raw(e->doc, i)));
    }
    return AIU_OK;
}

static void write_usage(struct embed *e)
{
    json_write_key(&e->w, "usage");
    json_write_object(&e->w);
    json_write_member_u64(&e->w, "prompt_tokens", (e->bytes + 3) / 4);
    json_write_member_u64(&e->w, "total_tokens", (e->bytes + 3) / 4);
    json_write_object_end(&e->w);
}

enum aiu_status embed_write(const struct json_doc *doc, const struct reply *reply, struct script *s)
{
    CLEANUP(buf_wipe) struct buf body = BUF_OF(BODY_MAX);
    uint32_t input = json_member(doc, 0, SPAN_OF("input"));
    uint32_t format = json_member(doc, 0, SPAN_OF("encoding_format"));
    uint32_t model = json_member(doc, 0, SPAN_OF("model"));
    uint64_t dimensions = DIMENSIONS;
    struct embed e = {.doc = doc, .base64 = json_equal(doc, format, SPAN_OF("base64"))};

    (void)!json_u64(doc, json_member(doc, 0, SPAN_OF("dimensions")), &dimensions);
    if (input == JSON_NONE || dimensions == 0 || dimensions > DIMENSIONS_MAX) {
        return AIU_INVALID_PROMPT;
    }
    e.dimensions = (size_t)dimensions;
    json_writer_init(&e.w, &body);
    json_write_object(&e.w);
    json_write_member_string(&e.w, "object", SPAN_OF("list"));
    json_write_key(&e.w, "data");
    json_write_array(&e.w);
    TRY(write_items(&e, input));
    json_write_array_end(&e.w);
    json_write_member_string(&e.w, "model",
                             json_is(doc, model, JSON_STRING) ? json_raw(doc, model)
                                                              : SPAN_OF("mock-embedding"));
    write_usage(&e);
    json_write_object_end(&e.w);
    TRY(json_writer_finish(&e.w));
    return reply_write(s, reply, buf_span(&body));
}
