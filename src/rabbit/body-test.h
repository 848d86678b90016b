/*
 * nabaztagd --test-body: moves each part of the body in turn and asks the person before it what
 * they saw. Owned by main, which runs nothing else then; main thread.
 */
#ifndef NABAZTAGD_RABBIT_BODY_TEST_H
#define NABAZTAGD_RABBIT_BODY_TEST_H

#include <systemd/sd-event.h>

#include "base/config.h"

struct body_test;

/* All questions are answered, or the test was given up; `good`: nothing was wrong. May be called
 * from within the functions below. */
typedef void (*body_test_handler)(bool good, void *userdata);

/* Starts with the first part; what there is to say goes to `out`. Returns 0 or -errno (told). */
int body_test_new(struct body_test **ret, sd_event *event, const struct config *config, FILE *out,
                  body_test_handler on_done, void *userdata);
/* Motors off, LEDs dark. Accepts NULL, returns NULL. */
struct body_test *body_test_free(struct body_test *test);

/* Whether a line of text is waited for. */
bool body_test_asks(const struct body_test *test);

/* The person's answer, without its newline; NULL: there will be none any more. */
void body_test_answer(struct body_test *test, const char *line);

/* All of it in an event loop of its own, with the answers from `input` (any kind of file) and an
 * end at SIGINT, SIGTERM and SIGHUP. Returns 0 when all is good, 1 when not, or -errno (told). */
int body_test_run(const struct config *config, int input, FILE *out);

#endif
