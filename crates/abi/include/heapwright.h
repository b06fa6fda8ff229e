/*
 * heapwright.h: the functions of libheapwright.
 *
 * A program that is linked with libheapwright, or runs with it in LD_PRELOAD, has them in the
 * place of the C library's own, under the same names; this header is for those that the C
 * library does not declare, and for who loads the library by hand. The C++ operators need no
 * declaration.
 *
 * The environment, read when the heap is made:
 *
 *   HEAPWRIGHT_BREAK=reserved|program   where memory comes from. `program` moves the process's
 *                                       own break: only for programs that do not call brk or
 *                                       sbrk themselves while another thread allocates.
 *   HEAPWRIGHT_FIT=first|second|next|best|worst|good   which free block is taken
 *   HEAPWRIGHT_SCAVENGER=1              a thread gives free memory back while the process is idle
 *   HEAPWRIGHT_STATS=PATH               append a line of figures to PATH at exit
 */
#ifndef HEAPWRIGHT_H
#define HEAPWRIGHT_H

#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__cplusplus)
#define HEAPWRIGHT_NOEXCEPT noexcept(true)
extern "C" {
#else
#define HEAPWRIGHT_NOEXCEPT
#endif

/* Blocks: aligned to 16, NULL and ENOMEM where there is no memory or the size is above
 * PTRDIFF_MAX. A block of no bytes has an address of its own and is freed as any other. */
void *malloc(size_t size) HEAPWRIGHT_NOEXCEPT;
void *calloc(size_t count, size_t size) HEAPWRIGHT_NOEXCEPT;

/* realloc(NULL, n) is malloc(n); realloc(p, 0) frees p and returns NULL. */
void *realloc(void *block, size_t size) HEAPWRIGHT_NOEXCEPT;
void *reallocarray(void *block, size_t count, size_t size) HEAPWRIGHT_NOEXCEPT;

/* These leave errno as it was. The sized forms take what the block was asked for with. */
void free(void *block) HEAPWRIGHT_NOEXCEPT;
void free_sized(void *block, size_t size) HEAPWRIGHT_NOEXCEPT;
void free_aligned_sized(void *block, size_t align, size_t size) HEAPWRIGHT_NOEXCEPT;

/* 0, EINVAL (no power of two, or less than a pointer) or ENOMEM; errno stays, and *out too but
 * for a success. */
int posix_memalign(void **out, size_t align, size_t size) HEAPWRIGHT_NOEXCEPT;

/* An alignment that is no power of two is rounded up to one, as glibc 2.36 does. */
void *memalign(size_t align, size_t size) HEAPWRIGHT_NOEXCEPT;
void *aligned_alloc(size_t align, size_t size) HEAPWRIGHT_NOEXCEPT;

/* At the start of a page; pvalloc of whole pages. */
void *valloc(size_t size) HEAPWRIGHT_NOEXCEPT;
void *pvalloc(size_t size) HEAPWRIGHT_NOEXCEPT;

/* The bytes that may be written, at least what was asked for; 0 for NULL. */
size_t malloc_usable_size(void *block) HEAPWRIGHT_NOEXCEPT;

/* Gives free memory back to the system, wherever it lies, but for `pad` bytes: 1 if there was some.
 * The process has less in memory then; the heap keeps its addresses, so arena stays as it was. */
int malloc_trim(size_t pad) HEAPWRIGHT_NOEXCEPT;

/* glibc's <malloc.h> has it from 2.33 on. The fields mean here: */
#if !defined(__GLIBC__) || !__GLIBC_PREREQ(2, 33)
struct mallinfo2 {
    size_t arena;    /* bytes from the start of the heap to its break */
    size_t ordblks;  /* free spans */
    size_t smblks;   /* 0 */
    size_t hblks;    /* 0: large blocks are in the heap too */
    size_t hblkhd;   /* 0 */
    size_t usmblks;  /* the most that arena was */
    size_t fsmblks;  /* 0 */
    size_t uordblks; /* bytes in blocks in use, with what sizes are rounded up by */
    size_t fordblks; /* bytes that are free, in spans and in slabs */
    size_t keepcost; /* bytes of free spans that malloc_trim would give back, at the most */
};
#endif
struct mallinfo2 mallinfo2(void) HEAPWRIGHT_NOEXCEPT;

/* Figures for people: to standard error, and as XML to a stream (options: 0, else EINVAL). */
void malloc_stats(void) HEAPWRIGHT_NOEXCEPT;
int malloc_info(int options, FILE *stream) HEAPWRIGHT_NOEXCEPT;

/* Accepts every parameter of glibc's, heeds none, and returns 1. */
int mallopt(int parameter, int value) HEAPWRIGHT_NOEXCEPT;

#if defined(__cplusplus)
}
#endif

#endif
