/* One thread whose signal handler interrupts malloc and forks: parent and child both finish what
 * was interrupted, and go on. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { FORKS = 300, BLOCKS = 50 };

static volatile sig_atomic_t forks, failures, is_child;

static void fork_here(int number)
{
    (void)number;
    if (is_child)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        is_child = 1; /* and back into what was interrupted */
        alarm(30);
        return;
    }
    int status = -1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        failures++;
    forks++;
}

static void some_blocks(void)
{
    void *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = hidden(malloc(i * 40 + 1));
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

int main(void)
{
    alarm(60); /* a deadlock ends the program */
    struct sigaction action = {.sa_handler = fork_here};
    CHECK(sigaction(SIGVTALRM, &action, NULL) == 0);
    struct itimerval every_millisecond = {{0, 1000}, {0, 1000}};
    CHECK(setitimer(ITIMER_VIRTUAL, &every_millisecond, NULL) == 0);
    while (forks < FORKS && failures == 0 && !is_child)
        some_blocks();
    if (is_child) {
        some_blocks();
        _exit(0);
    }
    CHECK(failures == 0);
    puts("ok");
    return 0;
}
