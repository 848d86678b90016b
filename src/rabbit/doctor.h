/*
 * `nabaztagd --doctor`: looks at all that the rabbit needs to come online and to move, and names
 * what is wrong with its cause and remedy. Needs no running daemon, changes nothing, sends no
 * password and requests no line. A call, main thread.
 */
#ifndef NABAZTAGD_RABBIT_DOCTOR_H
#define NABAZTAGD_RABBIT_DOCTOR_H

#include "base/util.h"

/*
 * Prints one line, or (`json`) one object of {"ok", "rows": [{"name", "state", "cause", "seen",
 * "remedy"}]}. `path`, `drop_ins` and `optional` as config_load() takes them. Returns an exit
 * status: 0 when nothing has failed, else 1.
 */
int doctor_run(const char *path, const char *drop_ins, bool optional, bool json, FILE *out);

#endif
