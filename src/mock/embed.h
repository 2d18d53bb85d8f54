// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// POST /v1/embeddings: unit vectors made from the text by a fixed rule, as numbers or as base64.
#pragma once

#include "control.h"
#include "reply.h"

// Errors: AIU_INVALID_PROMPT where "input" is missing.
MUST_CHECK enum aiu_status embed_write(const struct json_doc *doc, const struct reply *reply,
                                       struct script *s);
