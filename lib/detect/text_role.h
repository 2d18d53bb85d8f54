// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Who speaks in a text.
#pragma once

enum text_role {
    TEXT_SYSTEM,    // the operator's program; never judged for wording
    TEXT_USER,      // a person
    TEXT_ASSISTANT, // the model, earlier
    TEXT_TOOL,      // what a tool gave back
    TEXT_DOCUMENT,  // what the model is to read
};
