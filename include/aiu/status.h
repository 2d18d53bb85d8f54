// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Results of every call, and what they mean on each face of the product (guide S24, S28, S29).
//
// Threads: everything here is constant data; call it from any thread.
#pragma once

#include <stdbool.h>

#include "aiu/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

// 0 is success; everything else is negative. aiu/status.def is the list.
enum aiu_status {
#define AIU_STATUS(name, number, ecode, http, exit, retryable, code, text) name = (number),
#include "aiu/status.def"
#undef AIU_STATUS
};

// One row of aiu/status.def. All strings are static and contain no content of any request.
struct aiu_status_info {
    enum aiu_status status;
    const char *name;  // "AIU_TOO_LONG"
    const char *ecode; // "E9003", the guide's numbering
    int http;          // status of the HTTP reply
    int exit;          // exit code of the program
    bool retryable;    // whether the same call may succeed later
    const char *code;  // "too_long", the `code` of API errors
    const char *text;  // one clause for people
};

// The row of `status`; for a number that is in no row, the row of AIU_INTERNAL. Never NULL.
AIU_API const struct aiu_status_info *aiu_status_info(enum aiu_status status);

#ifdef __cplusplus
}
#endif
