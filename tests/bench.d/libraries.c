/*
 * The peer of nabaztagd's start in tests/bench: a process that is linked with the same libraries
 * and does nothing but say READY=1.
 */
#include <systemd/sd-daemon.h>
#include <unistd.h>

int main(void)
{
    sd_notify(0, "READY=1");
    pause();
    return 0;
}
