// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// make_log FOLDER ENTRIES SEGMENT SIZE…: a log for the tests of programs: ENTRIES numbered entries
// in segments of SEGMENT, tiles and bundles of the last SIZE, and a signed checkpoint of each SIZE
// as FOLDER/SIZE.note; the last is FOLDER/checkpoint, and the key is FOLDER/vkey. The keys and
// entries are always the same.
#include "published.h"

static size_t number(const char *text)
{
    return strtoul(text, NULL, 10);
}

static void write_note(const char *folder, const char *name, const struct row *row, uint64_t size,
                       const struct sign_key *signer)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);
    char path[PATH_SIZE * 2];

    sign_row(row, size, signer, &note);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    write_file(path, buf_span(&note));
}

int main(int argc, char **argv)
{
    CLEANUP(buf_wipe) struct buf vkey = BUF_OF(NOTE_KEY_TEXT_MOST);
    CLEANUP(row_done) struct row row = {.texts = NULL};
    CLEANUP(sign_key_done) struct sign_key *signer = key_of_seed(0);
    char path[PATH_SIZE * 2], name[64];

    if (argc < 5 || strlen(argv[1]) > PATH_SIZE / 2) {
        return 2;
    }
    row_init(&row, number(argv[2]), number(argv[3]));
    write_wal(argv[1], &row);
    publish(argv[1], &row, number(argv[argc - 1]), signer);
    for (int i = 4; i < argc; i++) {
        (void)snprintf(name, sizeof(name), "%zu.note", number(argv[i]));
        write_note(argv[1], name, &row, number(argv[i]), signer);
    }
    const struct note_key key = named_key(LOG_ORIGIN, NOTE_SIGNATURE, signer);
    append_vkey(&key, &vkey);
    assert_ok(buf_append_byte(&vkey, '\n'));
    (void)snprintf(path, sizeof(path), "%s/vkey", argv[1]);
    write_file(path, buf_span(&vkey));
    return 0;
}
