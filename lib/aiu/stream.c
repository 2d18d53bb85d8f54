// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

void stream_init(struct stream *s, const struct aiu_scanner *scanner, const struct rule_set *rules)
{
    *s = (struct stream){.scanner = scanner};
    window_init(&s->window, scanner->engine, rules);
}

void stream_done(struct stream *s)
{
    window_done(&s->window);
}

enum aiu_status stream_keep(struct stream *s, enum aiu_status st)
{
    if (s->failed == AIU_OK) {
        s->failed = st;
    }
    return s->failed;
}

static enum aiu_status scan(struct stream *s)
{
    struct scratch *scratch = NULL;

    TRY(pool_take(s->scanner, &scratch));
    enum aiu_status st =
        s->finished ? window_finish(&s->window, scratch) : window_scan(&s->window, scratch);
    pool_give(s->scanner, scratch);
    return st;
}

enum aiu_status stream_feed(struct stream *s, struct span piece)
{
    TRY(s->failed);
    if (s->finished) {
        return AIU_USAGE;
    }
    if (piece.n == 0) {
        return AIU_OK;
    }
    enum aiu_status st = window_feed(&s->window, piece, piece.n, TEXT_PLAIN);
    return stream_keep(s, st == AIU_OK ? scan(s) : st);
}

enum aiu_status stream_finish(struct stream *s)
{
    TRY(s->failed);
    if (s->finished) {
        return AIU_USAGE;
    }
    s->finished = true;
    return stream_keep(s, scan(s));
}

bool stream_closed(const struct stream *s, const struct finding *f)
{
    return !f->open || s->finished || window_safe(&s->window) > f->end;
}
