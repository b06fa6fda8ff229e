/* A program of C that loads a library of C++ for itself alone (RTLD_LOCAL), as interpreters do;
 * the path is the argument. A failing operator new in there must find its libstdc++. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "check.h"

int main(int count, char **arguments)
{
    CHECK(count == 2);
    CHECK(dlsym(RTLD_DEFAULT, "_ZSt17__throw_bad_allocv") == NULL);
    for (int round = 0; round < 3; round++) {
        void *plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
        if (plugin == NULL)
            fprintf(stderr, "%s\n", dlerror());
        CHECK(plugin != NULL);
        int (*plugin_runs)(void) = (int (*)(void))dlsym(plugin, "plugin_runs");
        CHECK(plugin_runs != NULL && plugin_runs() == 1);
        CHECK(dlclose(plugin) == 0);
    }
    puts("ok");
    return 0;
}
