/*
 * Feeds every file of a folder to a fuzz target: a corpus as a plain test, one TAP line a file.
 */
#include <dirent.h>

#include "fuzz.h"

static uint8_t *read_file(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data;

    require(file && fseek(file, 0, SEEK_END) == 0);
    *ret_size = (size_t)ftell(file);
    data = malloc(*ret_size + 1);
    require(data);
    rewind(file);
    require(fread(data, 1, *ret_size, file) == *ret_size);
    fclose(file);
    return data;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int count = argc == 2 ? scandir(argv[1], &entries, is_visible, alphasort) : 0;

    require(count > 0);
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        char path[4096];
        size_t size;
        uint8_t *data;

        snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
        data = read_file(path, &size);
        require(LLVMFuzzerTestOneInput(data, size) == 0);
        printf("ok %d - %s\n", i + 1, entries[i]->d_name);
        fflush(stdout);
        free(data);
        free(entries[i]);
    }
    free(entries);
    return 0;
}
