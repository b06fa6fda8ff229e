/* A process that may have no more memory: NULL and ENOMEM, nothing lost, and it goes on. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "check.h"

enum { BLOCKS = 4096, BLOCK_BYTES = 100000 };

int main(void)
{
    static char *blocks[BLOCKS];
    free(hidden(malloc(1))); /* the heap is there, with its reservation */
    struct rlimit limit = {.rlim_cur = 64 << 20, .rlim_max = 64 << 20};
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
    int count = 0;
    errno = 0;
    while (count < BLOCKS && (blocks[count] = malloc(BLOCK_BYTES)) != NULL) {
        memset(blocks[count], count & 0x7f, BLOCK_BYTES);
        count++;
    }
    CHECK(count < BLOCKS && errno == ENOMEM);
    CHECK(count > 300);
    /* The largest that is refused leaves the block as it was. */
    errno = 0;
    CHECK(realloc(blocks[0], (size_t)1 << 30) == NULL && errno == ENOMEM);
    void *mark = &limit, *out = mark;
    errno = 0;
    CHECK(posix_memalign(&out, 4096, (size_t)1 << 30) == ENOMEM && out == mark && errno == 0);
    errno = 0;
    CHECK(calloc(1 << 15, 1 << 15) == NULL && errno == ENOMEM);
    for (int i = 0; i < count; i++) {
        CHECK(blocks[i][0] == (i & 0x7f));
        CHECK(blocks[i][BLOCK_BYTES - 1] == (i & 0x7f));
        free(blocks[i]);
    }
    /* All of it can be had again. */
    for (int i = 0; i < count - 1; i++)
        CHECK((blocks[i] = malloc(BLOCK_BYTES)) != NULL);
    for (int i = 0; i < count - 1; i++)
        free(blocks[i]);
    puts("ok");
    return 0;
}
