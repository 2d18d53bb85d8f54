// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Regions whose telephone numbers are findings as people write them at home, without a word beside
// them: "030 901820" where Germany is named.
//
// Pure. Threads: any. Ownership: a set is a plain value.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum { PHONE_REGIONS_MOST = 40 };

// All zero: none.
struct phone_regions {
    uint8_t items[PHONE_REGIONS_MOST];
    uint8_t count;
};

enum phone_region_added { PHONE_REGION_ADDED, PHONE_REGION_UNKNOWN, PHONE_REGION_TOO_MANY };

// `name` is two capital letters (ISO 3166-1, and XK): "DE". Regions that share a plan, such as US
// and CA, count once.
enum phone_region_added phone_regions_add(struct phone_regions *set, struct span name);

// The i-th region that there is, in order, with a NUL behind it; empty at the end. For lists and
// suggestions.
struct span phone_region_name(size_t i);

// Whether these digits are a number of one of the regions as it is dialled inside of it: with its
// trunk prefix, or without where people leave that out.
bool phone_regions_have(const struct phone_regions *set, const uint8_t *digits, size_t n);
