/* mallinfo2, mallinfo, malloc_trim, malloc_info, malloc_stats, mallopt. */
#include "heapwright.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "check.h"

static void figures_follow_the_blocks(void)
{
    struct mallinfo2 before = mallinfo2();
    void *block = malloc(100000);
    struct mallinfo2 between = mallinfo2();
    CHECK(between.uordblks >= before.uordblks + 100000);
    CHECK(between.arena >= between.uordblks + between.fordblks);
    CHECK(between.usmblks >= between.arena);
    free(hidden(block));
    CHECK(mallinfo2().uordblks == before.uordblks);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    struct mallinfo small = mallinfo();
#pragma GCC diagnostic pop
    CHECK((size_t)small.uordblks == before.uordblks);
}

static void trim_lowers_the_break(void)
{
    char *block = malloc(1 << 20);
    memset(block, 1, 1 << 20);
    free(hidden(block));
    struct mallinfo2 before = mallinfo2();
    CHECK(before.keepcost >= 1 << 20);
    CHECK(malloc_trim(0) == 1);
    struct mallinfo2 after = mallinfo2();
    CHECK(after.arena + (1 << 20) <= before.arena);
    CHECK(malloc_trim(0) == 0);
    /* What was given back reads as zero when it comes again. */
    block = calloc(1 << 20, 1);
    for (int at = 0; at < 1 << 20; at += 64)
        CHECK(block[at] == 0);
    free(block);
}

static void info_is_xml(void)
{
    char text[4096];
    FILE *stream = tmpfile();
    CHECK(stream != NULL);
    CHECK(malloc_info(1, stream) == EINVAL);
    CHECK(malloc_info(0, stream) == 0);
    rewind(stream);
    size_t length = fread(text, 1, sizeof text - 1, stream);
    text[length] = 0;
    fclose(stream);
    CHECK(strncmp(text, "<malloc version=\"heapwright", 27) == 0);
    CHECK(strstr(text, "<system type=\"current\" size=\"") != NULL);
    CHECK(strcmp(text + length - strlen("</malloc>\n"), "</malloc>\n") == 0);
}

int main(void)
{
    figures_follow_the_blocks();
    trim_lowers_the_break();
    info_is_xml();
    CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1);
    malloc_stats(); /* the driver reads standard error */
    puts("ok");
    return 0;
}
