/* Forks while threads read lines, which allocates with a stream locked, and others flush all
 * streams, which locks the list of them first. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { READERS = 3, FORKS = 100 };

static atomic_bool is_over;

static void *reader(void *unused)
{
    FILE *file = fopen("/etc/passwd", "r");
    CHECK(file != NULL);
    while (!atomic_load(&is_over)) {
        char *line = NULL;
        size_t size = 0;
        if (getline(&line, &size, file) < 0)
            rewind(file);
        free(line);
    }
    fclose(file);
    return unused;
}

static void *flusher(void *unused)
{
    while (!atomic_load(&is_over)) {
        fflush(NULL);
        usleep(1000); /* or a loaded machine hardly ever gets to fork, with any malloc */
    }
    return unused;
}

int main(void)
{
    alarm(60); /* a deadlock ends the program */
    pthread_t threads[READERS + 1];
    for (int i = 0; i < READERS; i++)
        CHECK(pthread_create(&threads[i], NULL, reader, NULL) == 0);
    CHECK(pthread_create(&threads[READERS], NULL, flusher, NULL) == 0);
    for (int i = 0; i < FORKS; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            alarm(30);
            free(hidden(malloc(10)));
            fflush(NULL);
            _exit(0);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    }
    atomic_store(&is_over, true);
    for (int i = 0; i <= READERS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    puts("ok");
    return 0;
}
