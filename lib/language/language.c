// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "language/language.h"

#include "language/detector.h"

const char *language_guess(struct span text)
{
    size_t n = text.n < LANGUAGE_MOST ? text.n : LANGUAGE_MOST;

    while (n > 0 && n < text.n && (text.p[n] & 0xC0) == 0x80) {
        n--; // no half of a character
    }
    return n == 0 ? NULL : detector_guess((const char *)text.p, (int)n);
}
