/* Somebody else moves the program break between our calls, by any number of bytes. */
#include <string.h>
#include <unistd.h>

#include "check.h"

enum { BLOCKS = 400 };

int main(void)
{
    static char *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        sizes[i] = i % 3 == 0 ? 3000000 : 1000 + (size_t)i * 97;
        blocks[i] = hidden(malloc(sizes[i]));
        CHECK(blocks[i] != NULL);
        memset(blocks[i], i, sizes[i]);
        CHECK(sbrk(1 + i * 37 % 20000) != (void *)-1);
    }
    for (int i = 0; i < BLOCKS; i++) {
        CHECK(blocks[i][0] == (char)i && blocks[i][sizes[i] - 1] == (char)i);
        free(blocks[i]);
    }
    puts("ok");
    return 0;
}
