// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// AIU_API marks what libaiu exports; AIU_MUST_CHECK what a caller may not ignore.
#pragma once

#define AIU_API        __attribute__((visibility("default")))
#define AIU_MUST_CHECK __attribute__((warn_unused_result))
