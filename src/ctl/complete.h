/*
 * What a shell offers when somebody types `nabaztagctl …` and presses Tab: made from the table of
 * verbs while it is typed, so that there is no second list. completions/ has what asks. Pure but
 * for what is printed; one thread.
 */
#ifndef NABAZTAGD_CTL_COMPLETE_H
#define NABAZTAGD_CTL_COMPLETE_H

#include "ctl/ctl.h"

#define COMPLETE_FILES 3 /* exit status: the names of files are what is wanted */

/*
 * `words`: all behind nabaztagctl, the last one (maybe "") is being typed. Prints a line for each
 * word that could stand there: the word, a tab, what it means. The shell picks those that fit.
 * Returns an exit status.
 */
int complete(char **words, int count);

#endif
