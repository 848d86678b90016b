#include "body/persist.h"

/* Those of the Raspberry Pi: its own kernels have them do so, others do not. */
static const char *const drivers[] = {"pinctrl_bcm2835", "pinctrl_rp1"};

static bool keeps_outputs(const char *sysfs, const char *driver)
{
    char path[256], word[8] = "";

    snprintf(path, sizeof(path), "%s/module/%s/parameters/persist_gpio_outputs", sysfs, driver);
    _cleanup_(fclosep) FILE *file = fopen(path, "re");
    return file && fgets(word, sizeof(word), file) && (*word == 'Y' || *word == '1');
}

const char *persist_driver(const char *sysfs)
{
    for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
        if (keeps_outputs(sysfs, drivers[i]))
            return drivers[i];
    return NULL;
}
