/* Signals whose handler allocates, in a thread that is not in malloc, while others are. And
 * signals that only interrupt: a thread that sleeps for the heap's lock goes on sleeping. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

enum { SIGNALS = 3000, WORKERS = 3 };

static atomic_int handled;
static atomic_int interrupted;
static atomic_bool is_over;

static void allocate(int number)
{
    (void)number;
    char *block = malloc(200);
    if (block == NULL)
        _exit(2);
    memset(block, 1, 200);
    free(hidden(block));
    atomic_fetch_add(&handled, 1);
}

static void interrupt(int number)
{
    (void)number;
    atomic_fetch_add(&interrupted, 1);
}

static void *worker(void *unused)
{
    while (!atomic_load(&is_over)) {
        errno = 4711;
        void *block = malloc(300);
        CHECK(block != NULL && errno == 4711); /* EINTR stays inside */
        free(hidden(block));
        CHECK(errno == 4711);
    }
    return unused;
}

static void *receiver(void *unused)
{
    /* Computes, and never allocates outside the handler. */
    volatile unsigned count = 0;
    while (!atomic_load(&is_over))
        count++;
    return unused;
}

int main(void)
{
    alarm(120);
    struct sigaction action = {.sa_handler = allocate};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    action.sa_handler = interrupt;
    CHECK(sigaction(SIGUSR2, &action, NULL) == 0);
    pthread_t workers[WORKERS], receiving;
    for (int i = 0; i < WORKERS; i++)
        CHECK(pthread_create(&workers[i], NULL, worker, NULL) == 0);
    CHECK(pthread_create(&receiving, NULL, receiver, NULL) == 0);
    for (int i = 0; i < SIGNALS; i++) {
        CHECK(pthread_kill(receiving, SIGUSR1) == 0);
        CHECK(pthread_kill(workers[i % WORKERS], SIGUSR2) == 0);
        usleep(50);
    }
    while (atomic_load(&handled) == 0)
        usleep(1000);
    atomic_store(&is_over, true);
    for (int i = 0; i < WORKERS; i++)
        CHECK(pthread_join(workers[i], NULL) == 0);
    CHECK(pthread_join(receiving, NULL) == 0);
    CHECK(atomic_load(&handled) > 0 && atomic_load(&interrupted) > 0);
    puts("ok");
    return 0;
}
