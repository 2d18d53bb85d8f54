// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

static void put_digits(char *out, uint64_t value, size_t width)
{
    for (size_t i = width; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

// Days since 1970-01-01 to a date of the Gregorian calendar, by eras of 400 years that begin on
// 1 March, so that the leap day is the last of its year.
static void date_of_days(uint64_t days, uint64_t *year, uint64_t *month, uint64_t *day)
{
    uint64_t shifted = days + 719468;
    uint64_t era = shifted / 146097;
    uint64_t of_era = shifted % 146097;
    uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t march_month = (5 * of_year + 2) / 153;

    *day = of_year - (153 * march_month + 2) / 5 + 1;
    *month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

void clock_stamp(uint64_t unix_us, char out[CLOCK_STAMP_SIZE])
{
    uint64_t seconds = unix_us / 1000000;
    uint64_t year = 0, month = 0, day = 0;

    date_of_days(seconds / 86400, &year, &month, &day);
    memcpy(out, "0000-00-00T00:00:00.000000Z", CLOCK_STAMP_SIZE);
    put_digits(out, year, 4);
    put_digits(out + 5, month, 2);
    put_digits(out + 8, day, 2);
    put_digits(out + 11, seconds / 3600 % 24, 2);
    put_digits(out + 14, seconds / 60 % 60, 2);
    put_digits(out + 17, seconds % 60, 2);
    put_digits(out + 20, unix_us % 1000000, 6);
}

void uuid_v7(uint64_t unix_us, const uint8_t random[10], char out[UUID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t ms = unix_us / 1000;
    uint8_t bytes[16];
    size_t at = 0;

    for (size_t i = 0; i < 6; i++) {
        bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    }
    memcpy(bytes + 6, random, 10);
    bytes[6] = (uint8_t)(0x70 | (bytes[6] & 0x0F));
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3F));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            out[at++] = '-';
        }
        out[at++] = digits[bytes[i] >> 4];
        out[at++] = digits[bytes[i] & 15];
    }
}
