// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether an object has the same key twice. For json.c.
#pragma once

#include "codec/json.h"

// Look at the keys of `object`, whose members are scanned. AIU_OK, AIU_JSON_DUPLICATE_KEY with the
// later of the two in `*ret_token`, or AIU_NO_MEMORY.
MUST_CHECK enum aiu_status json_keys_unique(struct json *j, struct span text, uint32_t object,
                                            uint32_t *ret_token);

// Order of two keys by their unescaped bytes: <0, 0, >0.
int json_keys_compare(struct span a, struct span b);
