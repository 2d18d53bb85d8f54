// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Secrets that the mock puts into its answers. They are joined from parts here, so that they stand
// neither in the request that asks for them nor in this repository.
//
// Ownership: nothing is kept. Threads: any.
#pragma once

#include "base/buf.h"

// Append the planted secret `name` ("card", "email", "openai_key", …); AIU_NOT_FOUND where there is
// none of that name.
MUST_CHECK enum aiu_status plant_append(struct buf *out, struct span name);

// Append `text` with each "{{name}}" of a known name replaced by its secret.
MUST_CHECK enum aiu_status plant_expand(struct buf *out, struct span text);
