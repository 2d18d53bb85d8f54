// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a value looks made by chance or by people: secrets without a form of their own are told
// from names, words and stand-ins by how they look.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct looks {
    size_t n, digits, upper, lower, marks; // marks: all other bytes
    bool hex;                              // only hexadecimal digits, in one case
    bool token; // only letters, digits and _ - + / = . ~ : % & ! @ # $ ^ * ?
};

struct looks looks_of(struct span text);

// Most of its pairs of letters are common in words.
bool is_wordy(struct span text);

// Made by chance: letters and digits, of enough entropy, no words. For tokens of 8 bytes and more.
bool is_random(const struct looks *l, struct span text);

// A word with a digit or a mark in it, of 6 to 64 bytes; no path, no name of a field.
bool is_password(const struct looks *l, struct span text);

// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(struct span text);

// What documentation and templates write in place of a secret, or code that gets one.
bool is_stand_in(struct span text);
