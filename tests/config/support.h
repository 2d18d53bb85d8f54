// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the tests of this layer share.
#pragma once

#include "../policy/expect.h"
#include "config/config.h"

// An environment with a home folder and nothing else.
static const char *const env_plain[] = {"HOME=/home/u", NULL};

static inline enum aiu_status parse_with(const char *text, const char *const *env,
                                         struct config_report *report, struct config **ret_config)
{
    const struct config_options o = {.env = env};

    return config_parse(span_str(text), SPAN_OF("test.yaml"), &o, report, ret_config);
}

// A configuration that must load.
static inline struct config *parsed(const char *text, const char *const *env)
{
    struct config_report report;
    struct config *c = NULL;
    enum aiu_status st = parse_with(text, env, &report, &c);

    if (st != AIU_OK) {
        fail_msg("%s: %s", report.problems[0].path, report.problems[0].message);
    }
    return c;
}

// The report as text equals `wanted`, "" for none.
static inline void assert_report(const struct config_report *report, const char *wanted)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);

    assert_ok(config_report_text(report, SPAN_OF("test.yaml"), &text));
    assert_span("report", buf_span(&text), span_str(wanted));
}

#define MINIMAL                                                                                    \
    "version: 1\n"                                                                                 \
    "providers: [{ name: p, base_url: \"https://p.example/v1\" }]\n"                               \
    "keys: [{ id: a, key: { env: A_KEY } }]\n"
