// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "flow/replace.h"

#include "codec/json_write.h"

enum { REPLACEMENT_MOST = 64 << 10 };

static enum aiu_status keep_escaped(struct span text, bool inner, struct arena *arena,
                                    struct span *ret_with)
{
    CLEANUP(buf_wipe) struct buf once = BUF_OF(REPLACEMENT_MOST);
    CLEANUP(buf_wipe) struct buf twice = BUF_OF(REPLACEMENT_MOST);

    TRY(json_append_escaped(&once, text));
    if (!inner) {
        return arena_copy(arena, buf_span(&once), ret_with);
    }
    TRY(json_append_escaped(&twice, buf_span(&once)));
    return arena_copy(arena, buf_span(&twice), ret_with);
}

static enum redact_mode mode_of(const struct replace *r, enum action a)
{
    if (a == ACTION_PSEUDONYM && r->pseudonyms != NULL) {
        return REDACT_PSEUDONYM;
    }
    if (a == ACTION_MASK) {
        return REDACT_MASK;
    }
    return a == ACTION_DROP ? REDACT_DROP : REDACT_TAG;
}

enum aiu_status replace_finding(const struct replace *r, const struct finding *f, struct span value,
                                bool inner, struct arena *arena, struct span *ret_with)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(REPLACEMENT_MOST);
    const struct redaction redaction = {mode_of(r, (enum action)(f->note - 1)), r->plain,
                                        r->pseudonyms};

    TRY(redact_put(&redaction, f, value, &b));
    return keep_escaped(buf_span(&b), inner, arena, ret_with);
}

enum aiu_status replace_token(const struct token_seen *s, bool number, bool inner,
                              struct arena *arena, struct span *ret_with)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(REPLACEMENT_MOST);
    enum restore_form form = inner ? RESTORE_JSON_INNER : RESTORE_JSON;
    bool fits = false;

    TRY(restore_append(s->entry, number ? RESTORE_NUMBER : form, &b, &fits));
    *ret_with = span_of(NULL, 0);
    return fits ? arena_copy(arena, buf_span(&b), ret_with) : AIU_OK;
}
