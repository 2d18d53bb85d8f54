// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A new key is written to a file of another name, made durable, then linked to its own: the link
// cannot replace a file, so a key in use never changes, and nobody ever reads half a key.
#include "secret/seedfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "secret/guarded.h"
#include "secret/keyfile.h"

static enum aiu_status check_file(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return AIU_IO;
    }
    if (!S_ISREG(st.st_mode) || st.st_size != SEEDFILE_SIZE) {
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
    TRY(secret_new_blank(SEEDFILE_SIZE, &s, &p));
    if (read(fd, p, SEEDFILE_SIZE) != SEEDFILE_SIZE) {
        secret_unref(s);
        return AIU_IO;
    }
    secret_seal(s);
    *ret_secret = s;
    return AIU_OK;
}

static enum aiu_status open_key(int dir_fd, const char *name, struct secret **ret_secret)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

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

    TRY(secret_new_random(SEEDFILE_SIZE, &key));
    if (write(fd, secret_bytes(key).p, SEEDFILE_SIZE) != SEEDFILE_SIZE ||
        fchmod(fd, S_IRUSR | S_IWUSR) != 0 || fsync(fd) != 0) {
        return AIU_IO;
    }
    return AIU_OK;
}

// Somebody else may have been quicker: then theirs is the key.
static enum aiu_status publish(int dir_fd, const char *draft, const char *name)
{
    if (linkat(dir_fd, draft, dir_fd, name, 0) != 0 && errno != EEXIST) {
        return keyfile_status(errno);
    }
    return AIU_OK;
}

static enum aiu_status create_key(int dir_fd, const char *name)
{
    static const char hex[] = "0123456789abcdef";
    char suffix[] = "????????";
    char draft[SEEDFILE_NAME_MOST + 16];

    for (size_t i = 0; suffix[i] != '\0'; i++) {
        suffix[i] = hex[randombytes_uniform(16)];
    }
    (void)snprintf(draft, sizeof(draft), "%s.new-%s", name, suffix);
    int fd = openat(dir_fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return keyfile_status(errno);
    }
    enum aiu_status st = write_key(fd);
    (void)close(fd);
    if (st == AIU_OK) {
        st = publish(dir_fd, draft, name);
    }
    (void)unlinkat(dir_fd, draft, 0);
    return st == AIU_OK && fsync(dir_fd) != 0 ? AIU_IO : st;
}

enum aiu_status seedfile_open(int dir_fd, const char *name, struct secret **ret_secret)
{
    if (strlen(name) > SEEDFILE_NAME_MOST) {
        return AIU_USAGE;
    }
    enum aiu_status st = open_key(dir_fd, name, ret_secret);
    if (st != AIU_FILE_NOT_FOUND) {
        return st;
    }
    TRY(create_key(dir_fd, name));
    return open_key(dir_fd, name, ret_secret);
}
