// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What goes to a model in the place of personal data, and back: cc pseudonyms.c $(pkg-config
// --cflags --libs aiu libcrypto)
#include <aiu/pseudonyms.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

// A key of yours: whoever has it can check guesses.
static const unsigned char key[32] = "not a key to use anywhere at all";

static enum aiu_status mac(void *ctx, const unsigned char *bytes, size_t n, unsigned char out[32])
{
    (void)ctx;
    return HMAC(EVP_sha256(), key, sizeof(key), bytes, n, out, NULL) ? AIU_OK : AIU_NO_MEMORY;
}

int main(int argc, char **argv)
{
    struct aiu_scanner *scanner = NULL;
    struct aiu_pseudonyms *list = NULL;
    struct aiu_redactor *redactor = NULL;
    char *out = NULL, *back = NULL;

    if (aiu_scanner_new(&scanner) != AIU_OK || aiu_pseudonyms_new(mac, NULL, &list) != AIU_OK ||
        aiu_redactor_new_pseudonym(scanner, list, &redactor) != AIU_OK) {
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        size_t n = 0;
        if (aiu_redactor_redact(redactor, argv[i], strlen(argv[i]), &out, &n) != AIU_OK ||
            aiu_restorer_restore(list, AIU_RESTORER_TEXT, out, n, &back, NULL) != AIU_OK) {
            return 1;
        }
        printf("out:  %s\nback: %s\n", out, back);
        aiu_redactor_text_free(out);
        aiu_redactor_text_free(back);
    }
    aiu_redactor_free(redactor);
    aiu_pseudonyms_free(list);
    aiu_scanner_free(scanner);
    return 0;
}
