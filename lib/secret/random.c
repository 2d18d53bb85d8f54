// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/random.h"

#include <sodium.h>

void random_fill(uint8_t *out, size_t n)
{
    randombytes_buf(out, n);
}

static enum aiu_status fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    random_fill(out, n);
    return AIU_OK;
}

struct random_source random_system(void)
{
    return (struct random_source){.fill = fill};
}
