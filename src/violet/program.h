/*
 * Programs (frames of type 10): a list of commands, one a line, behind a running cipher. Source:
 * the firmware's decode8 and program interpreter, Violet's LibBasic.crypt8, OpenJabNab's
 * MessagePacket. What a command does is not decided here. Pure; any thread.
 */
#ifndef NABAZTAGD_VIOLET_PROGRAM_H
#define NABAZTAGD_VIOLET_PROGRAM_H

#include "base/limits.h"
#include "base/util.h"

enum program_command {
    PROGRAM_UNKNOWN, /* to be ignored */
    PROGRAM_ID,      /* the message's id: clicks give it back */
    PROGRAM_PL,      /* palette, 0 to 7; more: at random */
    PROGRAM_CL,      /* one colour of the palette */
    PROGRAM_MU,      /* sound */
    PROGRAM_MC,      /* sound as well */
    PROGRAM_MS,      /* sound as it comes, without a dance */
    PROGRAM_MW,      /* wait for the end of the sound */
    PROGRAM_CH,      /* choreography */
    PROGRAM_ST,      /* sound as it comes, with a dance */
    PROGRAM_SP,      /* the same with a signed URL */
    PROGRAM_SI,      /* name of the stream */
    PROGRAM_SE,      /* end of the stream of this name */
    PROGRAM_IS,      /* begin to be interactive */
    PROGRAM_IE,      /* end */
    PROGRAM_IC,      /* one setting, KEY=VALUE */
    PROGRAM_WT,      /* wait, in milliseconds */
    PROGRAM_SL,      /* language; this and the next two are OpenJabNab's */
    PROGRAM_CU,      /* call a URL */
    PROGRAM_SG,      /* speak */
    PROGRAM_COMMANDS,
};

struct program_step {
    enum program_command command;
    bool has_number;   /* value is a decimal number, and the command wants one (PL, CL, WT) */
    bool is_too_long;  /* the value had more than LIMIT_URL bytes; it is "" instead */
    uint32_t number;   /* at most LIMIT_PROGRAM_WAIT with WT */
    const char *key;   /* as it was sent */
    const char *value; /* as it was sent, in ISO-8859-1, possibly ""; see program_text() */
};

/* Not to be copied: its steps point into its text. */
struct program {
    size_t count;
    struct program_step steps[LIMIT_PROGRAM_STEPS];
    char text[LIMIT_PROGRAM_TEXT + 1];
};

/* The cipher, in place. */
void program_decipher(uint8_t *data, size_t size);
void program_encipher(uint8_t *data, size_t size);

/*
 * Reads the payload of a frame: a priority, which says nothing, and the cipher. Returns 0 (an empty
 * program is a good one), -EBADMSG without priority, or -E2BIG above LIMIT_PROGRAM_TEXT or
 * LIMIT_PROGRAM_STEPS. CR is dropped, and a NUL becomes "?".
 */
int program_decode(struct program *ret, const uint8_t *payload, size_t size);

/* Reads a program's text. Returns as program_decode(). */
int program_parse(struct program *ret, const char *text, size_t size);

/* Writes the payload of a frame with this text. Returns 0 or -ENOSPC. */
int program_encode(const char *text, size_t length, uint8_t *ret, size_t size, size_t *ret_size);

/* "?" for PROGRAM_UNKNOWN. */
const char *program_command_name(enum program_command command);

/* The first PL of the program, wherever it stands: it is applied before the start. False when there
 * is none with a number. */
bool program_palette(const struct program *program, uint32_t *ret);

/*
 * The step that comes after this one. The firmware goes on twice after WT, so that the command
 * behind it is never run: `*ret_skipped` (may be NULL) says so.
 */
size_t program_after(const struct program *program, size_t index, bool *ret_skipped);

/* The colour that a CL step with a number means; false when the palette has no such place. */
bool program_color(const struct program_step *step, unsigned *ret_index, uint32_t *ret_color);

/* A key or a value as clean UTF-8, for people and logs: control characters become "?". Cut between
 * characters where it is longer than `size` - 1 bytes. */
void program_text(char *ret, size_t size, const char *value);

#endif
