// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/seal_stream.h"

#include <errno.h>
#include <sodium.h>
#include <unistd.h>

#include "base/alloc.h"
#include "secret/guarded.h"
#include "secret/io.h"

enum {
    MAGIC = 11,
    HEADER = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
    KEY = crypto_secretstream_xchacha20poly1305_KEYBYTES,
    EXTRA = crypto_secretstream_xchacha20poly1305_ABYTES,
    LENGTH = 4,
    SEALED_MOST = LENGTH + SEAL_MESSAGE_MOST + EXTRA,
};

static const uint8_t magic[MAGIC] = {'a', 'i', 'u', '-', 's', 't', 'r', 'e', 'a', 'm', 1};

struct seal_stream {
    crypto_secretstream_xchacha20poly1305_state state;
    int fd;
    uint8_t sealed[SEALED_MOST];
};

// AIU_FILE_INVALID where the file ends before.
static enum aiu_status read_all(int fd, uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t done = read(fd, p, n);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return done == 0 ? AIU_FILE_INVALID : AIU_IO;
        }
        p += done;
        n -= (size_t)done;
    }
    return AIU_OK;
}

static const struct span label = SPAN("aiu/seal-stream/v1/");

static enum aiu_status new_stream(int fd, struct seal_stream **ret_stream)
{
    *ret_stream = mem_new(1, sizeof(**ret_stream));
    if (*ret_stream == NULL) {
        return AIU_NO_MEMORY;
    }
    (*ret_stream)->fd = fd;
    return AIU_OK;
}

enum aiu_status seal_stream_new(const struct secret *ikm, const char *purpose, int fd,
                                struct seal_stream **ret_stream)
{
    CLEANUP(seal_stream_done) struct seal_stream *s = NULL;
    uint8_t key[KEY];
    uint8_t header[HEADER];

    TRY(new_stream(fd, &s));
    TRY(hkdf_for(ikm, label, purpose, KEY, key));
    int bad = crypto_secretstream_xchacha20poly1305_init_push(&s->state, header, key);
    sodium_memzero(key, sizeof(key));
    if (bad != 0) {
        return AIU_INTERNAL;
    }
    if (!io_write_all(fd, span_of(magic, MAGIC)) || !io_write_all(fd, span_of(header, HEADER))) {
        return AIU_IO;
    }
    *ret_stream = TAKE_PTR(s);
    return AIU_OK;
}

enum aiu_status seal_stream_put(struct seal_stream *s, struct span message, bool last)
{
    uint8_t tag = last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                       : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;

    if (message.n > SEAL_MESSAGE_MOST) {
        return AIU_TOO_LONG;
    }
    uint32_t n = (uint32_t)message.n + EXTRA;
    for (unsigned i = 0; i < LENGTH; i++) {
        s->sealed[i] = (uint8_t)(n >> (8 * i));
    }
    if (crypto_secretstream_xchacha20poly1305_push(&s->state, s->sealed + LENGTH, NULL, message.p,
                                                   message.n, NULL, 0, tag) != 0) {
        return AIU_INTERNAL;
    }
    return io_write_all(s->fd, span_of(s->sealed, LENGTH + n)) ? AIU_OK : AIU_IO;
}

enum aiu_status seal_stream_open(const struct secret *ikm, const char *purpose, int fd,
                                 struct seal_stream **ret_stream)
{
    CLEANUP(seal_stream_done) struct seal_stream *s = NULL;
    uint8_t key[KEY];
    uint8_t head[MAGIC + HEADER];

    TRY(read_all(fd, head, sizeof(head)));
    if (memcmp(head, magic, MAGIC) != 0) {
        return AIU_FILE_INVALID;
    }
    TRY(new_stream(fd, &s));
    TRY(hkdf_for(ikm, label, purpose, KEY, key));
    int bad = crypto_secretstream_xchacha20poly1305_init_pull(&s->state, head + MAGIC, key);
    sodium_memzero(key, sizeof(key));
    if (bad != 0) {
        return AIU_FILE_INVALID;
    }
    *ret_stream = TAKE_PTR(s);
    return AIU_OK;
}

enum aiu_status seal_stream_get(struct seal_stream *s, struct buf *dst, bool *ret_last)
{
    uint8_t length[LENGTH];
    uint8_t tag = 0;
    uint8_t *p = NULL;
    uint32_t n = 0;

    TRY(read_all(s->fd, length, LENGTH));
    for (unsigned i = 0; i < LENGTH; i++) {
        n |= (uint32_t)length[i] << (8 * i);
    }
    if (n < EXTRA || n > SEAL_MESSAGE_MOST + EXTRA) {
        return AIU_FILE_INVALID;
    }
    TRY(read_all(s->fd, s->sealed, n));
    TRY(buf_reserve(dst, n - EXTRA + 1, &p));
    if (crypto_secretstream_xchacha20poly1305_pull(&s->state, p, NULL, &tag, s->sealed, n, NULL,
                                                   0) != 0) {
        return AIU_FILE_INVALID;
    }
    buf_grow(dst, n - EXTRA);
    *ret_last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return AIU_OK;
}

void seal_stream_free(struct seal_stream *s)
{
    if (s == NULL) {
        return;
    }
    sodium_memzero(s, sizeof(*s));
    mem_free(s);
}
