// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a configuration file: it loads as a whole or not at all, what is loaded can be
// shown and compared with itself, and what is refused has a reason. A line "#env NAME=value" at the
// front sets the environment.
#include <string.h>

#include "base/alloc.h"
#include "config/config.h"
#include "config/show.h"

enum { VARIABLES_MOST = 8, OUTPUT_MOST = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // libFuzzer's name for it

static void check_loaded(const struct config *c)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(OUTPUT_MOST);
    bool same = false;

    for (size_t i = 0; i < c->key_count; i++) {
        CHECK(c->keys[i].policy != NULL);
        CHECK(c->keys[i].key.given != (c->keys[i].hash.n > 0));
    }
    for (size_t i = 0; i < c->model_count; i++) {
        CHECK(c->models[i].provider != NULL);
    }
    CHECK(c->provider_count > 0 && c->state_dir.n > 0);
    CHECK(show_table(c, &text) == AIU_OK);
    CHECK(show_json(c, &text) == AIU_OK);
    CHECK(show_diff(c, c, &text, &same) == AIU_OK && same);
}

// Takes lines "#env NAME=value" off the front; `variables` are copies with a NUL.
static size_t take_environment(struct span *text, char *variables[VARIABLES_MOST + 1])
{
    size_t count = 0;

    while (count < VARIABLES_MOST && span_starts_with(*text, SPAN_OF("#env "))) {
        struct span line;
        (void)span_cut(*text, '\n', &line, text);
        line = span_drop_first(line, 5);
        variables[count] = mem_dup(line.p, line.n);
        CHECK(variables[count] != NULL);
        count++;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(OUTPUT_MOST);
    char *variables[VARIABLES_MOST + 1] = {NULL};
    struct span file = span_of(data, size);
    size_t count = take_environment(&file, variables);
    const struct config_options o = {.env = (const char *const *)variables,
                                     .mock_base_url = SPAN_OF("http://127.0.0.1:9/v1")};
    struct config_report report;
    struct config *c = NULL;

    for (int embedded = 0; embedded < 2; embedded++) {
        enum aiu_status st = embedded ? config_embedded(&o, &report, &c)
                                      : config_parse(file, SPAN_OF("fuzz"), &o, &report, &c);
        CHECK((st == AIU_OK) == (c != NULL));
        CHECK((st == AIU_OK) == (report.errors == 0));
        CHECK(config_report_text(&report, SPAN_OF("fuzz"), &text) == AIU_OK);
        if (c != NULL) {
            check_loaded(c);
        }
        config_unrefp(&c);
    }
    for (size_t i = 0; i < count; i++) {
        mem_free(variables[i]);
    }
    return 0;
}
