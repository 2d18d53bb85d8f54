// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What every layer needs to hand errors up and to clean up behind itself.
#pragma once

#include "aiu/status.h"

#define MUST_CHECK __attribute__((warn_unused_result))

// Run `expr`; on anything but AIU_OK return it from the calling function.
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        enum aiu_status try_status_ = (expr);                                                      \
        if (try_status_ != AIU_OK) {                                                               \
            return try_status_;                                                                    \
        }                                                                                          \
    } while (0)

// Drop a status on purpose; a comment beside it says why that is right.
#define IGNORE(expr)                                                                               \
    do {                                                                                           \
        if ((expr) != AIU_OK) {                                                                    \
        }                                                                                          \
    } while (0)

// Call `done(&variable)` when the variable goes out of scope.
#define CLEANUP(done) __attribute__((cleanup(done)))

// Give a pointer away: its value, and NULL stays behind.
#define TAKE_PTR(p)                                                                                \
    __extension__({                                                                                \
        __typeof__(p) take_ptr_ = (p);                                                             \
        (p) = NULL;                                                                                \
        take_ptr_;                                                                                 \
    })

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

// The struct of `type` whose member `member` is at `ptr`.
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

// An invariant of ours, never a check of input. On in every build: prints the place, not the
// values, and aborts.
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            check_failed(__FILE_NAME__, __LINE__, #condition);                                     \
        }                                                                                          \
    } while (0)

#ifndef __FILE_NAME__
#define __FILE_NAME__ __FILE__
#endif

__attribute__((noreturn, cold)) void check_failed(const char *file, int line, const char *what);
