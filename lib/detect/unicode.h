// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Characters that are not seen, told from the bytes of their UTF-8 form.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/matcher.h"

// Bytes of the character at `at` if it is of the class, else 0. Where the view ends inside a
// character, it is of no class; `char_cut` tells.
size_t tag_at(const struct view *v, size_t at);      // U+E0000 to U+E007F
size_t selector_at(const struct view *v, size_t at); // U+FE00 to U+FE0F, U+E0100 to U+E01EF
size_t mark_at(const struct view *v, size_t at);     // U+0300 to U+036F
size_t private_at(const struct view *v, size_t at);  // U+F0000 to U+10FFFF
// U+034F, 061C, 180E, 200B-200F, 202A-202C, 2060-206F, FEFF: seen by nobody where letters are Latin
size_t zero_width_at(const struct view *v, size_t at);

// Whether the view ends inside the character at `at`, or before it, and more may come.
bool char_cut(const struct view *v, size_t at);

// Bytes of a UTF-8 character by its first byte; 1 for what begins none.
size_t char_size(uint8_t first);
