// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "pieces.h"

void pieces_init(struct pieces *s, const struct aiu_scanner *scanner, const struct rule_set *rules)
{
    *s = (struct pieces){.scanner = scanner};
    window_init(&s->window, scanner->engine, rules);
}

void pieces_done(struct pieces *s)
{
    window_done(&s->window);
}

enum aiu_status pieces_keep(struct pieces *s, enum aiu_status st)
{
    if (s->failed == AIU_OK) {
        s->failed = st;
    }
    return s->failed;
}

static enum aiu_status scan(struct pieces *s)
{
    struct scratch *scratch = NULL;

    TRY(pool_take(s->scanner, &scratch));
    enum aiu_status st =
        s->finished ? window_finish(&s->window, scratch) : window_scan(&s->window, scratch);
    pool_give(s->scanner, scratch);
    return st;
}

enum aiu_status pieces_feed(struct pieces *s, struct span piece)
{
    TRY(s->failed);
    if (s->finished) {
        return AIU_USAGE;
    }
    if (piece.n == 0) {
        return AIU_OK;
    }
    enum aiu_status st = window_feed(&s->window, piece, piece.n, TEXT_PLAIN);
    return pieces_keep(s, st == AIU_OK ? scan(s) : st);
}

enum aiu_status pieces_finish(struct pieces *s)
{
    TRY(s->failed);
    if (s->finished) {
        return AIU_USAGE;
    }
    s->finished = true;
    return pieces_keep(s, scan(s));
}

bool pieces_closed(const struct pieces *s, const struct finding *f)
{
    return !f->open || s->finished || window_safe(&s->window) > f->end;
}
