// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One value that fits a JSON Schema, always the same: what the mock answers to a structured-output
// request and what it calls tools with. Knows $ref, const, enum, anyOf, oneOf, allOf, type,
// properties, items, minItems and minimum, which is what SDKs send.
//
// Ownership: nothing is kept. Threads: any.
#pragma once

#include "codec/json.h"
#include "codec/json_write.h"

// `schema` may be JSON_NONE: an empty object then.
void schema_write_example(struct json_writer *w, const struct json_doc *doc, uint32_t schema);
