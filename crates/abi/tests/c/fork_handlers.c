/* fork handlers that allocate, registered before the library's own: when they are called, the
 * heap is held for the fork. Threads allocate meanwhile. The constructor comes first, by its
 * priority, in a program that is linked with the archive. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { WORKERS = 2, FORKS = 100 };

static atomic_bool is_over;
static int calls;

static void allocate(void)
{
    char *block = hidden(malloc(100));
    CHECK(block != NULL);
    memset(block, 1, 100);
    free(block);
    calls++;
}

__attribute__((constructor(101))) static void register_early(void)
{
    CHECK(pthread_atfork(allocate, allocate, allocate) == 0);
}

static void *worker(void *unused)
{
    while (!atomic_load(&is_over))
        free(hidden(malloc(300)));
    return unused;
}

static void fork_once(void)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(30);
        free(hidden(malloc(10)));
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

int main(void)
{
    alarm(60); /* a deadlock ends the program */
    fork_once(); /* with one thread */
    pthread_t threads[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        CHECK(pthread_create(&threads[i], NULL, worker, NULL) == 0);
    for (int i = 0; i < FORKS; i++)
        fork_once();
    atomic_store(&is_over, true);
    for (int i = 0; i < WORKERS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(calls == 2 * (FORKS + 1));
    puts("ok");
    return 0;
}
