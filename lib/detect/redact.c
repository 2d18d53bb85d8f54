// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "detect/redact.h"

#include "detect/ascii.h"

enum { MASK_LEAST = 8, MASK_SHOWN = 4 };

enum aiu_status redact_tag(uint16_t rule, bool plain, struct buf *dst)
{
    const struct rule_info *info = rules_get(rule);

    TRY(buf_append(dst, SPAN_OF("[REDACTED")));
    if (!plain && info != NULL) {
        TRY(buf_append_byte(dst, ':'));
        TRY(buf_append(dst, span_str(info->tag)));
    }
    return buf_append_byte(dst, ']');
}

// --- masks ------------------------------------------------------------------------------------

// The first byte of a letter or digit; all characters outside ASCII count as letters.
static bool is_hideable(uint8_t c)
{
    return is_alnum(c) || c >= 0xC0;
}

static bool is_continued(uint8_t c)
{
    return (c & 0xC0) == 0x80;
}

static enum aiu_status mask_characters(struct span value, struct buf *dst)
{
    size_t n = 0;

    for (size_t i = 0; i < value.n; i++) {
        n += is_hideable(value.p[i]);
    }
    size_t hidden = n >= MASK_LEAST ? n - MASK_SHOWN : n;
    bool hiding = false;
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if (is_continued(c) && hiding) {
            continue;
        }
        hiding = is_hideable(c) && hidden > 0;
        hidden -= hiding;
        TRY(buf_append_byte(dst, hiding ? '*' : c));
    }
    return AIU_OK;
}

enum aiu_status redact_mask(uint16_t rule, struct span value, struct buf *dst)
{
    const struct rule_info *info = rules_get(rule);
    struct span name, domain;

    if (info != NULL && info->kind == KIND_PII &&
        span_equal(span_str(info->tag), SPAN_OF("email")) && span_cut(value, '@', &name, &domain)) {
        TRY(buf_append(dst, SPAN_OF("***@")));
        return buf_append(dst, domain);
    }
    return mask_characters(value, dst);
}

// --- findings ---------------------------------------------------------------------------------

static enum aiu_status put_pseudonym(const struct redaction *r, const struct finding *f,
                                     struct span value, struct buf *dst)
{
    struct span token;

    TRY(pseudonyms_token(r->pseudonyms, f->rule, value, f->number, &token));
    if (token.n > 0) {
        return buf_append(dst, token);
    }
    return f->number ? buf_append_byte(dst, '0') : redact_tag(f->rule, r->plain, dst);
}

// What only tells of itself has no value that anybody would want back.
static bool has_value(const struct finding *f)
{
    const struct rule_info *info = rules_get(f->rule);

    return info != NULL && (info->kind == KIND_PII || info->kind == KIND_SECRET);
}

enum aiu_status redact_put(const struct redaction *r, const struct finding *f, struct span value,
                           struct buf *dst)
{
    value = value.n > PSEUDONYM_VALUE_MOST ? span_of(NULL, 0) : value;
    if (r->mode == REDACT_PSEUDONYM && value.n > 0 && has_value(f)) {
        return put_pseudonym(r, f, value, dst);
    }
    if (f->number) {
        return buf_append_byte(dst, '0');
    }
    if (r->mode == REDACT_DROP) {
        return AIU_OK;
    }
    if (r->mode == REDACT_MASK && value.n > 0) {
        return redact_mask(f->rule, value, dst);
    }
    return redact_tag(f->rule, r->plain || r->mode == REDACT_PLAIN, dst);
}

enum aiu_status redact_text_with(const struct redaction *r, struct span text,
                                 const struct findings *found, const struct rule_set *which,
                                 struct buf *dst)
{
    size_t at = 0;

    for (size_t i = 0; i < found->count; i++) {
        const struct finding *f = &found->items[i];
        if (which != NULL && !rule_set_has(which, f->rule)) {
            continue;
        }
        CHECK(f->start <= f->end && f->end <= text.n);
        if (f->start < at) { // overlaps what is gone: the tag before stands for both
            at = f->end > at ? f->end : at;
            continue;
        }
        size_t n = f->end - f->start;
        TRY(buf_append(dst, span_of(text.p + at, f->start - at)));
        TRY(redact_put(r, f, span_of(text.p + f->start, n > PSEUDONYM_VALUE_MOST ? 0 : n), dst));
        at = f->end;
    }
    return buf_append(dst, span_drop_first(text, at));
}

enum aiu_status redact_text(struct span text, const struct findings *found,
                            const struct rule_set *which, bool plain, struct buf *dst)
{
    const struct redaction r = {plain ? REDACT_PLAIN : REDACT_TAG, plain, NULL};

    return redact_text_with(&r, text, found, which, dst);
}
