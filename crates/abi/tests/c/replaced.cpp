// A program with an operator new and delete of its own, of the plain form alone: the standard
// leads every other unaligned form there, and so must the library's.
#include <new>

#include "check.h"

namespace {

alignas(16) char pool[1 << 16];
std::size_t used;
int taken, given;

} // namespace

void *operator new(std::size_t size)
{
    if (size > sizeof pool - used)
        throw std::bad_alloc();
    taken++;
    void *block = pool + used;
    used += (size + 15) & ~std::size_t{15};
    return block;
}

void operator delete(void *block) noexcept
{
    CHECK(block >= pool && block < pool + sizeof pool);
    given++;
}

int main()
{
    void *blocks[] = {operator new(10), operator new[](10), operator new(10, std::nothrow),
                      operator new[](10, std::nothrow), operator new[](10)};
    CHECK(taken == 5);
    for (void *block : blocks)
        CHECK(block >= pool && block < pool + sizeof pool);
    std::size_t size = 10;
    operator delete(blocks[0], size);
    operator delete[](blocks[1]);
    operator delete(blocks[2], std::nothrow);
    operator delete[](blocks[3], std::nothrow);
    operator delete[](blocks[4], size);
    CHECK(given == 5);
    CHECK(operator new(sizeof pool, std::nothrow) == nullptr);
    CHECK(operator new[](sizeof pool, std::nothrow) == nullptr);
    puts("ok");
}
