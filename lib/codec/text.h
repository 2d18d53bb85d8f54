// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// How decoded text travels from the decoders (json_text, json_inner) to whoever reads it: in runs,
// each with the number of source bytes that it stands for, so that a place in the text can be found
// again in the bytes that came.
#pragma once

#include "base/span.h"
#include "base/status.h"

enum text_origin {
    TEXT_PLAIN,  // text
    TEXT_NUMBER, // part of a bare JSON number, which is not quoted and must stay a value
};

// Take the next run of decoded text. The bytes live until the call returns.
//   source_n == bytes.n   a 1:1 run of any length, source bytes as they are
//   otherwise             `bytes` is one character, written as `source_n` source bytes (an escape)
// A run ends between two characters as long as the source is valid UTF-8. An error stops the feed
// and is what the decoder returns.
typedef enum aiu_status (*text_sink)(void *ctx, struct span bytes, size_t source_n,
                                     enum text_origin origin);
