// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What each argument holds: rule and place, never the value.
#include <aiu/scanner.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct aiu_scanner *scanner = NULL;
    struct aiu_findings *found = NULL;

    if (aiu_scanner_new(&scanner) != AIU_OK) {
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        if (aiu_scanner_scan(scanner, argv[i], strlen(argv[i]), &found) != AIU_OK) {
            return 1; // not examined: treat it as refused
        }
        for (size_t k = 0; k < aiu_findings_count(found); k++) {
            const struct aiu_finding *f = aiu_findings_get(found, k);
            printf("%s at %zu to %zu, %s\n", f->rule, f->start, f->end,
                   aiu_severity_text(f->severity));
        }
        aiu_findings_free(found);
    }
    aiu_scanner_free(scanner);
}
