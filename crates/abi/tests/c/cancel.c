/* A thread that is cancelled while it misuses the heap: the finding must be written and end the
 * program all the same. */
#include <pthread.h>
#include <unistd.h>

#include "check.h"

static void *misuser(void *unused)
{
    char *block = malloc(100);
    printf("%#lx\n", (unsigned long)(uintptr_t)block);
    fflush(stdout);
    pthread_cancel(pthread_self());
    free(hidden(block));
    free(hidden(block));
    return unused;
}

int main(void)
{
    alarm(60);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, misuser, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    fprintf(stderr, "still alive\n");
    return 1;
}
