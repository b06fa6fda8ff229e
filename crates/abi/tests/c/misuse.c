/* One misuse a run: each must end the program by SIGABRT and one line on standard error. The
 * pointer that the line must name is printed first. */
#include <pthread.h>
#include <string.h>

#include "check.h"
#include "heapwright.h"

static void *announced(void *pointer)
{
    printf("%#lx\n", (unsigned long)(uintptr_t)pointer);
    fflush(stdout);
    return hidden(pointer);
}

static void *allocate(void *unused)
{
    (void)unused;
    return hidden(malloc(200));
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    const char *misuse = arguments[1];
    printf("ready\n"); /* stdio has its buffer now */
    char *block = malloc(200);
    char *wall = malloc(200);
    char on_stack[64];
    CHECK(block != NULL && wall != NULL);
    memset(block, 0xff, 200);
    if (strcmp(misuse, "double free") == 0) {
        free(block);
        free(announced(block));
    } else if (strcmp(misuse, "medium double free") == 0) {
        char *medium = hidden(malloc(20000));
        free(medium);
        free(announced(medium));
    } else if (strcmp(misuse, "size of a freed medium block") == 0) {
        char *medium = hidden(malloc(20000));
        free(medium);
        return malloc_usable_size(announced(medium)) == 0;
    } else if (strcmp(misuse, "double free through realloc") == 0) {
        free(block);
        block = realloc(announced(block), 300);
    } else if (strcmp(misuse, "stack") == 0) {
        free(announced(on_stack));
    } else if (strcmp(misuse, "unaligned") == 0) {
        free(announced(block + 1));
    } else if (strcmp(misuse, "interior") == 0) {
        free(announced(block + 64));
    } else if (strcmp(misuse, "large double free") == 0) {
        char *large = hidden(malloc(1 << 20));
        free(large);
        free(announced(large));
    } else if (strcmp(misuse, "large interior") == 0) {
        free(announced((char *)hidden(malloc(1 << 20)) + (1 << 16)));
    } else if (strcmp(misuse, "medium interior") == 0) {
        free(announced((char *)hidden(malloc(20000)) + 4096));
    } else if (strcmp(misuse, "other thread's double free") == 0) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, allocate, NULL) == 0);
        void *foreign;
        CHECK(pthread_join(thread, &foreign) == 0);
        free(foreign);
        free(announced(foreign));
    } else if (strcmp(misuse, "overflow") == 0) {
        memset(block, 0xff, malloc_usable_size(block) + 8); /* the start of what follows */
        free(wall);
        free(block);
        return malloc(200) == NULL || malloc(200) == NULL;
    } else if (strcmp(misuse, "size of a freed block") == 0) {
        free(block);
        return malloc_usable_size(announced(block)) == 0;
    } else if (strcmp(misuse, "wrong size") == 0) {
        free_sized(announced(block), 4000);
    } else {
        CHECK(!"a known misuse");
    }
    fprintf(stderr, "still alive\n");
    return 1;
}
