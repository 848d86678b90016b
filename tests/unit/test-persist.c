#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "body/persist.h"
#include "helper.h"

static void write_parameter(const char *folder, const char *driver, const char *text)
{
    char path[128];

    snprintf(path, sizeof(path), "module/%s", driver);
    free(folder_make(folder, path));
    snprintf(path, sizeof(path), "module/%s/parameters", driver);
    free(folder_make(folder, path));
    snprintf(path, sizeof(path), "module/%s/parameters/persist_gpio_outputs", driver);
    free(folder_write(folder, path, text));
}

static void test_persist_driver(void **state)
{
    static const struct {
        const char *bcm2835, *rp1; /* the files' texts; NULL: there is none */
        const char *expected;
    } cases[] = {
        {NULL, NULL, NULL},
        {"N\n", NULL, NULL},
        {"Y\n", NULL, "pinctrl_bcm2835"},
        {"1", "N\n", "pinctrl_bcm2835"},
        {NULL, "Y\n", "pinctrl_rp1"},
        {"N\n", "Y\n", "pinctrl_rp1"},
        {"", "0\n", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *folder = folder_new();
        free(folder_make(folder, "module"));
        if (cases[i].bcm2835)
            write_parameter(folder, "pinctrl_bcm2835", cases[i].bcm2835);
        if (cases[i].rp1)
            write_parameter(folder, "pinctrl_rp1", cases[i].rp1);
        const char *driver = persist_driver(folder);
        assert_true(streq_ptr(driver, cases[i].expected));
        folder_remove(folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_persist_driver),
    };
    return cmocka_run_group_tests_name("persist", tests, NULL, NULL);
}
