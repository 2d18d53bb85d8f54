// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A region has the number plan of its calling code: those of one code can dial each other like
// neighbours (US and CA, GB and JE, RU and KZ).
#include "detect/phone_regions.h"

#include <string.h>

#include "detect/numbers.h"
#include "detect/phone_plans.h"

static bool same_plan(const struct phone_region *a, const struct phone_region *b)
{
    return a->code == b->code && strcmp(a->trunk, b->trunk) == 0;
}

enum phone_region_added phone_regions_add(struct phone_regions *set, struct span name)
{
    size_t found = 0;

    while (found < PHONE_REGIONS && !span_equal(phone_region_name(found), name)) {
        found++;
    }
    if (found == PHONE_REGIONS) {
        return PHONE_REGION_UNKNOWN;
    }
    for (size_t i = 0; i < set->count; i++) {
        if (same_plan(&phone_regions[set->items[i]], &phone_regions[found])) {
            return PHONE_REGION_ADDED;
        }
    }
    if (set->count == PHONE_REGIONS_MOST) {
        return PHONE_REGION_TOO_MANY;
    }
    set->items[set->count++] = (uint8_t)found;
    return PHONE_REGION_ADDED;
}

struct span phone_region_name(size_t i)
{
    return i < PHONE_REGIONS ? span_str(phone_regions[i].name) : (struct span){0};
}

static bool has_trunk(const struct phone_region *r, const uint8_t *digits, size_t n, size_t trunk)
{
    return trunk > 0 && n > trunk && memcmp(digits, r->trunk, trunk) == 0;
}

static bool is_written_bare(const struct phone_region *r, const uint8_t *digits)
{
    uint16_t leading =
        (uint16_t)((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + digits[2] - '0');

    if (r->trunk[0] == '\0') {
        return true;
    }
    for (size_t i = r->first_bare; i < (size_t)r->first_bare + r->bare_count; i++) {
        if (phone_bare[i].from <= leading && leading <= phone_bare[i].to) {
            return true;
        }
    }
    return false;
}

bool phone_regions_have(const struct phone_regions *set, const uint8_t *digits, size_t n)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct phone_region *r = &phone_regions[set->items[i]];
        size_t trunk = strlen(r->trunk);
        if (has_trunk(r, digits, n, trunk) &&
            phone_plan_has(&phone_codes[r->code], digits + trunk, n - trunk)) {
            return true;
        }
        if (phone_plan_has(&phone_codes[r->code], digits, n) && is_written_bare(r, digits)) {
            return true;
        }
    }
    return false;
}
