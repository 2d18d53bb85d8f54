// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A file's bytes lie in c->text from offset `base` on. Of a long file everything in front of the
// first finding that is not yet handled is dropped, but for CONTEXT bytes that show its line.
#include "scan/content.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "detect/deep.h"
#include "detect/window.h"
#include "scan/position.h"

enum {
    CONTEXT = 4096,      // how far from a finding the mark of its line may stand
    REVEALED_MOST = 256, // bytes of a revealed finding
    OPEN_MOST = 2 << 20, // bytes of a finding that is kept until it ends
    TEXT_MOST = CONTENT_WHOLE + OPEN_MOST + 2 * CONTENT_PIECE,
};

struct file {
    struct content *c;
    const struct content_source *source;
    size_t base;        // offset of the first byte of c->text
    struct place place; // of that byte
    size_t seen;        // cursor: offset and place of what was asked last
    struct place seen_place;
    content_read read; // of the source, or of c->utf16 in front of it
    void *ctx;
    size_t handled; // findings that begin before this are done with
    bool ended;
};

enum aiu_status content_init(struct content *c, const struct content_rules *rules)
{
    *c = (struct content){.rules = rules, .found = FINDINGS_OF(FINDINGS_MOST)};
    buf_init(&c->text, TEXT_MOST);
    return scratch_new(rules->engine, &c->scratch);
}

void content_done(struct content *c)
{
    buf_wipe(&c->text);
    findings_done(&c->found);
    file_findings_done(&c->hits);
    scratch_free(c->scratch);
    c->scratch = NULL;
    mem_wipe(&c->utf16, sizeof(c->utf16));
}

ssize_t content_read_fd(void *ctx, uint8_t *to, size_t most)
{
    ssize_t n = 0;

    do {
        n = read(*(const int *)ctx, to, most);
    } while (n < 0 && errno == EINTR);
    return n;
}

static struct span between(const struct file *f, size_t start, size_t end)
{
    return span_of(f->c->text.p + (start - f->base), end - start);
}

static size_t text_end(const struct file *f)
{
    return f->base + f->c->text.n;
}

// Findings are asked in order of their starts; one that begins before the last is rare.
static struct place place_of(struct file *f, size_t offset)
{
    if (offset < f->seen) {
        f->seen = f->base;
        f->seen_place = f->place;
    }
    place_advance(&f->seen_place, between(f, f->seen, offset));
    f->seen = offset;
    return f->seen_place;
}

// The line around [start, end), as far as CONTEXT reaches.
static struct span line_around(const struct file *f, size_t start, size_t end)
{
    size_t from = start - f->base > CONTEXT ? start - CONTEXT : f->base;
    size_t to = text_end(f) - end > CONTEXT ? end + CONTEXT : text_end(f);
    const uint8_t *before = memrchr(between(f, from, start).p, '\n', start - from);
    const uint8_t *behind = memchr(between(f, end, to).p, '\n', to - end);

    from = before == NULL ? from : f->base + (size_t)(before - f->c->text.p) + 1;
    to = behind == NULL ? to : f->base + (size_t)(behind - f->c->text.p);
    return between(f, from, to);
}

static bool line_counts(const struct file *f, const struct file_finding *hit)
{
    const uint64_t *pairs = f->source->lines;

    if (pairs == NULL) {
        return true;
    }
    for (size_t i = 0; i < f->source->line_pairs; i++) {
        if (hit->from.line < pairs[2 * i + 1] && hit->to.line >= pairs[2 * i]) {
            return true;
        }
    }
    return false;
}

static enum aiu_status is_allowed(const struct file *f, const struct file_finding *hit,
                                  struct span line, struct span secret, bool *ret_yes)
{
    const struct content_rules *rules = f->c->rules;
    const struct allow_question q = {.name = span_str(hit->file->name),
                                     .rule = hit->rule,
                                     .secret = secret,
                                     .line = line,
                                     .number = hit->from.line};

    *ret_yes = allow_is_marked(line, hit->rule);
    if (*ret_yes || rules->allow == NULL) {
        return AIU_OK;
    }
    (void)pthread_mutex_lock(rules->allow_lock);
    enum aiu_status st = allow_has(rules->allow, &q, ret_yes);
    (void)pthread_mutex_unlock(rules->allow_lock);
    return st;
}

static enum aiu_status keep_finding(struct file *f, struct file_finding *hit, struct span secret)
{
    TRY(file_finding_fingerprint(hit->file->name, hit->rule, secret, hit->fingerprint));
    if (f->c->rules->reveal) {
        struct span shown = span_first(secret, REVEALED_MOST);
        hit->revealed = mem_dup(shown.p, shown.n);
        hit->revealed_n = shown.n;
        if (hit->revealed == NULL) {
            return AIU_NO_MEMORY;
        }
    }
    enum aiu_status st = file_findings_append(&f->c->hits, hit);
    if (st != AIU_OK) {
        mem_wipe_free(hit->revealed, hit->revealed_n);
    }
    return st;
}

static enum aiu_status handle(struct file *f, const struct finding *found, size_t end)
{
    struct span secret = between(f, found->start, end);
    struct file_finding hit = {.file = f->source->file,
                               .start = found->start,
                               .end = end,
                               .rule = found->rule,
                               .confidence = found->confidence};
    bool allowed = false;

    hit.from = place_of(f, found->start);
    hit.to = hit.from;
    place_advance(&hit.to, secret);
    f->handled = found->start + 1;
    if (!line_counts(f, &hit)) {
        return AIU_OK;
    }
    TRY(is_allowed(f, &hit, line_around(f, found->start, end), secret, &allowed));
    return allowed ? AIU_OK : keep_finding(f, &hit, secret);
}

static enum aiu_status read_some(struct file *f, size_t most)
{
    struct content *c = f->c;
    uint8_t *into = NULL;
    size_t got = 0;

    TRY(buf_reserve(&c->text, most, &into));
    while (got < most && !f->ended) {
        ssize_t n = f->read(f->ctx, into + got, most - got);
        if (n < 0) {
            return AIU_IO;
        }
        f->ended = n == 0;
        got += (size_t)n;
    }
    buf_grow(&c->text, got);
    c->bytes += got;
    return AIU_OK;
}

// So much that it can be told what the file is. UTF-16 is read again from there, as UTF-8.
static enum aiu_status read_head(struct file *f)
{
    struct content *c = f->c;

    TRY(read_some(f, CONTENT_BINARY));
    enum utf16_order order = utf16_order_of(buf_span(&c->text));
    if (order == UTF16_NONE) {
        return AIU_OK;
    }
    utf16_init(&c->utf16, order, buf_span(&c->text), f->source->read, f->source->ctx);
    f->read = utf16_read;
    f->ctx = &c->utf16;
    c->utf16.ended = f->ended;
    f->ended = false;
    c->bytes -= c->text.n;
    buf_reset(&c->text);
    return AIU_OK;
}

static bool is_binary(const struct file *f)
{
    struct span head = span_first(buf_span(&f->c->text), CONTENT_BINARY);

    return !f->source->text && head.n > 0 && memchr(head.p, 0, head.n) != NULL;
}

static enum aiu_status scan_whole(struct file *f)
{
    struct content *c = f->c;
    const struct content_rules *rules = c->rules;
    struct wording wording;

    if (rules->deep) {
        TRY(deep_scan(rules->engine, c->scratch, &rules->rules, rules->role, buf_span(&c->text),
                      &c->found, &wording));
    } else {
        TRY(scan_text(rules->engine, c->scratch, &rules->rules, buf_span(&c->text), &c->found));
    }
    for (size_t i = 0; i < c->found.count; i++) {
        TRY(handle(f, &c->found.items[i], c->found.items[i].end));
    }
    return AIU_OK;
}

// Whether a finding can be handled: it has ended, and so has what may hold the mark of its line.
static bool is_whole(const struct file *f, const struct window *w, const struct finding *found)
{
    bool closed = !found->open || f->ended || window_safe(w) > found->end;

    return (closed && (f->ended || text_end(f) - found->end >= CONTEXT)) ||
           found->end - found->start >= OPEN_MOST / 2;
}

// Drop text that no finding needs any more.
static void drop_text(struct file *f, size_t upto)
{
    upto = upto > CONTEXT ? upto - CONTEXT : 0;
    if (upto <= f->base) {
        return;
    }
    place_advance(&f->place, between(f, f->base, upto));
    buf_consume(&f->c->text, upto - f->base);
    f->base = upto;
    if (f->seen < upto) {
        f->seen = upto;
        f->seen_place = f->place;
    }
}

static enum aiu_status handle_window(struct file *f, struct window *w)
{
    const struct findings *found = window_findings(w);
    size_t upto = window_safe(w);

    for (size_t i = 0; i < found->count; i++) {
        const struct finding *item = &found->items[i];
        if (item->start < f->handled) {
            continue; // the rest of one that was too long to wait for
        }
        if (!is_whole(f, w, item)) {
            upto = item->start;
            break;
        }
        TRY(handle(f, item, item->end));
    }
    window_drop(w, upto);
    drop_text(f, upto);
    return AIU_OK;
}

static enum aiu_status feed(struct file *f, struct window *w, size_t from)
{
    struct span rest = between(f, from, text_end(f));

    while (rest.n > 0) {
        struct span piece = span_first(rest, CONTENT_PIECE);
        TRY(window_feed(w, piece, piece.n, TEXT_PLAIN));
        TRY(window_scan(w, f->c->scratch));
        rest = span_drop_first(rest, piece.n);
    }
    return AIU_OK;
}

static enum aiu_status scan_pieces(struct file *f)
{
    CLEANUP(window_done) struct window w;
    size_t fed = 0;

    window_init(&w, f->c->rules->engine, &f->c->rules->rules);
    while (true) {
        TRY(feed(f, &w, fed));
        fed = text_end(f);
        if (f->ended) {
            break;
        }
        TRY(handle_window(f, &w));
        TRY(read_some(f, CONTENT_PIECE));
    }
    TRY(window_finish(&w, f->c->scratch));
    return handle_window(f, &w);
}

enum aiu_status content_scan(struct content *c, const struct content_source *source)
{
    struct file f = {.c = c,
                     .source = source,
                     .read = source->read,
                     .ctx = source->ctx,
                     .place = PLACE_FIRST,
                     .seen_place = PLACE_FIRST};

    buf_reset(&c->text);
    TRY(read_head(&f));
    TRY(read_some(&f, CONTENT_WHOLE - c->text.n));
    if (is_binary(&f)) {
        c->binary++;
        return AIU_OK;
    }
    c->files++;
    return f.ended ? scan_whole(&f) : scan_pieces(&f);
}
