#include "rabbit/serial.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/parse.h"
#include "base/state.h"

#define STATE_FILE   "serial"
#define STATE_HEADER "nabaztagd-serial 1\n"
#define ADDRESS_SIZE 6

static bool is_zero(const unsigned char *address)
{
    static const unsigned char zero[ADDRESS_SIZE];

    return memcmp(address, zero, ADDRESS_SIZE) == 0;
}

/* The address burnt into the hardware; a virtual interface has none, then the present one. */
static int permanent_address(int fd, const char *name, unsigned char ret[ADDRESS_SIZE])
{
    union {
        struct ethtool_perm_addr head;
        char space[sizeof(struct ethtool_perm_addr) + ADDRESS_SIZE];
    } permanent = {.head = {.cmd = ETHTOOL_GPERMADDR, .size = ADDRESS_SIZE}};
    struct ifreq request = {.ifr_flags = 0};

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
        return -errno;
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return -ENODEV;
    memcpy(ret, request.ifr_hwaddr.sa_data, ADDRESS_SIZE);
    request.ifr_data = permanent.space;
    if (ioctl(fd, SIOCETHTOOL, &request) == 0 && permanent.head.size == ADDRESS_SIZE &&
        !is_zero(permanent.head.data))
        memcpy(ret, permanent.head.data, ADDRESS_SIZE);
    return is_zero(ret) ? -ENODEV : 0;
}

/* if_nameindex() lists in the order of the kernel's index, lowest first. */
static int first_address(unsigned char ret[ADDRESS_SIZE])
{
    _cleanup_(closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct if_nameindex *list;
    int r = -ENODEV;

    if (fd < 0)
        return -errno;
    list = if_nameindex();
    if (!list)
        return -errno;
    for (struct if_nameindex *at = list; at->if_name && r < 0; at++)
        r = permanent_address(fd, at->if_name, ret);
    if_freenameindex(list);
    return r;
}

/* The first files had no header. */
static int read_kept(const char *directory, char ret[13])
{
    _cleanup_(freep) char *text = NULL;
    int r = state_read(directory, STATE_FILE, &text);
    char *serial;

    if (r < 0)
        return r;
    r = state_check(text, STATE_HEADER);
    if (r == -ENOTSUP)
        return r;
    serial = text + (r == 0 ? strlen(STATE_HEADER) : 0);
    serial[strcspn(serial, "\n")] = '\0';
    return parse_serial(serial, ret) < 0 ? -EBADMSG : 0;
}

static void keep(const char *directory, const char *serial)
{
    char text[64];
    int r;

    snprintf(text, sizeof(text), STATE_HEADER "%s\n", serial);
    r = state_write(directory, STATE_FILE, text);
    if (r < 0)
        log_debug("The serial cannot be kept in %s: %s", directory, strerror(-r));
}

/* As serial_find(); 1: it is an interface's and not kept yet. */
static int look(const struct config *config, const char *directory, char ret[13])
{
    unsigned char address[ADDRESS_SIZE] = {0};
    int r;

    if (config->rabbit.serial) {
        snprintf(ret, 13, "%s", config->rabbit.serial);
        return 0;
    }
    r = read_kept(directory, ret);
    if (r != -ENOENT)
        return r;
    r = first_address(address);
    if (r < 0)
        return r;
    snprintf(ret, 13, "%02x%02x%02x%02x%02x%02x", address[0], address[1], address[2], address[3],
             address[4], address[5]);
    return 1;
}

int serial_find(const struct config *config, const char *directory, char ret[13])
{
    int r = look(config, directory, ret);

    if (r > 0)
        keep(directory, ret);
    return r < 0 ? r : 0;
}

int serial_look(const struct config *config, const char *directory, char ret[13])
{
    int r = look(config, directory, ret);

    return r < 0 ? r : 0;
}

void serial_explain(int error, const char *directory, char *ret, size_t size)
{
    if (error == -ENODEV)
        snprintf(ret, size, "no network interface has an address");
    else
        snprintf(ret, size, "%s/" STATE_FILE ": %s", directory, state_explain(error).what);
}
