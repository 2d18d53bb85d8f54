// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The schema as texts: `aiu config explain`, `example`, `schema`, and docs/configuration.md.
//
// Ownership: the caller's buffer. Threads: any. Errors: those of the buffer, and as stated.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

// One key ("providers[].timeouts.connect", with or without "[]" or numbers) or environment
// variable. AIU_NOT_FOUND where there is none; `dst` then has a line that says so, with the name
// that was perhaps meant.
MUST_CHECK enum aiu_status manual_explain(struct span key, struct buf *dst);

// A file with every key: defaults as they are, the others as examples or commented out. It loads.
MUST_CHECK enum aiu_status manual_example(struct buf *dst);

// JSON Schema, draft 2020-12.
MUST_CHECK enum aiu_status manual_json_schema(struct buf *dst);

// docs/configuration.md.
MUST_CHECK enum aiu_status manual_markdown(struct buf *dst);
