// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Capacity doubles from 512 bytes up to the maximum, so that appending is linear over all, and most
// heads and records need one block.
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum { BUF_LEAST = 512 };

static size_t grown_capacity(const struct buf *b, size_t need)
{
    size_t capacity = b->capacity < BUF_LEAST ? BUF_LEAST : b->capacity;

    while (capacity < need && capacity <= b->maximum / 2) {
        capacity *= 2;
    }
    if (capacity < need) {
        capacity = b->maximum;
    }
    return capacity < b->maximum ? capacity : b->maximum;
}

enum aiu_status buf_reserve(struct buf *b, size_t n, uint8_t **ret_p)
{
    if (n > b->maximum - b->n) {
        return AIU_TOO_LONG;
    }
    size_t need = b->n + n;
    if (need > b->capacity) {
        size_t capacity = grown_capacity(b, need);
        uint8_t *p = mem_resize_wiped(b->p, b->capacity, capacity);
        if (p == NULL) {
            return AIU_NO_MEMORY;
        }
        b->p = p;
        b->capacity = capacity;
    }
    *ret_p = b->p == NULL ? NULL : b->p + b->n;
    return AIU_OK;
}

void buf_grow(struct buf *b, size_t n)
{
    CHECK(n <= b->capacity - b->n);
    b->n += n;
}

enum aiu_status buf_append(struct buf *b, struct span bytes)
{
    uint8_t *p = NULL;

    TRY(buf_reserve(b, bytes.n, &p));
    if (bytes.n > 0) {
        CHECK(p != NULL); // there is room, so there is memory
        memcpy(p, bytes.p, bytes.n);
        b->n += bytes.n;
    }
    return AIU_OK;
}

enum aiu_status buf_append_byte(struct buf *b, uint8_t byte)
{
    return buf_append(b, (struct span){&byte, 1});
}

enum aiu_status buf_append_u64(struct buf *b, uint64_t decimal)
{
    uint8_t digits[20];
    size_t n = sizeof(digits);

    do {
        digits[--n] = (uint8_t)('0' + decimal % 10);
        decimal /= 10;
    } while (decimal > 0);
    return buf_append(b, (struct span){digits + n, sizeof(digits) - n});
}

enum aiu_status buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    uint8_t *p = NULL;

    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        return AIU_INTERNAL;
    }
    // vsnprintf writes a NUL behind the text: room for it is asked for and not counted.
    TRY(buf_reserve(b, (size_t)n + 1, &p));
    va_start(args, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): the line above started it again
    (void)vsnprintf((char *)p, (size_t)n + 1, format, args);
    va_end(args);
    b->n += (size_t)n;
    return AIU_OK;
}

void buf_consume(struct buf *b, size_t n)
{
    CHECK(n <= b->n);
    if (n > 0) {
        memmove(b->p, b->p + n, b->n - n);
        b->n -= n;
    }
}

void buf_reset(struct buf *b)
{
    b->n = 0;
}

void buf_wipe(struct buf *b)
{
    mem_wipe_free(b->p, b->capacity);
    *b = (struct buf)BUF_OF(b->maximum);
}
