#include "kernels.h"

/* Which sources the library was made of: `VERSION` in __init__.py. */
EXPORTED int32_t kernels_version(void)
{
    return 7;
}
