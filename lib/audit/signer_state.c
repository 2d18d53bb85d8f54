// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/signer_state.h"

#include <fcntl.h>
#include <unistd.h>

#include "audit/folder.h"
#include "audit/tile_store.h"
#include "base/num.h"

enum { STATE_MOST = 1024, ROOT_TEXT = NUM_BASE64_SIZE(TREE_HASH_SIZE) };

static const char name[] = "audit-signing.state";

// The value of the line "KEY VALUE"; false where the next line is another one.
static bool take_line(struct span *text, struct span key, struct span *ret_value)
{
    struct span line = {0};

    if (!span_cut(*text, '\n', &line, text) || !span_starts_with(line, key)) {
        return false;
    }
    *ret_value = span_drop_first(line, key.n);
    return true;
}

uint32_t signer_name_month(struct span origin)
{
    uint64_t year = 0, month = 0;

    if (origin.n < 9) {
        return 0;
    }
    struct span text = span_drop_first(origin, origin.n - 8);
    if (text.p[0] != '/' || text.p[5] != '-' ||
        num_parse_u64(span_of(text.p + 1, 4), 9999, &year) != AIU_OK ||
        num_parse_u64(span_of(text.p + 6, 2), 12, &month) != AIU_OK || month == 0 || year == 0) {
        return 0;
    }
    return (uint32_t)(year * 12 + month - 1);
}

static bool take_head(struct span *text, struct signer_head *head)
{
    struct span origin = {0}, size = {0}, root = {0};

    if (!take_line(text, SPAN_OF("origin "), &origin) ||
        !take_line(text, SPAN_OF("size "), &size) || !take_line(text, SPAN_OF("root "), &root) ||
        num_parse_u64(size, UINT64_MAX, &head->tree.size) != AIU_OK ||
        !num_base64_read(root, head->tree.root.bytes, TREE_HASH_SIZE)) {
        return false;
    }
    if (span_equal(origin, SPAN_OF("-"))) {
        return head->tree.size == 0;
    }
    head->month = signer_name_month(origin);
    if (head->month == 0 || origin.n >= sizeof(head->origin) || !note_name_valid(origin)) {
        return false;
    }
    memcpy(head->origin, origin.p, origin.n);
    return true;
}

enum aiu_status signer_state_parse(struct span text, struct signer_state *ret_state)
{
    struct signer_state s = {0};
    struct span rest = {0}, epoch = {0}, number = {0}, began = {0};
    uint64_t value = 0;

    if (!take_line(&text, SPAN_OF("aiu-signer-state/v1"), &rest) || rest.n != 0 ||
        !take_head(&text, &s.head) || !take_line(&text, SPAN_OF("epoch "), &epoch) || text.n != 0 ||
        !span_cut(epoch, ' ', &number, &began) ||
        num_parse_u64(number, UINT32_MAX, &value) != AIU_OK ||
        num_parse_u64(began, UINT64_MAX, &s.epoch_began_s) != AIU_OK) {
        return AIU_AUDIT_CORRUPT;
    }
    s.epoch = (uint32_t)value;
    *ret_state = s;
    return AIU_OK;
}

enum aiu_status signer_state_load(int folder, struct signer_state *ret_state)
{
    CLEANUP(folder_close_fd) int fd = -1;
    uint8_t bytes[STATE_MOST];

    enum aiu_status st = folder_open_file(folder, name, O_RDONLY | O_NONBLOCK, &fd);
    if (st == AIU_FILE_NOT_FOUND) {
        *ret_state = (struct signer_state){0};
        return AIU_OK;
    }
    TRY(st);
    TRY(folder_check_file(fd));
    ssize_t n = read(fd, bytes, sizeof(bytes));
    return n < 0 ? AIU_IO : signer_state_parse(span_of(bytes, (size_t)n), ret_state);
}

enum aiu_status signer_state_save(int folder, const struct signer_state *state)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(STATE_MOST);
    const struct signer_head *h = &state->head;
    uint8_t root[ROOT_TEXT];

    num_base64_write(span_of(h->tree.root.bytes, TREE_HASH_SIZE), root);
    TRY(buf_printf(&b, "aiu-signer-state/v1\norigin %s\nsize %llu\nroot %.*s\nepoch %u %llu\n",
                   h->month == 0 ? "-" : h->origin, (unsigned long long)h->tree.size, ROOT_TEXT,
                   (const char *)root, state->epoch, (unsigned long long)state->epoch_began_s));
    return tile_store_replace(folder, name, buf_span(&b), true);
}
