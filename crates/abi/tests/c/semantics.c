/* The malloc family, word for word: sizes, alignments, zeros, errno, corner cases. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "heapwright.h"

#define ERRNO_MARK 4711
#define TOO_LARGE hidden_size((size_t)PTRDIFF_MAX + 1)

static void expect_refused(void *block, int code)
{
    int found = errno;
    CHECK(block == NULL);
    CHECK(found == code);
    errno = ERRNO_MARK;
}

static void expect_block(void *block, size_t align, size_t size)
{
    CHECK(errno == ERRNO_MARK);
    CHECK(block != NULL);
    CHECK((uintptr_t)block % align == 0);
    CHECK(malloc_usable_size(block) >= size);
    memset(block, 0xa5, malloc_usable_size(block));
}

static void malloc_gives_aligned_blocks_that_are_apart(void)
{
    enum { COUNT = 2000 };
    static unsigned char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = malloc(i);
        expect_block(blocks[i], 16, i);
        memset(blocks[i], (int)(i & 0xff), malloc_usable_size(blocks[i]));
    }
    for (size_t i = 0; i < COUNT; i++) {
        size_t usable = malloc_usable_size(blocks[i]);
        for (size_t at = 0; at < usable; at++)
            CHECK(blocks[i][at] == (i & 0xff));
    }
    for (size_t i = 0; i < COUNT; i++)
        free(blocks[i]);
    CHECK(errno == ERRNO_MARK);
}

static void a_block_of_no_bytes_is_unique_and_freeable(void)
{
    void *first = malloc(hidden_size(0));
    void *second = malloc(hidden_size(0));
    void *third = calloc(hidden_size(0), 8);
    void *fourth = calloc(8, hidden_size(0));
    CHECK(first && second && third && fourth);
    CHECK(first != second && second != third && third != fourth && first != fourth);
    free(first);
    free(second);
    free(third);
    free(fourth);
    free(NULL);
    CHECK(malloc_usable_size(NULL) == 0);
    CHECK(errno == ERRNO_MARK);
}

static void too_large_is_refused(void)
{
    expect_refused(malloc(TOO_LARGE), ENOMEM);
    expect_refused(malloc(hidden_size(SIZE_MAX)), ENOMEM);
    expect_refused(malloc(hidden_size(PTRDIFF_MAX)), ENOMEM);
    expect_refused(calloc(1, TOO_LARGE), ENOMEM);
    expect_refused(aligned_alloc(64, TOO_LARGE), ENOMEM);
    expect_refused(memalign(64, hidden_size(SIZE_MAX)), ENOMEM);
    expect_refused(valloc(TOO_LARGE), ENOMEM);
    expect_refused(pvalloc(TOO_LARGE), ENOMEM);
    expect_refused(pvalloc(hidden_size(SIZE_MAX)), ENOMEM);
    expect_refused(pvalloc(hidden_size(SIZE_MAX - 4094)), ENOMEM);
}

static void products_do_not_wrap(void)
{
    size_t half = hidden_size((size_t)1 << 32);
    expect_refused(calloc(half, half), ENOMEM);
    expect_refused(calloc(hidden_size(SIZE_MAX), 2), ENOMEM);
    expect_refused(calloc(hidden_size(SIZE_MAX / 8 + 2), 8), ENOMEM);
    char *block = malloc(32);
    memset(block, 7, 32);
    expect_refused(reallocarray(block, half, half), ENOMEM);
    expect_refused(reallocarray(block, hidden_size(SIZE_MAX / 8 + 2), 8), ENOMEM);
    for (int i = 0; i < 32; i++)
        CHECK(block[i] == 7);
    block = reallocarray(block, 10, 10);
    CHECK(block != NULL && malloc_usable_size(block) >= 100 && block[31] == 7);
    free(block);
    CHECK(errno == ERRNO_MARK);
}

static void calloc_gives_zeros_also_where_others_wrote(void)
{
    for (size_t size = 1; size < 3000000; size = size * 3 + 1) {
        char *dirty = malloc(size);
        expect_block(dirty, 16, size);
        free(hidden(dirty));
        unsigned char *block = calloc(size, 1);
        CHECK(block != NULL && (uintptr_t)block % 16 == 0);
        for (size_t at = 0; at < size; at++)
            CHECK(block[at] == 0);
        free(block);
    }
    CHECK(errno == ERRNO_MARK);
}

static void realloc_keeps_the_contents(void)
{
    unsigned char *block = realloc(NULL, 1);
    expect_block(block, 16, 1);
    block[0] = 0;
    size_t size = 1;
    for (size_t next = 2; next < 2000000; next = next * 2 - next / 3) {
        block = realloc(block, next);
        CHECK(block != NULL && malloc_usable_size(block) >= next);
        for (size_t at = 0; at < size; at++)
            CHECK(block[at] == (unsigned char)(at % 251));
        for (size_t at = size; at < next; at++)
            block[at] = (unsigned char)(at % 251);
        size = next;
    }
    expect_refused(realloc(block, TOO_LARGE), ENOMEM);
    for (; size > 2; size /= 2) {
        block = realloc(block, size);
        CHECK(block != NULL);
        for (size_t at = 0; at < size; at++)
            CHECK(block[at] == (unsigned char)(at % 251));
    }
    free(block);

    /* All that is usable is the user's, and moves with the block. */
    block = malloc(1);
    size = malloc_usable_size(block);
    memset(block, 9, size);
    void *wall = malloc(1);
    block = realloc(block, 5000);
    for (size_t at = 0; at < size; at++)
        CHECK(block[at] == 9);
    free(wall);
    free(block);
    CHECK(errno == ERRNO_MARK);
}

static void realloc_to_nothing_frees(void)
{
    struct mallinfo2 before = mallinfo2();
    void *block = malloc(1000);
    CHECK(realloc(block, hidden_size(0)) == NULL);
    CHECK(errno == ERRNO_MARK);
    block = malloc(1000);
    CHECK(reallocarray(block, hidden_size(0), 8) == NULL);
    CHECK(errno == ERRNO_MARK);
    CHECK(mallinfo2().uordblks == before.uordblks);
    block = realloc(NULL, hidden_size(0));
    CHECK(block != NULL);
    free(block);
}

static void alignments_are_kept(void)
{
    for (size_t align = 1; align <= (size_t)1 << 21; align *= 2) {
        for (size_t size = 0; size < 70000; size = size * 5 + 1) {
            void *blocks[3] = {memalign(align, size), aligned_alloc(align, size), NULL};
            if (align >= sizeof(void *))
                CHECK(posix_memalign(&blocks[2], align, size) == 0);
            else
                blocks[2] = malloc(size);
            for (int i = 0; i < 3; i++)
                expect_block(blocks[i], align, size);
            blocks[1] = realloc(blocks[1], size + 500);
            expect_block(blocks[1], 16, size + 500);
            for (int i = 0; i < 3; i++)
                free(blocks[i]);
        }
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *block = valloc(1);
    expect_block(block, page, 1);
    free(block);
    block = pvalloc(page + 1);
    expect_block(block, page, 2 * page);
    free(block);
    block = pvalloc(0);
    expect_block(block, page, 0);
    free(block);
}

static void odd_alignments_are_as_in_glibc_2_36(void)
{
    void *block = memalign(hidden_size(0), 10);
    expect_block(block, 16, 10);
    free(block);
    block = memalign(hidden_size(48), 10);
    expect_block(block, 64, 10);
    free(block);
    block = aligned_alloc(hidden_size(33), 10);
    expect_block(block, 64, 10);
    free(block);
    /* The size need not be a multiple of the alignment. */
    block = aligned_alloc(64, 10);
    expect_block(block, 64, 10);
    free(block);
    expect_refused(memalign(hidden_size(SIZE_MAX), 10), EINVAL);
    expect_refused(aligned_alloc(hidden_size(SIZE_MAX / 2 + 2), 10), EINVAL);
    expect_refused(memalign(hidden_size(SIZE_MAX / 2 + 1), 10), ENOMEM);
}

static void posix_memalign_answers_by_its_result_alone(void)
{
    void *mark = &mark;
    void *out = mark;
    size_t wrong[] = {0, 1, 2, 4, 12, 24, 48, SIZE_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(posix_memalign(&out, hidden_size(wrong[i]), 10) == EINVAL);
        CHECK(out == mark && errno == ERRNO_MARK);
    }
    CHECK(posix_memalign(&out, 64, TOO_LARGE) == ENOMEM);
    CHECK(out == mark && errno == ERRNO_MARK);
    CHECK(posix_memalign(&out, 8, hidden_size(0)) == 0);
    CHECK(out != mark && out != NULL && errno == ERRNO_MARK);
    free(out);
}

static void frees_keep_errno(void)
{
    for (size_t size = 1; size < (size_t)64 << 20; size *= 4) {
        void *block = malloc(size);
        CHECK(block != NULL);
        memset(block, 1, size);
        free(block); /* the large ones move the break */
        CHECK(errno == ERRNO_MARK);
    }
    free_sized(malloc(100), 100);
    free_sized(NULL, 100);
    free_aligned_sized(aligned_alloc(256, 512), 256, 512);
    free_aligned_sized(NULL, 256, 512);
    CHECK(errno == ERRNO_MARK);
}

int main(void)
{
    errno = ERRNO_MARK;
    malloc_gives_aligned_blocks_that_are_apart();
    a_block_of_no_bytes_is_unique_and_freeable();
    too_large_is_refused();
    products_do_not_wrap();
    calloc_gives_zeros_also_where_others_wrote();
    realloc_keeps_the_contents();
    realloc_to_nothing_frees();
    alignments_are_kept();
    odd_alignments_are_as_in_glibc_2_36();
    posix_memalign_answers_by_its_result_alone();
    frees_keep_errno();
    puts("ok");
    return 0;
}
