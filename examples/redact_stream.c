// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A filter: standard input to standard output, as it comes, whatever its length.
#include <aiu/redactor.h>
#include <stdio.h>
#include <unistd.h>

static enum aiu_status write_out(void *ctx, const char *bytes, size_t n)
{
    return fwrite(bytes, 1, n, ctx) == n ? AIU_OK : AIU_IO;
}

int main(void)
{
    struct aiu_scanner *scanner = NULL;
    struct aiu_redactor *redactor = NULL;
    struct aiu_redactor_stream *stream = NULL;
    char bytes[4096];
    ssize_t n = 0;

    if (aiu_scanner_new(&scanner) != AIU_OK ||
        aiu_redactor_new(scanner, AIU_REDACTOR_PLAIN, &redactor) != AIU_OK ||
        aiu_redactor_stream_new(redactor, write_out, stdout, &stream) != AIU_OK) {
        return 1;
    }
    while ((n = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
        if (aiu_redactor_stream_feed(stream, bytes, (size_t)n) != AIU_OK) {
            return 1; // nothing more goes on
        }
        (void)fflush(stdout);
    }
    if (n < 0 || aiu_redactor_stream_finish(stream) != AIU_OK) {
        return 1;
    }
    aiu_redactor_stream_free(stream);
    aiu_redactor_free(redactor);
    aiu_scanner_free(scanner);
    return 0;
}
