/* A program of C that calls operator new, without a C++ library: it has nobody to throw. */
#include "check.h"

void *_Znwm(size_t);
void *_ZnwmRKSt9nothrow_t(size_t, const void *);
void _ZdlPv(void *);

int main(void)
{
    char nothrow;
    void *block = _Znwm(100);
    CHECK(block != NULL);
    _ZdlPv(block);
    CHECK(_ZnwmRKSt9nothrow_t(hidden_size(SIZE_MAX / 2), &nothrow) == NULL);
    puts("ready");
    fflush(stdout);
    hidden(_Znwm(hidden_size(SIZE_MAX / 2)));
    return 1;
}
