// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// How rows of the tables are written, and the tables that stand in files of their own.
// Internal to config.
#pragma once

#include "config/config.h"
#include "config/schema.h"

#define AT(type, member) .offset = offsetof(type, member), .width = sizeof(((type *)0)->member)
#define LIST_AT(type, member, number)                                                              \
    .offset = offsetof(type, member), .count_offset = offsetof(type, number)
#define MAP_OF(name_, type, keys_)                                                                 \
    {                                                                                              \
        .name = (name_), .keys = (keys_), .count = ARRAY_SIZE(keys_), .size = sizeof(type)         \
    }

extern const struct schema_map schema_export; // struct config_export
extern const struct schema_map schema_alerts; // struct config_alerts
