// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The public restorer: a window that looks for tokens only. A stream keeps the bytes that are not
// decided; after each piece what is decided goes on, with a value where a token stood.
#include "base/alloc.h"
#include "codec/json_text.h"
#include "detect/window.h"
#include "pseudonyms.h"
#include "text.h"

enum { PIECE = 64 << 10, RESTORED_MOST = 1 << 30, VALUE_MOST = 16 * PSEUDONYM_VALUE_MOST };

struct aiu_restorer_stream {
    struct window window;
    struct json_inner json;
    enum aiu_restorer_format format;
    aiu_redactor_sink sink;
    void *ctx;
    struct buf pending; // bytes that have not gone on
    size_t done;        // where the first of them stands in the text
    enum aiu_status failed;
    bool finished;
};

static enum aiu_status to_window(void *ctx, struct span bytes, size_t source_n,
                                 enum text_origin origin)
{
    return window_feed(ctx, bytes, source_n, origin);
}

enum aiu_status aiu_restorer_stream_new(const struct aiu_pseudonyms *pseudonyms,
                                        enum aiu_restorer_format format, aiu_redactor_sink sink,
                                        void *ctx, struct aiu_restorer_stream **ret_stream)
{
    struct aiu_restorer_stream *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    window_init(&s->window, NULL, NULL);
    window_seek(&s->window, &pseudonyms->list);
    json_inner_init(&s->json, to_window, &s->window);
    s->format = format;
    s->sink = sink;
    s->ctx = ctx;
    buf_init(&s->pending, WINDOW_FEED_MOST + PIECE);
    *ret_stream = s;
    return AIU_OK;
}

void aiu_restorer_stream_free(struct aiu_restorer_stream *stream)
{
    if (stream != NULL) {
        window_done(&stream->window);
        buf_wipe(&stream->pending);
        mem_wipe_free(stream, sizeof(*stream));
    }
}

static enum aiu_status pass(struct aiu_restorer_stream *s, size_t *from, size_t to)
{
    if (to > *from) {
        TRY(s->sink(s->ctx, (const char *)s->pending.p + (*from - s->done), to - *from));
        *from = to;
    }
    return AIU_OK;
}

static enum aiu_status put_value(struct aiu_restorer_stream *s, size_t *from,
                                 const struct token_seen *token)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(VALUE_MOST);
    enum restore_form form = s->format == AIU_RESTORER_JSON ? RESTORE_JSON : RESTORE_TEXT;
    bool fits = false;

    TRY(restore_append(token->entry, token->number ? RESTORE_NUMBER : form, &b, &fits));
    if (!fits) {
        return AIU_OK; // stays as it is
    }
    TRY(pass(s, from, token->start));
    *from = token->end;
    return s->sink(s->ctx, (const char *)b.p, b.n);
}

static enum aiu_status flush(struct aiu_restorer_stream *s)
{
    const struct tokens_seen *seen = window_tokens(&s->window);
    size_t safe = window_safe(&s->window), from = s->done;

    for (size_t i = 0; i < seen->count && seen->items[i].start < safe; i++) {
        TRY(put_value(s, &from, &seen->items[i]));
    }
    TRY(pass(s, &from, safe));
    window_drop(&s->window, safe);
    buf_consume(&s->pending, from - s->done);
    s->done = from;
    return AIU_OK;
}

static enum aiu_status feed_piece(struct aiu_restorer_stream *s, struct span piece)
{
    TRY(buf_append(&s->pending, piece));
    if (s->format == AIU_RESTORER_JSON) {
        TRY(json_inner_feed(&s->json, piece, piece.n, TEXT_PLAIN));
    } else {
        TRY(window_feed(&s->window, piece, piece.n, TEXT_PLAIN));
    }
    TRY(window_scan(&s->window, NULL));
    return flush(s);
}

static enum aiu_status keep(struct aiu_restorer_stream *s, enum aiu_status st)
{
    s->failed = s->failed == AIU_OK ? st : s->failed;
    return s->failed;
}

enum aiu_status aiu_restorer_stream_feed(struct aiu_restorer_stream *stream, const char *bytes,
                                         size_t n)
{
    TRY(stream->failed);
    if (stream->finished) {
        return AIU_USAGE;
    }
    for (struct span rest = span_of(bytes, n); rest.n > 0; rest = span_drop_first(rest, PIECE)) {
        TRY(keep(stream, feed_piece(stream, span_first(rest, PIECE))));
    }
    return AIU_OK;
}

enum aiu_status aiu_restorer_stream_finish(struct aiu_restorer_stream *stream)
{
    TRY(stream->failed);
    if (stream->finished) {
        return AIU_USAGE;
    }
    stream->finished = true;
    if (stream->format == AIU_RESTORER_JSON) {
        TRY(keep(stream, json_inner_finish(&stream->json)));
    }
    TRY(keep(stream, window_finish(&stream->window, NULL)));
    return keep(stream, flush(stream));
}

size_t aiu_restorer_stream_held(const struct aiu_restorer_stream *stream)
{
    return stream->pending.n;
}

static enum aiu_status collect(void *ctx, const char *bytes, size_t n)
{
    return buf_append(ctx, span_of(bytes, n));
}

enum aiu_status aiu_restorer_restore(const struct aiu_pseudonyms *pseudonyms,
                                     enum aiu_restorer_format format, const char *text, size_t n,
                                     char **ret_text, size_t *ret_n)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(RESTORED_MOST);
    struct aiu_restorer_stream *stream = NULL;

    TRY(aiu_restorer_stream_new(pseudonyms, format, collect, &out, &stream));
    enum aiu_status st = aiu_restorer_stream_feed(stream, text, n);
    st = st == AIU_OK ? aiu_restorer_stream_finish(stream) : st;
    aiu_restorer_stream_free(stream);
    return st == AIU_OK ? text_give(buf_span(&out), ret_text, ret_n) : st;
}
