// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The detector's face for C. Inside language only.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// As language_guess, of `n` > 0 bytes.
const char *detector_guess(const char *text, int n);

#ifdef __cplusplus
}
#endif
