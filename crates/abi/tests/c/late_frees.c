/* Threads that end while they hold blocks: destructors of keys free and allocate, in several
 * rounds, and other threads free what is left. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "check.h"

enum { ROUNDS = 200, KEYS = 40 }; /* more than the 32 that a thread has without allocating */

static pthread_key_t keys[KEYS];
static atomic_int destroyed;
static _Atomic(void *) left_behind;

static void destroy(void *value)
{
    int *rounds_left = value;
    atomic_fetch_add(&destroyed, 1);
    if (*rounds_left == 0) {
        free(rounds_left);
        free(atomic_exchange(&left_behind, strdup("left behind by a thread that is gone")));
        return;
    }
    /* Set again: the C library calls the destructors once more. */
    int *next = malloc(sizeof *next);
    CHECK(next != NULL);
    *next = *rounds_left - 1;
    free(rounds_left);
    for (int i = 0; i < KEYS; i++) {
        if (pthread_getspecific(keys[i]) == NULL) {
            CHECK(pthread_setspecific(keys[i], next) == 0);
            return;
        }
    }
    free(next);
}

static void *worker(void *unused)
{
    for (int i = 0; i < KEYS; i++) {
        int *value = malloc(sizeof *value);
        CHECK(value != NULL);
        *value = i % 3;
        CHECK(pthread_setspecific(keys[i], value) == 0);
    }
    return unused ? malloc(1000) : strdup("returned by a thread that is gone");
}

int main(void)
{
    for (int i = 0; i < KEYS; i++)
        CHECK(pthread_key_create(&keys[i], destroy) == 0);
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[3];
        for (uintptr_t i = 0; i < 3; i++)
            CHECK(pthread_create(&threads[i], NULL, worker, (void *)(i % 2)) == 0);
        for (int i = 0; i < 3; i++) {
            void *result;
            CHECK(pthread_join(threads[i], &result) == 0);
            CHECK(result != NULL);
            free(result);
        }
    }
    free(atomic_load(&left_behind));
    CHECK(atomic_load(&destroyed) >= ROUNDS * 3 * KEYS);
    puts("ok");
    return 0;
}
