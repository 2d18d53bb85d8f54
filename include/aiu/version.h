// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Which libaiu this is: of the headers at compile time, and of the library at run time.
//
// Threads: constant data; call from any thread.
#pragma once

#include "aiu/visibility.h"

#define AIU_VERSION_MAJOR 0
#define AIU_VERSION_MINOR 1
#define AIU_VERSION_PATCH 0
#define AIU_VERSION       "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

// The version of the library that runs, as AIU_VERSION is written. Static; never NULL.
AIU_API const char *aiu_version(void);

#ifdef __cplusplus
}
#endif
