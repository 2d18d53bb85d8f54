// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/master.h"

#include "secret/seedfile.h"

_Static_assert((int)MASTER_KEY_SIZE == (int)SEEDFILE_SIZE, "the file holds one key");

enum aiu_status master_open(int dir_fd, struct secret **ret_secret)
{
    return seedfile_open(dir_fd, "master.key", ret_secret);
}
