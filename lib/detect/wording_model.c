// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "detect/wording_model.h"

#include "base/status.h"

static const float nothing = -1e9F;

void model_begin(struct model_run *r, const struct model *m)
{
    *r = (struct model_run){
        .model = m, .before = MODEL_NO_WORD, .place = MODEL_NEAR, .best = nothing};
}

// The window of the last `n` blocks.
static void judge(struct model_run *r, size_t n, size_t end)
{
    int32_t sum = 0;
    uint32_t features = 0;
    size_t start = 0;

    for (size_t i = 0; i < n; i++) {
        const struct model_block *b = &r->blocks[(r->block_count - i) % MODEL_LONG];
        sum += b->sum;
        features += b->features;
        start = b->start;
    }
    float score = (float)sum * r->model->scale * r->model->shares[features] + r->model->bias;
    if (score > r->best) {
        r->best = score;
        r->start = start;
        r->end = end;
    }
}

static const size_t sizes[] = {MODEL_SHORT, MODEL_LONG};

void model_close_block(struct model_run *r, size_t end)
{
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        if (r->block_count + 1 >= sizes[i]) {
            judge(r, sizes[i], end);
        }
    }
    r->block_count++;
    r->words = 0;
    r->blocks[r->block_count % MODEL_LONG] = (struct model_block){.start = end};
}

// What the last block adds, and the windows that are longer than the text.
float model_end(struct model_run *r, size_t end)
{
    bool partly = r->words > 0;
    size_t have = r->block_count + partly;

    r->block_count -= !partly && have > 0;
    for (size_t i = 0; have > 0 && i < ARRAY_SIZE(sizes); i++) {
        if (have < sizes[i] || partly) {
            judge(r, have < sizes[i] ? have : sizes[i], end);
        }
    }
    return r->best;
}
