/*
 * What the files setup*.c share: one run of `nabaztagctl setup`. Lives in its verb's frame; one
 * thread.
 */
#ifndef NABAZTAGD_CTL_SETUP_H
#define NABAZTAGD_CTL_SETUP_H

#include "base/options.h"
#include "ctl/boards.h"
#include "ctl/ctl.h"

#define SETUP_NOTES_MAX 16

/* The options of the verb come in this order. */
enum setup_question {
    SETUP_ACCOUNT,
    SETUP_OWNER,
    SETUP_BOARD,
    SETUP_LANGUAGE,
    SETUP_QUESTIONS,
    SETUP_CONFIG = SETUP_QUESTIONS,
    SETUP_START,
};

struct setup {
    struct ctl *ctl;
    bool asks;        /* there is a person at a terminal */
    char *usual;      /* what the service reads */
    const char *path; /* of the configuration, as people call it */
    bool is_service;  /* systemd runs it with this one */

    char *old[SETUP_QUESTIONS];     /* what the file says; NULL: nothing */
    char *answers[SETUP_QUESTIONS]; /* as they will be written; never NULL when all are asked */
    struct boards boards;
    struct evidence evidence;
    struct guess guess;

    char *notes[SETUP_NOTES_MAX]; /* what to know besides */
    size_t note_count;
    char *chip;         /* [gpio] chip, where the file sets it */
    bool password_told; /* the file says where the password is */
    bool changed;       /* the file was written */
    bool started;
};

/* Where an answer is written, and what it must look like. */
const struct option *setup_option(enum setup_question question);

/* Blanks at the ends dropped, those between words one each; allocated, NULL without memory. */
char *setup_words(const char *text);

/* A configuration file or profile; text, allocated. Returns 0, -EBADMSG when it holds a NUL, -EFBIG
 * or -errno. */
int setup_read_file(const char *path, char **ret);

/* Those that return a status: 0 or an exit status, and what is wrong was said. */

/* Finds an answer to each question: behind an option, from the person, or one that goes without
 * saying. Returns a status. */
int setup_ask(struct setup *setup);

/* A line of the person's: copied to `line` without its end. Returns 0, -ENODATA when there are no
 * more, or -EMSGSIZE. */
int setup_read_line(char *line, size_t size);

/* Reads what the file says so far, and sees whether it may be replaced. Returns a status. */
int setup_read(struct setup *setup);

/* Puts the answers into the file, unless nabaztagd finds fault with it. Returns a status. */
int setup_write(struct setup *setup);

/* One sentence for the person. */
void setup_note(struct setup *setup, const char *format, ...) _printf_(2, 3);

#endif
