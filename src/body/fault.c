#include "body/fault.h"

#include <stdarg.h>

int body_fault_set(struct body_fault *fault, int error, const char *cause, const char *format, ...)
{
    va_list arguments;

    if (!fault)
        return error;
    fault->cause = cause;
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof(fault->text), format, arguments);
    va_end(arguments);
    return error;
}
