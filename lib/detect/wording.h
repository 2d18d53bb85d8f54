// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// How much a text reads like an attempt to instruct the model against its operator.
#pragma once

#include <stdint.h>

enum wording_verdict { WORDING_PASS, WORDING_FLAG, WORDING_BLOCK };

// Zero-initialised is "pass".
struct wording {
    uint8_t score;   // 0 to 100
    uint8_t verdict; // enum wording_verdict
};
