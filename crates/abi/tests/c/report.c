/* Known numbers of calls, in a process and its child, for the report at their ends. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void some_blocks(int count)
{
    for (int i = 0; i < count; i++) {
        void *block = hidden(malloc(100));
        CHECK(block != NULL);
        if (i % 10 != 0)
            free(block);
    }
}

int main(void)
{
    for (int i = 0; i < 20; i++)
        free(hidden(calloc(10, 10)));
    void *block = NULL;
    block = hidden(malloc(10));
    for (int i = 1; i <= 30; i++)
        block = hidden(realloc(block, (size_t)i * 10));
    free(block);
    for (int i = 0; i < 40; i++)
        free(hidden(aligned_alloc(64, 64)));
    some_blocks(10000);
    void *large = hidden(malloc(200000)); /* in use to the end */
    CHECK(large != NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        some_blocks(5000);
        exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    ssize_t written = write(1, "ok\n", 3);
    return written == 3 ? 0 : 1;
}
