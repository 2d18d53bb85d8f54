// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include "aiu/redactor.h"
#include "base/alloc.h"

// What a caller gets is `text`; the length in front of it is for wiping.
struct owned {
    size_t n;
    char text[];
};

enum aiu_status text_give(struct span text, char **ret_text, size_t *ret_n)
{
    struct owned *copy = mem_new(1, sizeof(*copy) + text.n + 1);

    if (copy == NULL) {
        return AIU_NO_MEMORY;
    }
    copy->n = text.n;
    if (text.n > 0) {
        memcpy(copy->text, text.p, text.n);
    }
    *ret_text = copy->text;
    if (ret_n != NULL) {
        *ret_n = text.n;
    }
    return AIU_OK;
}

void aiu_redactor_text_free(char *text)
{
    if (text != NULL) {
        struct owned *o = CONTAINER_OF(text, struct owned, text);
        mem_wipe_free(o, sizeof(*o) + o->n + 1);
    }
}
