// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One step per byte, character or line; the state is a byte, so that a window can carry it from
// scan to scan.
#include "detect/flow.h"

#include "detect/ascii.h"
#include "detect/catalog.h"
#include "detect/match_output.h"
#include "detect/match_pem.h"
#include "detect/unicode.h"

static size_t ended(struct flow *f, size_t at)
{
    f->kind = FLOW_NONE;
    return at;
}

static size_t flow_class(struct flow *f, const struct byte_class *class, const struct view *v,
                         size_t at)
{
    while (at < v->n && class_has(class, v->p[at])) {
        at++;
    }
    return at == v->n && !v->final ? at : ended(f, at);
}

static size_t flow_characters(struct flow *f, const struct view *v, size_t at,
                              size_t (*class)(const struct view *v, size_t at))
{
    size_t n = 0;

    while ((n = class(v, at)) > 0) {
        at += n;
    }
    return char_cut(v, at) ? at : ended(f, at);
}

static size_t flow_url(struct flow *f, const struct view *v, size_t at)
{
    while (at < v->n && url_has(v->p[at])) {
        at++;
    }
    return at == v->n && !v->final ? at : ended(f, at);
}

enum { JWT_DOTS = 4 }; // of a JWE (RFC 7516 3.1)

// A dot belongs to the token when another part follows it.
static size_t flow_jwt(struct flow *f, const struct view *v, size_t at)
{
    for (;;) {
        while (at < v->n && is_base64url(v->p[at])) {
            at++;
        }
        if (at == v->n || (at + 1 == v->n && v->p[at] == '.' && !v->final)) {
            return v->final ? ended(f, at) : at;
        }
        if (v->p[at] != '.' || f->state == JWT_DOTS || at + 1 == v->n ||
            !is_base64url(v->p[at + 1])) {
            return ended(f, at);
        }
        f->state++;
        at++;
    }
}

static size_t flow_pem(struct flow *f, const struct view *v, size_t at)
{
    struct pem_step step = {.inside = (f->state & 1) != 0, .body = (f->state & 2) != 0};

    for (;;) {
        enum match m = pem_step(v, at, &step);
        if (m == MATCH_MORE) {
            return at;
        }
        if (m == MATCH_NO) {
            return ended(f, at);
        }
        at = step.at;
        f->state = (uint8_t)(step.inside | step.body << 1);
        if (step.last) {
            return ended(f, at);
        }
    }
}

size_t flow_run(struct flow *f, const struct byte_class *classes, const struct view *v, size_t at)
{
    switch ((enum flow_kind)f->kind) {
    case FLOW_NONE:
        break;
    case FLOW_CLASS:
        return flow_class(f, &classes[f->class], v, at);
    case FLOW_JWT:
        return flow_jwt(f, v, at);
    case FLOW_PEM:
        return flow_pem(f, v, at);
    case FLOW_TAGS:
        return flow_characters(f, v, at, tag_at);
    case FLOW_SELECTORS:
        return flow_characters(f, v, at, selector_at);
    case FLOW_ZERO_WIDTH:
        return flow_characters(f, v, at, zero_width_at);
    case FLOW_URL:
        return flow_url(f, v, at);
    case FLOW_MARKS:
        return flow_characters(f, v, at, mark_at);
    case FLOW_PRIVATE:
        return flow_characters(f, v, at, private_at);
    }
    return at;
}
