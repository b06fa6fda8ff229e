/* mallinfo2, mallinfo, malloc_trim, malloc_info, malloc_stats, mallopt. */
#include "heapwright.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

enum { MEBIBYTE = 1 << 20 };

/* The bytes of this process that are in memory. */
static size_t resident_bytes(void)
{
    FILE *statm = fopen("/proc/self/statm", "r");
    size_t total, resident;
    CHECK(statm != NULL && fscanf(statm, "%zu %zu", &total, &resident) == 2);
    fclose(statm);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void blocks_are_in_the_figures(size_t size)
{
    struct mallinfo2 before = mallinfo2();
    void *block = hidden(malloc(size));
    struct mallinfo2 between = mallinfo2();
    CHECK(between.uordblks >= before.uordblks + size);
    CHECK(between.uordblks <= before.uordblks + size + size / 4);
    CHECK(between.arena >= between.uordblks + between.fordblks);
    CHECK(between.usmblks >= between.arena);
    CHECK(between.hblks == 0 && between.hblkhd == 0);
    free(hidden(block));
    struct mallinfo2 after = mallinfo2();
    CHECK(after.uordblks == before.uordblks);
    CHECK(after.fordblks >= size);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    struct mallinfo small = mallinfo();
#pragma GCC diagnostic pop
    CHECK((size_t)small.uordblks == after.uordblks);
    CHECK((size_t)small.fordblks == after.fordblks);
}

static void trim_gives_memory_back(void)
{
    char *kept = memset(hidden(malloc(MEBIBYTE)), 2, MEBIBYTE);
    char *freed = memset(hidden(malloc(64 * MEBIBYTE)), 1, 64 * MEBIBYTE);
    char *wall = memset(hidden(malloc(MEBIBYTE)), 3, MEBIBYTE);
    size_t peak = resident_bytes();
    free(hidden(freed));
    struct mallinfo2 before = mallinfo2();
    int is_any = malloc_trim(0);
    struct mallinfo2 after = mallinfo2();
    CHECK(malloc_trim(0) == 0);
    /* It may have gone back already when it was freed: then nothing was left to give. */
    CHECK(is_any == 1 || before.keepcost == 0);
    CHECK(resident_bytes() + 63 * MEBIBYTE <= peak);
    /* What is in use is in use as before, what was free is free, and no more of it can go. */
    CHECK(after.uordblks == before.uordblks && after.fordblks == before.fordblks);
    CHECK(after.keepcost == 0);
    for (int at = 0; at < MEBIBYTE; at++)
        CHECK(kept[at] == 2 && wall[at] == 3);
    /* What was given back reads as zero when it comes again. */
    freed = hidden(calloc(64 * MEBIBYTE, 1));
    for (int at = 0; at < 64 * MEBIBYTE; at++)
        CHECK(freed[at] == 0);
    free(freed);
    free(wall);
    free(kept);
}

static void trim_gives_back_what_small_blocks_left(void)
{
    enum { COUNT = 100000 };
    static void *blocks[COUNT];
    for (int i = 0; i < COUNT; i++)
        blocks[i] = memset(hidden(malloc(200)), 1, 200);
    size_t peak = resident_bytes();
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
    malloc_trim(0);
    CHECK(resident_bytes() + 18 * MEBIBYTE <= peak); /* of 20 MB */
}

static void trim_keeps_what_it_is_told(void)
{
    free(memset(hidden(malloc(16 * MEBIBYTE)), 1, 16 * MEBIBYTE));
    struct mallinfo2 before = mallinfo2();
    malloc_trim(4 * MEBIBYTE);
    struct mallinfo2 after = mallinfo2();
    CHECK(after.keepcost <= before.keepcost && after.keepcost <= 4 * MEBIBYTE);
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
    blocks_are_in_the_figures(100);
    blocks_are_in_the_figures(5000);
    blocks_are_in_the_figures(100000);
    blocks_are_in_the_figures(10 * MEBIBYTE);
    trim_gives_memory_back();
    trim_gives_back_what_small_blocks_left();
    trim_keeps_what_it_is_told();
    info_is_xml();
    CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1);
    malloc_stats(); /* the driver reads standard error */
    puts("ok");
    return 0;
}
