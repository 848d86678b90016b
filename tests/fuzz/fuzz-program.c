/*
 * Programs: as the payload of a frame, and as its plain text. Steps lie within their limits, what
 * people see of them is clean, and the text comes back from behind the cipher.
 */
#include "base/parse.h"
#include "fuzz.h"
#include "violet/program.h"

static void check_steps(const struct program *program)
{
    char text[64];
    unsigned index;
    uint32_t color;

    for (size_t i = 0; i < program->count; i++) {
        const struct program_step *step = &program->steps[i];

        require(step->command < PROGRAM_COMMANDS && strlen(step->value) <= LIMIT_URL);
        require(step->command != PROGRAM_WT || step->number <= LIMIT_PROGRAM_WAIT);
        require(program_after(program, i, NULL) > i);
        require(program_after(program, i, NULL) <= program->count);
        require(!program_color(step, &index, &color) || (index < 8 && color <= 0xffffff));
        program_text(text, sizeof(text), step->key);
        require(text_is_clean(text));
        program_text(text, sizeof(text), step->value);
        require(text_is_clean(text));
    }
}

static void check_cipher(const uint8_t *data, size_t size)
{
    uint8_t *payload = malloc(size + 1);
    size_t n;

    require(payload && program_encode((const char *)data, size, payload, size + 1, &n) == 0);
    require(n == size + 1);
    program_decipher(payload + 1, size);
    require(memcmp(payload + 1, data, size) == 0);
    free(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct program *program = malloc(sizeof(*program));
    uint32_t palette;

    require(program);
    if (program_decode(program, data, size) == 0)
        check_steps(program);
    if (program_parse(program, (const char *)data, size) == 0) {
        check_steps(program);
        program_palette(program, &palette);
    }
    check_cipher(data, size);
    free(program);
    return 0;
}
