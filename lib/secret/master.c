// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A new key is written to a file of another name, made durable, then linked to its own: the link
// cannot replace a file, so a key in use never changes, and nobody ever reads half a key.
#include "secret/master.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "secret/guarded.h"
#include "secret/keyfile.h"

static const char file_name[] = "master.key";

static enum aiu_status check_file(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return AIU_IO;
    }
    if (!S_ISREG(st.st_mode) || st.st_size != MASTER_KEY_SIZE) {
        return AIU_FILE_INVALID;
    }
    if (st.st_uid != geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return AIU_CONFIG_KEY_EXPOSED;
    }
    return AIU_OK;
}

static enum aiu_status read_key(int fd, struct secret **ret_secret)
{
    struct secret *s = NULL;
    uint8_t *p = NULL;

    TRY(check_file(fd));
    TRY(secret_new_blank(MASTER_KEY_SIZE, &s, &p));
    if (read(fd, p, MASTER_KEY_SIZE) != MASTER_KEY_SIZE) {
        secret_unref(s);
        return AIU_IO;
    }
    secret_seal(s);
    *ret_secret = s;
    return AIU_OK;
}

static enum aiu_status open_key(int dir_fd, struct secret **ret_secret)
{
    int fd = openat(dir_fd, file_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0) {
        return errno == ELOOP ? AIU_FILE_INVALID : keyfile_status(errno);
    }
    enum aiu_status st = read_key(fd, ret_secret);
    (void)close(fd);
    return st;
}

static enum aiu_status write_key(int fd)
{
    CLEANUP(secret_done) struct secret *key = NULL;

    TRY(secret_new_random(MASTER_KEY_SIZE, &key));
    if (write(fd, secret_bytes(key).p, MASTER_KEY_SIZE) != MASTER_KEY_SIZE ||
        fchmod(fd, S_IRUSR | S_IWUSR) != 0 || fsync(fd) != 0) {
        return AIU_IO;
    }
    return AIU_OK;
}

// Somebody else may have been quicker: then theirs is the key.
static enum aiu_status publish(int dir_fd, const char *draft)
{
    if (linkat(dir_fd, draft, dir_fd, file_name, 0) != 0 && errno != EEXIST) {
        return keyfile_status(errno);
    }
    return AIU_OK;
}

static enum aiu_status create_key(int dir_fd)
{
    static const char hex[] = "0123456789abcdef";
    char draft[] = "master.key.new-????????";

    for (size_t i = 0; draft[i] != '\0'; i++) {
        if (draft[i] == '?') {
            draft[i] = hex[randombytes_uniform(16)];
        }
    }
    int fd = openat(dir_fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return keyfile_status(errno);
    }
    enum aiu_status st = write_key(fd);
    (void)close(fd);
    if (st == AIU_OK) {
        st = publish(dir_fd, draft);
    }
    (void)unlinkat(dir_fd, draft, 0);
    return st == AIU_OK && fsync(dir_fd) != 0 ? AIU_IO : st;
}

enum aiu_status master_open(int dir_fd, struct secret **ret_secret)
{
    enum aiu_status st = open_key(dir_fd, ret_secret);

    if (st != AIU_FILE_NOT_FOUND) {
        return st;
    }
    TRY(create_key(dir_fd));
    return open_key(dir_fd, ret_secret);
}
