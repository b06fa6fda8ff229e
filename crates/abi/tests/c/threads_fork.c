/* Threads that allocate and free each other's blocks, and forks in their midst: the children
 * allocate, free what they inherited, start threads, and fork again. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 4, SLOTS = 256, FORKS = 60 };

static _Atomic(unsigned char *) slots[SLOTS];
static atomic_bool is_over;

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Every block holds its length, and that length's low byte up to its end. */
static unsigned char *filled(unsigned random)
{
    size_t size = 8 + random % (random % 64 ? 600 : 60000);
    unsigned char *block = random % 3 ? malloc(size) : aligned_alloc(64, size);
    CHECK(block != NULL);
    memcpy(block, &size, sizeof size);
    memset(block + sizeof size, (int)(size & 0xff), size - sizeof size);
    return block;
}

static void checked_free(unsigned char *block)
{
    if (block == NULL)
        return;
    size_t size;
    memcpy(&size, block, sizeof size);
    for (size_t at = sizeof size; at < size; at++)
        CHECK(block[at] == (size & 0xff));
    free(block);
}

static void work(unsigned seed, int rounds)
{
    for (int round = 0; round < rounds; round++) {
        unsigned random = next_random(&seed);
        checked_free(atomic_exchange(&slots[random % SLOTS], filled(next_random(&seed))));
    }
}

static void *worker(void *seed)
{
    while (!atomic_load(&is_over))
        work((unsigned)(uintptr_t)seed, 100);
    return NULL;
}

static void *short_worker(void *seed)
{
    work((unsigned)(uintptr_t)seed, 200);
    return NULL;
}

static void child(int generation)
{
    alarm(60); /* a deadlock ends the child */
    work((unsigned)generation + 77, 500);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, short_worker, (void *)5) == 0);
    work(6, 200);
    CHECK(pthread_join(thread, NULL) == 0);
    if (generation % 10 == 0) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            work(8, 200);
            _exit(0);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    }
    for (int i = 0; i < SLOTS; i++)
        checked_free(atomic_exchange(&slots[i], NULL));
    _exit(0);
}

int main(void)
{
    alarm(120);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, worker, (void *)(i + 1)) == 0);
    for (int i = 0; i < FORKS; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0)
            child(i);
        work((unsigned)i, 50);
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK(status == 0);
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < SLOTS; i++)
        checked_free(atomic_exchange(&slots[i], NULL));
    puts("ok");
    return 0;
}
