// The library of `plugin_host.c`: C++ in a program of C, with libstdc++ in nobody else's scope.
#include <new>
#include <string>

#include "check.h"

extern "C" int plugin_runs()
{
    std::string word(1000, 'p');
    bool caught = false;
    try {
        hidden(operator new(hidden_size(PTRDIFF_MAX)));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(operator new(hidden_size(PTRDIFF_MAX), std::nothrow) == nullptr);
    return caught && word.size() == 1000;
}
