// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The verdict on a log, for people and for programs.
#pragma once

#include "audit/verify.h"

struct print_about {
    bool from_log;    // the key came with the log
    bool has_policy;  // witnesses are asked for
    size_t witnesses; // known ones
};

void print_report(const struct verify_report *r, const struct print_about *about);

// One object on one line; docs/audit.md has its members.
void print_report_json(const struct verify_report *r, const struct print_about *about);

// Text that somebody else wrote, without anything that could steer a terminal.
void print_harmless_text(const char *text);
