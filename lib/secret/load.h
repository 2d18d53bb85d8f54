// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Where secrets come from: environment, file, command, systemd credential (guide S2, S35, S40,
// S44).
//
// Nothing here prints or returns any part of a value; a refused value is wiped.
//
// Ownership: the caller gets one reference.
// Threads:   while the process has one thread, or with the knowledge that no other thread reads or
//            changes the environment. Blocks: on files, and on a command for at most its timeout.
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "secret/secret.h"

enum {
    SECRET_LOAD_MOST = 16 * 1024,
    SECRET_COMMAND_TIMEOUT_MS = 10000,
};

struct secret_source {
    enum secret_source_kind {
        SECRET_FROM_ENV,     // name: the variable
        SECRET_FROM_FILE,    // name: the path
        SECRET_FROM_COMMAND, // argv: program (a path, or found in PATH) and arguments, NULL at the
                             // end
        SECRET_FROM_CREDENTIAL, // name: the file in $CREDENTIALS_DIRECTORY (systemd)
    } kind;
    const char *name;
    const char *const *argv;
    uint32_t timeout_ms; // command; 0 means SECRET_COMMAND_TIMEOUT_MS
    bool raw;            // bytes as they are (PEM, binary key): no line end taken off, none refused
    bool public;         // a certificate: others may read the file
};

// What environment variables held. A variable is taken out of the environment when it is read, so
// that children and /proc do not show it; whoever reads it again (two providers with one key, a
// reload) finds it here.
struct secret_env;

MUST_CHECK enum aiu_status secret_env_new(struct secret_env **ret_env);
void secret_env_free(struct secret_env *env);

// The name of the i-th variable that was read, NULL at the end; what it held may be forgotten.
const char *secret_env_name(const struct secret_env *env, size_t i);

// Wipe what `name` held; nobody can load it again (guide S77).
void secret_env_forget(struct secret_env *env, const char *name);

// Load. `env` may be NULL: a variable can then be read once only. Each call gives a secret of its
// own, not bound yet. Unless `raw`: one line end (LF or CR LF) at the end is taken off; what is
// left must be printable ASCII without a blank at either end, so that it cannot break a header
// field.
//   AIU_CONFIG_NO_KEY       the variable is not set or empty; the file, credential or command
//   output
//                           is empty; $CREDENTIALS_DIRECTORY is not set
//   AIU_FILE_NOT_FOUND      no such file or program
//   AIU_FILE_DENIED         it may not be read or run
//   AIU_FILE_INVALID        not a regular file
//   AIU_CONFIG_KEY_EXPOSED  others than its owner may read or change the file (load.c has the rule)
//   AIU_CONFIG_BAD_KEY      a byte that is not allowed, or the command failed
//   AIU_FILE_TOO_LARGE      over SECRET_LOAD_MOST
//   AIU_TIMEOUT             the command took too long; it and its process group were killed
//   AIU_USAGE               the source is not complete, or a credential's name has a "/"
//   AIU_IO, AIU_NO_MEMORY
MUST_CHECK enum aiu_status secret_load(const struct secret_source *source, struct secret_env *env,
                                       struct secret **ret_secret);

// The convention of container images: the variable NAME, or the file that NAME_FILE names.
// AIU_CONFIG_INVALID where both are set, AIU_CONFIG_NO_KEY where neither is, otherwise as above.
MUST_CHECK enum aiu_status secret_load_env_or_file(const char *name, struct secret_env *env,
                                                   struct secret **ret_secret);
