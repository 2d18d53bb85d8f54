// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Stands in for libFuzzer where it is not linked: runs a fuzz target over each file of the folders
// given, so that every build replays every corpus.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // libFuzzer's name for it

static int replay_file(const char *path)
{
    static uint8_t data[1 << 20];
    FILE *f = fopen(path, "rbe");

    if (f == NULL) {
        return 1;
    }
    size_t n = fread(data, 1, sizeof(data), f);
    (void)fclose(f);
    return LLVMFuzzerTestOneInput(data, n);
}

static int replay_folder(const char *folder, int *count)
{
    DIR *d = opendir(folder);
    const struct dirent *entry = NULL;
    char path[4096];
    int failed = d == NULL;

    while (d != NULL && (entry = readdir(d)) != NULL) { // NOLINT(concurrency-mt-unsafe): one thread
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
            failed |= replay_file(path);
            (*count)++;
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
    return failed;
}

int main(int argc, char **argv)
{
    int count = 0;
    int failed = 0;

    for (int i = 1; i < argc; i++) {
        failed |= replay_folder(argv[i], &count);
    }
    printf("%d inputs replayed\n", count);
    return failed || count == 0;
}
