// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The provider that the environment speaks of, where no file does (guide S30, S31).
//
// A vendor's own key (OPENAI_API_KEY) is for that vendor's address only: with AI_BASE_URL naming
// another origin, it is not sent there, and a warning says so. AI_API_KEY goes wherever AI_BASE_URL
// says, as both come from the same hand.
//
// Pure. Ownership: as in config/environment.h.
#pragma once

#include "config/builder.h"

// Add one provider and a model "*" that it serves. `*ret_found` is false, and nothing is added,
// where the environment speaks of none.
MUST_CHECK enum aiu_status vendor_add_provider(struct builder *b, bool *ret_found);

// The same for the mock provider at `base_url`.
MUST_CHECK enum aiu_status vendor_add_mock(struct builder *b, struct span base_url);
