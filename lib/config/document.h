// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A YAML file as a tree of maps, lists and scalars, each with its place.
//
// The part of YAML that a configuration needs: one document, no anchors, aliases or tags (no way to
// make a small file large), string keys, each once in its map.
//
// Ownership: nodes lie in the arena handed in and borrow nothing. Threads: one.
// Memory:    at most DOCUMENT_NODES nodes, DOCUMENT_DEPTH deep.
#pragma once

#include "base/arena.h"
#include "config/config.h"

enum {
    DOCUMENT_SIZE = 1024 * 1024, // bytes
    DOCUMENT_DEPTH = 16,
    DOCUMENT_NODES = 50000,
    DOCUMENT_KEYS = 64, // in one map
};

enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

struct node {
    enum node_kind kind;
    bool plain;            // scalar without quotes
    uint32_t line, column; // of the value, from 1
    struct span text;      // scalar
    struct node *first;    // children of a map or list, linked by `next`
    struct node *next;
    size_t count;
    struct span key; // in a map: its key and the key's place
    uint32_t key_line, key_column;
};

// Parse `text`. On AIU_CONFIG_INVALID the report says why; AIU_NO_MEMORY as usual.
MUST_CHECK enum aiu_status document_parse(struct span text, struct arena *a,
                                          struct config_report *report,
                                          const struct node **ret_root);

// The value of `key` in a map; NULL where there is none.
const struct node *node_member(const struct node *map, struct span key);
