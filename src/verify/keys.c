// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "verify/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void keys_init(struct keys *k)
{
    *k = (struct keys){.trust = {.quorum = TRUST_NONE}};
}

void keys_done(struct keys *k)
{
    for (size_t i = 0; i < k->texts; i++) {
        buf_wipe(&k->text[i]);
    }
}

static enum aiu_status status_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return AIU_FILE_NOT_FOUND;
    case EACCES:
    case EPERM:
        return AIU_FILE_DENIED;
    default:
        return AIU_IO;
    }
}

static enum aiu_status read_all(int fd, struct buf *b)
{
    uint8_t *p = NULL;
    ssize_t n = 1;

    while (n != 0) {
        enum aiu_status st = buf_reserve(b, 4096, &p);
        if (st != AIU_OK) {
            return st == AIU_TOO_LONG ? AIU_FILE_TOO_LARGE : st;
        }
        n = read(fd, p, 4096);
        if (n < 0 && errno != EINTR) {
            return errno == EISDIR ? AIU_FILE_INVALID : AIU_IO;
        }
        buf_grow(b, n > 0 ? (size_t)n : 0);
    }
    return AIU_OK;
}

enum aiu_status keys_read_file(const char *path, struct buf *b)
{
    if (strcmp(path, "-") == 0) {
        return read_all(STDIN_FILENO, b);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return status_of(errno);
    }
    enum aiu_status st = read_all(fd, b);
    (void)close(fd);
    return st;
}

static enum aiu_status new_text(struct keys *k, struct buf **ret_text)
{
    if (k->texts == TRUST_LOGS_MOST) {
        return AIU_TOO_LONG;
    }
    *ret_text = &k->text[k->texts++];
    buf_init(*ret_text, KEYS_FILE_MOST);
    return AIU_OK;
}

static enum aiu_status add_key(struct trust *t, const struct note_key *key)
{
    if (t->logs_count == TRUST_LOGS_MOST) {
        return AIU_TOO_LONG;
    }
    t->logs[t->logs_count++] = *key;
    return AIU_OK;
}

// One vkey a line.
static enum aiu_status add_lines(struct keys *k, struct span text)
{
    struct span line = {0};
    struct note_key key;
    size_t before = k->trust.logs_count;

    while (text.n > 0) {
        (void)span_cut(text, '\n', &line, &text);
        if (line.n == 0) {
            continue;
        }
        TRY(note_key_parse(line, &key));
        if (key.kind != NOTE_SIGNATURE) {
            return AIU_FILE_INVALID;
        }
        TRY(add_key(&k->trust, &key));
    }
    return k->trust.logs_count > before ? AIU_OK : AIU_FILE_INVALID;
}

static bool is_vkey(const char *text)
{
    struct note_key key;

    return note_key_parse(span_str(text), &key) == AIU_OK;
}

enum aiu_status keys_add(struct keys *k, const char *text_or_path)
{
    struct buf *text = NULL;

    TRY(new_text(k, &text));
    TRY(is_vkey(text_or_path) ? buf_append(text, span_str(text_or_path))
                              : keys_read_file(text_or_path, text));
    return add_lines(k, buf_span(text));
}

enum aiu_status keys_add_policy(struct keys *k, const char *path, size_t *ret_line)
{
    struct buf *text = NULL;

    *ret_line = 0;
    TRY(new_text(k, &text));
    TRY(keys_read_file(path, text));
    return trust_parse(buf_span(text), &k->trust, ret_line);
}

enum aiu_status keys_add_of_log(struct keys *k, const char *folder)
{
    char path[4096];
    struct buf *text = NULL;

    if (snprintf(path, sizeof(path), "%s/vkey", folder) >= (int)sizeof(path)) {
        return AIU_TOO_LONG;
    }
    TRY(new_text(k, &text));
    TRY(keys_read_file(path, text));
    TRY(add_lines(k, buf_span(text)));
    k->from_log = true;
    return AIU_OK;
}

enum aiu_status keys_for(const struct keys *k, struct span note, struct trust *ret_trust)
{
    struct checkpoint c;
    struct note n;

    *ret_trust = k->trust;
    if (note_parse(note, &n) != AIU_OK || checkpoint_parse(n.text, &c) != AIU_OK) {
        return AIU_OK; // verification will say what is wrong
    }
    return trust_add_shard(ret_trust, c.origin);
}
