// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Who may see a key file:
//
//   owner    this user or root; anybody else could change or has read it
//   others   nothing
//   group    nothing where this user owns it; read where root does, because root then chose the
//            group on purpose (0640 root:aiu; a Kubernetes volume with fsGroup)
//   except   root's files on a read-only memory file system may be readable by all: that is how
//            container runtimes mount secrets (Kubernetes 0644, Docker 0444), the mode is not the
//            operator's choice, and nobody outside the container sees the mount
//
// The file is looked at after it was opened, through the descriptor. Links are followed: a mounted
// Kubernetes secret is one. Access lists show in the group bits.
#include "secret/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool keyfile_exposed(const struct stat *st, uid_t self, bool sealed)
{
    if (st->st_uid != 0 && st->st_uid != self) {
        return true;
    }
    mode_t refused = S_IRWXG | S_IRWXO;
    if (st->st_uid == 0) {
        refused &= ~(mode_t)S_IRGRP;
        refused &= sealed ? ~(mode_t)S_IROTH : ~(mode_t)0;
    }
    return (st->st_mode & refused) != 0;
}

static bool is_sealed(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC) &&
           (fs.f_flags & ST_RDONLY) != 0;
}

enum aiu_status keyfile_status(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return AIU_FILE_NOT_FOUND;
    case EACCES:
    case EPERM:
        return AIU_FILE_DENIED;
    case ENOMEM:
        return AIU_NO_MEMORY;
    default:
        return AIU_IO;
    }
}

static enum aiu_status read_checked(int fd, bool public, struct pad *pad)
{
    struct stat st;
    bool ended = false;

    if (fstat(fd, &st) != 0) {
        return AIU_IO;
    }
    if (!S_ISREG(st.st_mode)) {
        return AIU_FILE_INVALID;
    }
    if (!public && keyfile_exposed(&st, geteuid(), is_sealed(fd))) {
        return AIU_CONFIG_KEY_EXPOSED;
    }
    while (!ended) {
        TRY(pad_read(pad, fd, &ended));
    }
    return AIU_OK;
}

enum aiu_status keyfile_read(const char *path, bool public, struct pad *pad)
{
    // Not blocking: a FIFO in the place of the file must not hold the program.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0) {
        return keyfile_status(errno);
    }
    enum aiu_status st = read_checked(fd, public, pad);
    (void)close(fd);
    return st;
}
