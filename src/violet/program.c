#include "violet/program.h"

#include <errno.h>

#include "base/parse.h"
#include "violet/palette.h"

#define CIPHER_SHIFT 47
#define CIPHER_KEY   71 /* the first */

/* What is special about a command. */
static const struct {
    const char name[3];
    bool wants_number;
    uint32_t most;
    bool skips_next;
} commands[PROGRAM_COMMANDS] = {
    [PROGRAM_UNKNOWN] = {"?", .wants_number = false},
    [PROGRAM_ID] = {"ID", .wants_number = false},
    [PROGRAM_PL] = {"PL", .wants_number = true, .most = UINT32_MAX},
    [PROGRAM_CL] = {"CL", .wants_number = true, .most = UINT32_MAX},
    [PROGRAM_MU] = {"MU", .wants_number = false},
    [PROGRAM_MC] = {"MC", .wants_number = false},
    [PROGRAM_MS] = {"MS", .wants_number = false},
    [PROGRAM_MW] = {"MW", .wants_number = false},
    [PROGRAM_CH] = {"CH", .wants_number = false},
    [PROGRAM_ST] = {"ST", .wants_number = false},
    [PROGRAM_SP] = {"SP", .wants_number = false},
    [PROGRAM_SI] = {"SI", .wants_number = false},
    [PROGRAM_SE] = {"SE", .wants_number = false},
    [PROGRAM_IS] = {"IS", .wants_number = false},
    [PROGRAM_IE] = {"IE", .wants_number = false},
    [PROGRAM_IC] = {"IC", .wants_number = false},
    [PROGRAM_WT] = {"WT", .wants_number = true, .most = LIMIT_PROGRAM_WAIT, .skips_next = true},
    [PROGRAM_SL] = {"SL", .wants_number = false},
    [PROGRAM_CU] = {"CU", .wants_number = false},
    [PROGRAM_SG] = {"SG", .wants_number = false},
};

/* ---- the cipher ---- */

/* Of an odd number, modulo 256: right in the lowest three bits, and each step doubles them. */
static uint8_t inverse(uint8_t key)
{
    uint8_t x = key;

    x = (uint8_t)(x * (2 - key * x));
    return (uint8_t)(x * (2 - key * x));
}

static uint8_t next_key(uint8_t plain)
{
    return (uint8_t)(2 * plain + 1);
}

void program_decipher(uint8_t *data, size_t size)
{
    uint8_t key = CIPHER_KEY;

    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)((data[i] - CIPHER_SHIFT) * key);
        key = next_key(data[i]);
    }
}

void program_encipher(uint8_t *data, size_t size)
{
    uint8_t key = CIPHER_KEY;

    for (size_t i = 0; i < size; i++) {
        uint8_t plain = data[i];

        data[i] = (uint8_t)(CIPHER_SHIFT + plain * inverse(key));
        key = next_key(plain);
    }
}

/* ---- the text ---- */

/* Without CR. Returns what is left of it. */
static size_t tidy(char *text, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++)
        if (text[i] != '\r')
            text[used++] = text[i] ? text[i] : '?';
    text[used] = '\0';
    return used;
}

static enum program_command find_command(const char *key)
{
    for (enum program_command i = PROGRAM_UNKNOWN + 1; i < PROGRAM_COMMANDS; i++)
        if (streq(commands[i].name, key))
            return i;
    return PROGRAM_UNKNOWN;
}

static void read_number(struct program_step *step)
{
    uint32_t most = commands[step->command].most;
    int r = parse_unsigned(step->value, 0, most, &step->number);

    step->has_number = r != -EINVAL;
    if (r == -ERANGE)
        step->number = most;
}

/* Splits a line, in place. */
static struct program_step read_line(char *line)
{
    static const char none[] = "";
    char *space = strchr(line, ' ');
    struct program_step step = {.key = line, .value = none};

    if (space) {
        *space = '\0';
        step.is_too_long = strlen(space + 1) > LIMIT_URL;
        step.value = step.is_too_long ? none : space + 1;
    }
    step.command = find_command(line);
    if (commands[step.command].wants_number)
        read_number(&step);
    return step;
}

/* A line of nothing is a command as well, an unknown one; behind the last newline there is none. */
static int read_lines(struct program *program, char *text)
{
    program->count = 0;
    while (text && *text) {
        if (program->count == LIMIT_PROGRAM_STEPS)
            return -E2BIG;
        program->steps[program->count++] = read_line(strsep(&text, "\n"));
    }
    return 0;
}

int program_parse(struct program *ret, const char *text, size_t size)
{
    ret->count = 0;
    if (size > LIMIT_PROGRAM_TEXT)
        return -E2BIG;
    memcpy(ret->text, text, size);
    tidy(ret->text, size);
    return read_lines(ret, ret->text);
}

int program_decode(struct program *ret, const uint8_t *payload, size_t size)
{
    ret->count = 0;
    if (size == 0)
        return -EBADMSG;
    if (--size > LIMIT_PROGRAM_TEXT)
        return -E2BIG;
    memcpy(ret->text, payload + 1, size);
    program_decipher((uint8_t *)ret->text, size);
    tidy(ret->text, size);
    return read_lines(ret, ret->text);
}

int program_encode(const char *text, size_t length, uint8_t *ret, size_t size, size_t *ret_size)
{
    if (size <= length)
        return -ENOSPC;
    ret[0] = 0;
    memcpy(ret + 1, text, length);
    program_encipher(ret + 1, length);
    *ret_size = length + 1;
    return 0;
}

const char *program_command_name(enum program_command command)
{
    return commands[command].name;
}

/* ---- what its steps say ---- */

bool program_palette(const struct program *program, uint32_t *ret)
{
    for (size_t i = 0; i < program->count; i++) {
        const struct program_step *step = &program->steps[i];

        if (step->command == PROGRAM_PL && step->has_number) {
            *ret = step->number;
            return true;
        }
    }
    return false;
}

size_t program_after(const struct program *program, size_t index, bool *ret_skipped)
{
    bool skips = commands[program->steps[index].command].skips_next && index + 1 < program->count;

    if (ret_skipped)
        *ret_skipped = skips;
    return index + 1 + skips;
}

bool program_color(const struct program_step *step, unsigned *ret_index, uint32_t *ret_color)
{
    if (step->command != PROGRAM_CL || !step->has_number || step->number >> 24 >= PALETTE_COLORS)
        return false;
    *ret_index = step->number >> 24;
    *ret_color = step->number & 0xffffff;
    return true;
}

/* One character of ISO-8859-1 in UTF-8. */
static size_t put_character(char ret[2], unsigned char c)
{
    if (c < ' ' || (c >= 0x7f && c < 0xa0))
        c = '?';
    if (c < 0x80) {
        ret[0] = (char)c;
        return 1;
    }
    ret[0] = (char)(0xc0 | c >> 6);
    ret[1] = (char)(0x80 | (c & 0x3f));
    return 2;
}

void program_text(char *ret, size_t size, const char *value)
{
    size_t used = 0;
    char bytes[2];

    for (; *value; value++) {
        size_t n = put_character(bytes, (unsigned char)*value);

        if (used + n >= size)
            break;
        memcpy(ret + used, bytes, n);
        used += n;
    }
    ret[used] = '\0';
}
