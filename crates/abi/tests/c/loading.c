/* Libraries that come and go: others, and libheapwright itself (its path is the argument). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

typedef void *malloc_function(size_t);
typedef void free_function(void *);

static void others_come_and_go(void)
{
    const char *names[] = {"libm.so.6", "libstdc++.so.6", "libz.so.1", "libgcc_s.so.1"};
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
            void *block = malloc(100);
            CHECK(block != NULL);
            if (library != NULL)
                CHECK(dlclose(library) == 0);
            free(hidden(block));
        }
        CHECK(dlopen("libno-such-thing.so", RTLD_NOW) == NULL);
        CHECK(dlerror() != NULL);
    }
}

static malloc_function *its_malloc;
static free_function *its_free;

static void *allocating(void *unused)
{
    for (int i = 0; i < 10000; i++)
        its_free(its_malloc((size_t)(i % 500)));
    return unused;
}

static void it_comes_and_goes(const char *path)
{
    for (int round = 0; round < 20; round++) {
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (library == NULL)
            fprintf(stderr, "%s\n", dlerror());
        CHECK(library != NULL);
        its_malloc = (malloc_function *)dlsym(library, "malloc");
        its_free = (free_function *)dlsym(library, "free");
        CHECK(its_malloc != NULL && its_free != NULL);
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, allocating, NULL) == 0);
        char *block = its_malloc(1000);
        CHECK(block != NULL);
        memset(block, 3, 1000);
        CHECK(dlclose(library) == 0); /* while the thread is inside */
        pid_t pid = fork();           /* its handlers are still there */
        CHECK(pid >= 0);
        if (pid == 0) {
            alarm(60);
            its_free(its_malloc(10));
            _exit(0);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        CHECK(block[999] == 3);
        its_free(block);
        CHECK(pthread_join(thread, NULL) == 0);
    }
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    alarm(120);
    others_come_and_go();
    it_comes_and_goes(arguments[1]);
    puts("ok");
    return 0;
}
