/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a target on its corpus, without a fuzzer: the files of a directory, of which "seeds" holds
 * many inputs, each behind its length. Given files instead, runs those.
 *
 *   build/tests/fuzz/fuzz_TARGET [FILE...]
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned runs;

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data;

    if (!f || fseek(f, 0, SEEK_END) || (long)(*size = ftell(f)) < 0)
        fuzz_fail("cannot read %s", path);
    rewind(f);
    data = malloc(*size + 1);
    if (!data || fread(data, 1, *size, f) != *size)
        fuzz_fail("cannot read %s", path);
    fclose(f);
    return data;
}

/* In memory of exactly its size, so that reading behind the end is noticed. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size);

    if (size)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    runs++;
}

static void run_file(const char *path)
{
    size_t size;
    uint8_t *data = read_all(path, &size);

    run(data, size);
    free(data);
}

static void run_seeds(const char *path)
{
    size_t size, at = 0;
    uint8_t *data = read_all(path, &size);
    uint32_t len;

    while (at < size) {
        if (size - at < sizeof(len))
            fuzz_fail("%s is cut off", path);
        memcpy(&len, data + at, sizeof(len));
        at += sizeof(len);
        if (len > size - at)
            fuzz_fail("%s is cut off", path);
        run(data + at, len);
        at += len;
    }
    free(data);
}

static void run_corpus(void)
{
    DIR *d = opendir(FUZZ_CORPUS);
    struct dirent *e;
    char path[512];

    if (!d)
        fuzz_fail("no corpus in " FUZZ_CORPUS);
    while ((e = readdir(d))) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", FUZZ_CORPUS, e->d_name);
        if (strcmp(e->d_name, "seeds") == 0)
            run_seeds(path);
        else
            run_file(path);
    }
    closedir(d);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    if (argc == 1)
        run_corpus();
    printf("%u inputs\n", runs);
    return runs ? EXIT_SUCCESS : EXIT_FAILURE;
}
