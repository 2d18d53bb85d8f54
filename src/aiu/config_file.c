// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/config_file.h"

#include "base/utf8.h"

enum { PATH_MOST = 4096, REPORT_MOST = 64 * 1024 };

extern char **environ; // NOLINT(readability-identifier-naming): as POSIX has it

static bool is_control(uint32_t code)
{
    return (code < 0x20 && code != '\n') || (code >= 0x7F && code < 0xA0);
}

void config_file_print(FILE *to, struct span text)
{
    while (text.n > 0) {
        uint8_t bytes[4];
        uint32_t code = utf8_next_lossy(&text);
        size_t n = utf8_write(is_control(code) ? '?' : code, bytes);
        (void)fwrite(bytes, 1, n, to);
    }
}

static void print_report(const struct config_report *report, const char *path)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(REPORT_MOST);

    if (config_report_text(report, span_str(path), &text) == AIU_OK) {
        config_file_print(stderr, buf_span(&text));
    }
}

enum aiu_status config_file_load(const char *path, bool check_files, struct config **ret_config)
{
    const struct config_options options = {
        .env = (const char *const *)environ,
        .check_files = check_files,
        .mock_base_url = SPAN("http://127.0.0.1:9/v1"), // nobody is called from here
    };
    CLEANUP(buf_wipe) struct buf found = BUF_OF(PATH_MOST);
    struct config_report report = {0};

    if (path == NULL && config_find_file(options.env, &found) == AIU_OK) {
        TRY(buf_append_byte(&found, '\0'));
        path = (const char *)found.p;
    }
    enum aiu_status st = path == NULL ? config_embedded(&options, &report, ret_config)
                                      : config_load(path, &options, &report, ret_config);
    print_report(&report, path);
    if (st != AIU_OK && report.errors == 0) {
        (void)fprintf(stderr, "aiu: %s\n", aiu_status_info(st)->text);
    }
    return st;
}
