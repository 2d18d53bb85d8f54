// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Logistic regression by AdaGrad. A text is learned by its worst window, as it is judged by it: in
// an attack that hides in a document, only the window that already looks worst moves; in a harmless
// text the worst one, and one by chance.
#include <math.h>
#include <string.h>

#include "train.h"

#include "base/alloc.h"
#include "base/status.h"

enum { EPOCHS = 8, WHOLE_EPOCHS = 2, WEIGHTS = 1 << MODEL_BITS };

static const float rate = 0.2F;
static const float bias_rate = 0.02F;
static const float first_bias = -1.0F;
static const float decay = 1e-5F;
static const float first_square = 1e-4F; // the first gradients do not jump

bool learned_new(struct arena *a, struct learned *ret)
{
    *ret = (struct learned){
        .weights = arena_array(a, WEIGHTS, sizeof(*ret->weights)),
        .squares = arena_array(a, WEIGHTS, sizeof(*ret->squares)),
        .steps = arena_array(a, WEIGHTS, sizeof(*ret->steps)),
    };
    return ret->weights != NULL && ret->squares != NULL && ret->steps != NULL;
}

struct window {
    uint32_t first, end; // blocks
};

static double sum_of(const float *weights, const struct sample *s, uint32_t block)
{
    double sum = 0;

    for (uint32_t i = s->blocks[block]; i < s->blocks[block + 1]; i++) {
        sum += (double)weights[s->features[i]];
    }
    return sum;
}

static double root_size(const struct sample *s, struct window w)
{
    return sqrt((double)(s->blocks[w.end] - s->blocks[w.first]) + MODEL_FADE);
}

static double score_of(const struct learned *l, const struct sample *s, struct window w)
{
    double sum = 0;

    for (uint32_t i = w.first; i < w.end; i++) {
        sum += sum_of(l->weights, s, i);
    }
    return sum / root_size(s, w) + (double)l->bias;
}

// The window with the highest score, sliding; `weights` times `scale`.
static double worst(const float *weights, float bias, const struct sample *s, struct window *ret)
{
    static const uint32_t sizes[] = {MODEL_SHORT, MODEL_LONG};
    double best = -1e9;

    for (size_t k = 0; k < 2; k++) {
        uint32_t size = sizes[k] < s->block_count ? sizes[k] : s->block_count;
        double sum = 0;
        for (uint32_t end = 1; end <= s->block_count; end++) {
            sum += sum_of(weights, s, end - 1);
            sum -= end > size ? sum_of(weights, s, end - 1 - size) : 0;
            struct window w = {end - size, end};
            double score = end < size ? -1e9 : sum / root_size(s, w) + (double)bias;
            if (end >= size && score > best) {
                best = score;
                *ret = w;
            }
        }
    }
    return best;
}

static void step(struct learned *l, const struct sample *s, struct window w, double score)
{
    double wrong = 1 / (1 + exp(-score)) - s->attack;
    float gradient = (float)(wrong * (double)s->weight / root_size(s, w));

    for (uint32_t i = s->blocks[w.first]; i < s->blocks[w.end]; i++) {
        float *weight = &l->weights[s->features[i]];
        float *square = &l->squares[s->features[i]];
        float g = gradient + decay * *weight;
        *square += g * g;
        *weight -= rate * g / sqrtf(*square + 1e-8F);
    }
    l->bias -= bias_rate * (float)wrong * s->weight;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 16;
}

static void learn_sample(const struct corpus *c, struct learned *l, const struct sample *s,
                         int epoch, uint64_t *random)
{
    struct window w = {0, s->block_count};
    bool whole = epoch < WHOLE_EPOCHS && s->attack && !c->sources[s->source].document;
    double score = whole ? score_of(l, s, w) : worst(l->weights, l->bias, s, &w);

    step(l, s, w, score);
    if (!s->attack && s->block_count > MODEL_SHORT) {
        uint32_t first = (uint32_t)(next_random(random) % (s->block_count - MODEL_SHORT + 1));
        w = (struct window){first, first + MODEL_SHORT};
        step(l, s, w, score_of(l, s, w));
    }
}

// Eight bits a weight. The few heaviest are cut so that the many light ones keep their order.
static void quantise(struct learned *l)
{
    double squares = 0;
    size_t used = 0;

    for (size_t i = 0; i < WEIGHTS; i++) {
        squares += (double)(l->weights[i] * l->weights[i]);
        used += l->weights[i] != 0;
    }
    l->scale = (float)(8 * sqrt(squares / (double)(used + 1)) / 127);
    for (size_t i = 0; i < WEIGHTS; i++) {
        float x = l->scale > 0 ? roundf(l->weights[i] / l->scale) : 0;
        l->steps[i] = (int8_t)(x > 127 ? 127 : x < -127 ? -127 : x);
        l->weights[i] = (float)l->steps[i] * l->scale;
    }
}

void learn(const struct corpus *c, const bool *use, struct learned *l)
{
    uint32_t *order = mem_new(c->count + 1, sizeof(*order));
    uint64_t random = UINT64_C(88172645463325252);
    size_t n = 0;

    CHECK(order != NULL);
    memset(l->weights, 0, WEIGHTS * sizeof(*l->weights));
    for (size_t i = 0; i < WEIGHTS; i++) {
        l->squares[i] = first_square;
    }
    l->bias = first_bias;
    for (size_t i = 0; i < c->count; i++) {
        if (use[i] && !c->samples[i].skipped) {
            order[n++] = (uint32_t)i;
        }
    }
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        for (size_t i = n; i > 1; i--) {
            size_t k = (size_t)(next_random(&random) % i);
            uint32_t other = order[i - 1];
            order[i - 1] = order[k];
            order[k] = other;
        }
        for (size_t i = 0; i < n; i++) {
            learn_sample(c, l, &c->samples[order[i]], epoch, &random);
        }
    }
    mem_free(order);
    quantise(l);
}

float learned_score(const struct learned *l, const struct sample *s)
{
    struct window w;

    return (float)worst(l->weights, l->bias, s, &w);
}
