// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The public validator over lib/policy.
#include "aiu/validator.h"

#include "language/language.h"
#include "policy/validator.h"

// The public enums are the inner ones under public names.
_Static_assert((int)AIU_VALIDATOR_ALLOW_LIST == (int)VALIDATOR_GUIDE, "characters");
_Static_assert((int)AIU_VALIDATOR_NO_CONTROLS == (int)VALIDATOR_NO_CONTROLS, "characters");
_Static_assert((int)AIU_VALIDATOR_ANY == (int)VALIDATOR_ANY, "characters");
_Static_assert((int)AIU_VALIDATOR_EMPTY == (int)VALIDATOR_EMPTY, "reasons");
_Static_assert((int)AIU_VALIDATOR_TOO_LONG == (int)VALIDATOR_TOO_LONG, "reasons");
_Static_assert((int)AIU_VALIDATOR_INVALID_CHARACTERS == (int)VALIDATOR_INVALID_CHARACTERS,
               "reasons");
_Static_assert((int)AIU_VALIDATOR_INVALID_UTF8 == (int)VALIDATOR_INVALID_UTF8, "reasons");

void aiu_validator_init(struct aiu_validator *validator, enum aiu_validator_profile profile)
{
    struct validator v = validator_guide;

    if (profile == AIU_VALIDATOR_DEFAULT) {
        v = validator_of(policy_builtin(SPAN_OF("default")));
    }
    *validator = (struct aiu_validator){
        .max_characters = v.max_characters,
        .characters = (enum aiu_validator_characters)v.characters,
        .refuse_blank = v.refuse_blank,
        .trim = v.trim,
        .length_first = v.length_first,
    };
}

enum aiu_status aiu_validator_check(const struct aiu_validator *validator, const char *text,
                                    size_t n, struct aiu_validator_result *result)
{
    const struct validator v = {
        .max_characters = validator->max_characters,
        .characters = (enum validator_characters)validator->characters,
        .refuse_blank = validator->refuse_blank,
        .trim = validator->trim,
        .length_first = validator->length_first,
    };
    struct validator_result r = {0};
    enum aiu_status st = validator_check(&v, span_of(text, n), &r);

    *result = (struct aiu_validator_result){
        .reason = (enum aiu_validator_reason)r.reason,
        .code = validator_reason_text(r.reason),
        .at = r.at,
        .character = r.code,
        .limit = r.limit,
        .text = (const char *)r.text.p,
        .text_n = r.text.n,
    };
    return st;
}

size_t aiu_validator_message(const struct aiu_validator_result *result, char *out, size_t size)
{
    const struct validator_result r = {
        .reason = (enum validator_reason)result->reason,
        .limit = result->limit,
    };
    CLEANUP(buf_wipe) struct buf text = BUF_OF(256);

    if (validator_message(&r, &text) != AIU_OK) {
        buf_reset(&text);
    }
    if (size > 0) {
        size_t n = text.n < size ? text.n : size - 1;
        if (n > 0) {
            memcpy(out, text.p, n);
        }
        out[n] = '\0';
    }
    return text.n;
}

void aiu_validator_describe(const char *text, size_t n, struct aiu_validator_metadata *ret_metadata)
{
    struct validator_metadata m = validator_describe(span_of(text, n));

    *ret_metadata = (struct aiu_validator_metadata){
        .length = m.length,
        .bytes = m.bytes,
        .word_count = m.word_count,
        .has_numbers = m.has_numbers,
        .language = language_guess(span_of(text, n)),
    };
}
