// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "provider/dialect.h"

static const struct dialect *const dialects[] = {&dialect_openai};

const struct dialect *dialect_find(struct span name)
{
    for (size_t i = 0; i < ARRAY_SIZE(dialects); i++) {
        if (span_equal(name, span_str(dialects[i]->name))) {
            return dialects[i];
        }
    }
    return NULL;
}

const struct place_table *dialect_table(const struct dialect *d, enum document_kind kind)
{
    for (size_t i = 0; i < d->count; i++) {
        if (d->tables[i].kind == kind) {
            return &d->tables[i];
        }
    }
    return NULL;
}
