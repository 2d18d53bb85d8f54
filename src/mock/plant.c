// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// All values are made up; check digits are right, so that validators accept them.
#include "plant.h"

enum { PLANT_PARTS = 5 };

static const struct {
    struct span name;
    const char *parts[PLANT_PARTS];
} plants[] = {
    {SPAN("card"), {"4539 ", "1488 ", "0343 ", "6467"}},
    {SPAN("card_plain"), {"4371", "8510", "2937", "4625"}},
    {SPAN("amex"), {"3782", "831029", "47567"}},
    {SPAN("email"), {"ada.lovelace", "@", "analytical-engines", ".org"}},
    {SPAN("us_ssn"), {"536", "-22-", "8762"}},
    {SPAN("iban"), {"DE44", "5001", "0517", "5407", "324931"}},
    {SPAN("openai_key"), {"sk", "-Eeeby3abP3E2Zs8IQ9Y7", "T3Blbk", "FJaJZqhB6baeCN6Zj4a3dD"}},
    {SPAN("github_pat"), {"gh", "p_", "Ky9Pf34qY6Nb3wWD25R", "Q4F5ZR3qa7y", "3gm1IL"}},
    {SPAN("aws_key"), {"AK", "IA", "73U55XTP", "LPFT7V4S"}},
    {SPAN("jwt"),
     {"eyJhbGciOiJIUzI1Ni", "IsInR5cCI6IkpXVCJ9.", "eyJzdWIiOiI0NzExIi", "wibmFtZSI6IkFkYSJ9.",
      "c47WQAmL9xVQ2zg4mZaouqKLiMcVbpT4r5yHUig43ki"}},
    {SPAN("pem"),
     {"-----BEGIN ", "RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx7Qm1vD0kL2w9sYtR5uZ3hGf8pJc6nXe",
      "\nT4bVaKdWqOiSlUyHjEoMzPrFgNxBvCtIwLkQaDsGhYeRuJmZ\n-----END ", "RSA PRIVATE KEY", "-----"}},
};

enum aiu_status plant_append(struct buf *out, struct span name)
{
    for (size_t i = 0; i < ARRAY_SIZE(plants); i++) {
        if (!span_equal(plants[i].name, name)) {
            continue;
        }
        for (size_t part = 0; part < PLANT_PARTS; part++) {
            TRY(buf_append(out, span_str(plants[i].parts[part])));
        }
        return AIU_OK;
    }
    return AIU_NOT_FOUND;
}

enum aiu_status plant_expand(struct buf *out, struct span text)
{
    for (;;) {
        size_t open = span_find_span(text, SPAN_OF("{{"));
        TRY(buf_append(out, span_first(text, open)));
        text = span_drop_first(text, open);
        if (text.n == 0) {
            return AIU_OK;
        }
        struct span rest = span_drop_first(text, 2);
        size_t close = span_find_span(rest, SPAN_OF("}}"));
        enum aiu_status st =
            close < rest.n ? plant_append(out, span_first(rest, close)) : AIU_NOT_FOUND;
        if (st == AIU_OK) {
            text = span_drop_first(rest, close + 2);
        } else if (st == AIU_NOT_FOUND) {
            TRY(buf_append(out, SPAN_OF("{{")));
            text = rest;
        } else {
            return st;
        }
    }
}
