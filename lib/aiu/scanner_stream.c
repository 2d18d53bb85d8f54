// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Findings of a text in pieces. Those handed out are forgotten at the next feed.
#include "aiu/scanner.h"

#include "base/alloc.h"
#include "pieces.h"

struct aiu_scanner_stream {
    struct pieces stream;
    size_t handed;           // of the window's findings
    struct aiu_finding last; // what was handed out
};

enum aiu_status aiu_scanner_stream_new(const struct aiu_scanner *scanner,
                                       struct aiu_scanner_stream **ret_stream)
{
    struct aiu_scanner_stream *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    pieces_init(&s->stream, scanner, &scanner->rules);
    *ret_stream = s;
    return AIU_OK;
}

void aiu_scanner_stream_free(struct aiu_scanner_stream *stream)
{
    if (stream != NULL) {
        pieces_done(&stream->stream);
        mem_wipe_free(stream, sizeof(*stream));
    }
}

static void forget_handed(struct aiu_scanner_stream *s)
{
    const struct findings *found = window_findings(&s->stream.window);

    if (s->handed > 0) {
        size_t before = found->count;
        window_drop(&s->stream.window, s->last.end);
        s->handed -= before - found->count;
    }
}

enum aiu_status aiu_scanner_stream_feed(struct aiu_scanner_stream *stream, const char *bytes,
                                        size_t n)
{
    struct span rest = span_of(bytes, n);

    forget_handed(stream);
    do {
        struct span piece = span_first(rest, STREAM_PIECE);
        TRY(pieces_feed(&stream->stream, piece));
        rest = span_drop_first(rest, piece.n);
    } while (rest.n > 0);
    return AIU_OK;
}

enum aiu_status aiu_scanner_stream_finish(struct aiu_scanner_stream *stream)
{
    return pieces_finish(&stream->stream);
}

size_t aiu_scanner_stream_safe(const struct aiu_scanner_stream *stream)
{
    return window_safe(&stream->stream.window);
}

const struct aiu_finding *aiu_scanner_stream_next(struct aiu_scanner_stream *stream)
{
    const struct findings *found = window_findings(&stream->stream.window);

    if (stream->handed >= found->count ||
        !pieces_closed(&stream->stream, &found->items[stream->handed])) {
        return NULL;
    }
    stream->last = public_finding(&found->items[stream->handed++]);
    return &stream->last;
}
