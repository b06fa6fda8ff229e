/* An idle process gives its memory back, and so does an idle child. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { BLOCKS = 256, BLOCK_BYTES = 1 << 18 };

/* The bytes of this process that are in memory, asked for without allocating. */
static size_t resident_bytes(void)
{
    static char buffer[4096];
    FILE *rollup = fopen("/proc/self/smaps_rollup", "r");
    CHECK(rollup != NULL);
    setvbuf(rollup, buffer, _IOFBF, sizeof buffer);
    char line[256];
    size_t kibibytes = 0;
    while (fgets(line, sizeof line, rollup) != NULL)
        if (sscanf(line, "Rss: %zu", &kibibytes) == 1)
            break;
    fclose(rollup);
    return kibibytes << 10;
}

static void memory_goes_back_while_nobody_calls(void)
{
    static void *blocks[BLOCKS];
    size_t before = resident_bytes();
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = hidden(malloc(BLOCK_BYTES));
        memset(blocks[i], 1, BLOCK_BYTES);
    }
    CHECK(resident_bytes() >= before + (size_t)BLOCKS * BLOCK_BYTES);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    for (int seconds = 0; seconds < 20; seconds++) {
        sleep(1);
        if (resident_bytes() <= before + (4 << 20))
            return;
    }
    CHECK(!"the memory went back");
}

int main(void)
{
    alarm(60);
    memory_goes_back_while_nobody_calls();
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        memory_goes_back_while_nobody_calls();
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    puts("ok");
    return 0;
}
