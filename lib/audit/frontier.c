// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Written in place and not synced: a torn one has the wrong root.
#include "audit/frontier.h"

#include <fcntl.h>
#include <unistd.h>

enum { FRONTIER_HEAD = 16, FRONTIER_MOST = FRONTIER_HEAD + TREE_LEVELS * TREE_HASH_SIZE };

static const uint8_t magic[8] = {'A', 'U', 'F', 'R', 'O', 'N', 'T', '1'};

bool frontier_load(const struct folder *f, struct tree *ret_tree)
{
    CLEANUP(folder_close_fd) int fd = -1;
    struct tree t = {0};
    uint8_t bytes[FRONTIER_MOST];
    size_t at = FRONTIER_HEAD;

    if (folder_open_file(f->top, "frontier", O_RDONLY | O_NONBLOCK, &fd) != AIU_OK) {
        return false;
    }
    ssize_t n = read(fd, bytes, sizeof(bytes));
    if (n < FRONTIER_HEAD || memcmp(bytes, magic, sizeof(magic)) != 0) {
        return false;
    }
    for (unsigned i = 0; i < 8; i++) {
        t.size |= (uint64_t)bytes[8 + i] << 8 * i;
    }
    for (unsigned level = 0; level < TREE_LEVELS; level++) {
        if ((t.size >> level & 1) == 0) {
            continue;
        }
        if (at + TREE_HASH_SIZE > (size_t)n) {
            return false;
        }
        memcpy(t.levels[level].bytes, bytes + at, TREE_HASH_SIZE);
        at += TREE_HASH_SIZE;
    }
    *ret_tree = t;
    return true;
}

void frontier_save(const struct folder *f, const struct tree *t)
{
    CLEANUP(folder_close_fd) int fd = -1;
    uint8_t bytes[FRONTIER_MOST];
    size_t n = FRONTIER_HEAD;

    memcpy(bytes, magic, sizeof(magic));
    for (unsigned i = 0; i < 8; i++) {
        bytes[8 + i] = (uint8_t)(t->size >> 8 * i);
    }
    for (unsigned level = 0; level < TREE_LEVELS; level++) {
        if ((t->size >> level & 1) != 0) {
            memcpy(bytes + n, t->levels[level].bytes, TREE_HASH_SIZE);
            n += TREE_HASH_SIZE;
        }
    }
    if (folder_open_file(f->top, "frontier", O_WRONLY | O_CREAT, &fd) == AIU_OK &&
        pwrite(fd, bytes, n, 0) != (ssize_t)n) {
        (void)ftruncate(fd, 0);
    }
}
