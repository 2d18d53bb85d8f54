// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What makes a number of some kind well formed: check digits, registries, number plans.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The last of `n` decimal digits is the Luhn check digit of the others (ISO/IEC 7812-1 annex B).
bool luhn_valid(const uint8_t *digits, size_t n);

// Whether a payment card number can begin with these six digits (ISO/IEC 7812 IIN) and have
// `n` digits.
bool card_network(const uint8_t *digits, size_t n);

// Characters that an IBAN of this country has (ISO 13616 registry); 0 for a country without.
size_t iban_length(const uint8_t country[2]);

// Its country's form of digits and letters (ISO 13616 registry), and ISO 7064 MOD 97-10 over them
// with the first four moved behind.
bool iban_valid(const uint8_t *text, size_t n);

enum { IBAN_LONGEST = 34 };

// How a number in international form, calling code first, fits the plans of ITU-T E.164: a number
// may exist with these leading digits; or only others of its length have that code.
enum phone_fit { PHONE_NO, PHONE_LENGTH, PHONE_PLANNED };

enum phone_fit phone_fits(const uint8_t *digits, size_t n);
