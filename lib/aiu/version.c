// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/version.h"

const char *aiu_version(void)
{
    return AIU_VERSION;
}
