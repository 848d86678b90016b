/*
 * What unit tests share: a folder of their own for files, and the paths of the source tree. Nothing
 * here asserts silently: every failure fails the test.
 */
#ifndef NABAZTAGD_TESTS_HELPER_H
#define NABAZTAGD_TESTS_HELPER_H

#include <setjmp.h>
#include <stdarg.h>

#include "base/config.h"
#include "base/util.h"

#include <cmocka.h>

/* A fresh folder; its path is allocated. */
char *folder_new(void);

/* Removes the folder with all that lies in it, and frees the path. */
void folder_remove(char *folder);

/* Writes a file (or makes a folder) below `folder`. Returns its path, allocated. */
char *folder_write(const char *folder, const char *name, const char *text);
char *folder_make(const char *folder, const char *name);

/* A file as a string, allocated. */
char *file_text(const char *path);

/* A file of the source tree: $SOURCE_ROOT/name, allocated. */
char *source_path(const char *name);

/* The configuration that this text says; it must be a good one. */
struct config *config_from(const char *text);

#endif
