// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Private keys in PEM (RFC 7468, and the older forms with header fields: RFC 1421, OpenPGP). A key
// is certain from its first body bytes on, and then flows to its END line, or to where the text is
// no key any more. Line ends may be written as escapes, and lines be quoted, as in source code.
#include "detect/match_pem.h"
#include "detect/ascii.h"
#include "detect/matcher.h"

enum {
    LABEL_MOST = 48,   // of "-----BEGIN ... -----"
    BETWEEN_MOST = 64, // blanks, quotes and escapes between two lines
    BODY_RUN = 16,     // base64 characters in a row that hardly a word has
    FIELD_MOST = 128,  // of "Proc-Type: 4,ENCRYPTED"
};

static const struct span end_mark = SPAN("-----END");
static const struct span dashes = SPAN("-----");

static bool is_base64(uint8_t c)
{
    return is_alnum(c) || c == '+' || c == '/' || c == '=';
}

// Skip what stands between lines. A "+" there joins strings.
static size_t skip_between(const struct view *v, size_t at)
{
    size_t begin = at;

    while (at < v->n && at - begin < BETWEEN_MOST) {
        uint8_t c = v->p[at];
        bool escape = c == '\\' && at + 1 < v->n &&
                      (v->p[at + 1] == 'n' || v->p[at + 1] == 'r' || v->p[at + 1] == 't');
        bool joins = c == '+' && at + 1 < v->n && (is_blank(v->p[at + 1]) || v->p[at + 1] == '"');
        if (escape) {
            at += 2;
        } else if (is_blank(c) || c == '"' || c == '\'' || c == ',' || c == '\\' || c == '>' ||
                   joins) {
            at++;
        } else {
            break;
        }
    }
    return at < v->n ? at : v->n;
}

// Whether `mark` stands at `at`: MATCH_MORE where the view ends inside it.
static enum match mark_at(const struct view *v, size_t at, struct span mark)
{
    size_t seen = v->n - at < mark.n ? v->n - at : mark.n;

    if (!span_equal(span_of(v->p + at, seen), span_first(mark, seen))) {
        return MATCH_NO;
    }
    return seen == mark.n ? MATCH_YES : v->final ? MATCH_NO : MATCH_MORE;
}

// The rest of a BEGIN or END line, from behind the word to behind its dashes.
static enum match label_end(const struct view *v, size_t at, size_t *ret_end)
{
    size_t begin = at;

    while (at < v->n && at - begin < LABEL_MOST &&
           (is_upper(v->p[at]) || is_digit(v->p[at]) || v->p[at] == ' ')) {
        at++;
    }
    if (at == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    enum match m = mark_at(v, at, dashes);
    *ret_end = at + dashes.n;
    return m;
}

static enum match end_line(const struct view *v, size_t at, struct pem_step *step)
{
    size_t end = at;
    enum match m = label_end(v, at + end_mark.n, &end);

    if (m == MATCH_MORE) {
        return m;
    }
    step->at = m == MATCH_YES ? end : at + end_mark.n;
    step->last = true;
    return MATCH_YES;
}

// "Proc-Type: 4,ENCRYPTED" and the like, to the end of the line.
static enum match field_line(const struct view *v, size_t at, size_t colon, struct pem_step *step)
{
    size_t end = colon;

    while (end < v->n && end - at < FIELD_MOST && v->p[end] != '\n' && v->p[end] != '\\') {
        end++;
    }
    if (end == v->n && !v->final) {
        return MATCH_MORE;
    }
    step->at = end;
    return end - at < FIELD_MOST ? MATCH_YES : MATCH_NO;
}

// A run that a word could be: the last line of the body, a checksum, or no key any more.
static enum match short_run(const struct view *v, size_t at, size_t end, struct pem_step *step)
{
    if (v->p[at] == '=' || v->p[end - 1] == '=') {
        step->at = end;
        return MATCH_YES;
    }
    if (!step->body && (v->p[end] == ':' || v->p[end] == '-')) {
        size_t colon = end;
        while (colon < v->n && colon - at < FIELD_MOST &&
               (is_alpha(v->p[colon]) || v->p[colon] == '-')) {
            colon++;
        }
        if (colon == v->n && !v->final) {
            return MATCH_MORE;
        }
        if (colon < v->n && v->p[colon] == ':') {
            return field_line(v, at, colon, step);
        }
    }
    size_t next = skip_between(v, end);
    enum match m = next == v->n ? (v->final ? MATCH_NO : MATCH_MORE) : mark_at(v, next, end_mark);
    step->at = end;
    return m;
}

enum match pem_step(const struct view *v, size_t at, struct pem_step *step)
{
    bool inside = step->inside && at < v->n && is_base64(v->p[at]);
    size_t begin = inside ? at : skip_between(v, at);
    size_t end = begin;

    step->last = false;
    if (begin == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    enum match m = mark_at(v, begin, end_mark);
    if (m != MATCH_NO) {
        return m == MATCH_MORE ? m : end_line(v, begin, step);
    }
    while (end < v->n && is_base64(v->p[end])) {
        end++;
    }
    step->inside = end == v->n;
    if (end - begin >= BODY_RUN || inside) {
        step->at = end;
        step->body = true;
        return MATCH_YES;
    }
    if (end == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    return end == begin ? MATCH_NO : short_run(v, begin, end, step);
}

enum match matcher_private_key(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct pem_step step = {0};
    size_t end = anchor->end;
    enum match m = label_end(v, anchor->end, &end);

    hit->start = anchor->start;
    if (m != MATCH_YES) {
        return m;
    }
    struct span label = span_of(v->p + anchor->end, end - anchor->end);
    if (span_find_span(label, SPAN_OF("PRIVATE KEY")) == label.n) {
        return MATCH_NO;
    }
    hit->end = end;
    hit->flow = (struct flow){.kind = FLOW_PEM};
    m = pem_step(v, end, &step);
    return m == MATCH_YES && step.last ? MATCH_NO : m; // nothing between the two lines
}
