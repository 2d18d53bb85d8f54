// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// libuv closes by syscall(SYS_close), which ThreadSanitizer does not see: the descriptor's next
// owner then races, it says, with the last one. Part of `aiu` in builds with ThreadSanitizer only.
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((visibility("default"))) long syscall(long number, ...);

long syscall(long number, ...)
{
    static long (*next)(long, ...);
    long a[6];
    va_list rest;

    va_start(rest, number);
    for (int i = 0; i < 6; i++) {
        a[i] = va_arg(rest, long);
    }
    va_end(rest);
    if (number == SYS_close) {
        return close((int)a[0]);
    }
    if (__atomic_load_n(&next, __ATOMIC_RELAXED) == NULL) {
        __atomic_store_n(&next, (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall"), __ATOMIC_RELAXED);
    }
    return __atomic_load_n(&next, __ATOMIC_RELAXED)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
