// A new-handler that gives up a reserve, under a limit of memory: operator new tries again, and
// succeeds.
#include <new>

#include <sys/resource.h>

#include "check.h"

namespace {

constexpr std::size_t BYTES = 16 << 20;
char *reserve;
int handled;

void give_up_the_reserve()
{
    handled++;
    if (reserve == nullptr)
        throw std::bad_alloc();
    delete[] reserve;
    reserve = nullptr;
}

} // namespace

int main()
{
    reserve = new char[BYTES];
    rlimit limit{BYTES + (8 << 20), BYTES + (8 << 20)};
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
    std::set_new_handler(give_up_the_reserve);
    char *block = new char[BYTES - 100];
    CHECK(block != nullptr && handled == 1 && reserve == nullptr);
    CHECK(new (std::nothrow) char[BYTES] == nullptr);
    CHECK(handled == 2);
    try {
        hidden(new char[BYTES]);
        return 1;
    } catch (const std::bad_alloc &) {
    }
    CHECK(handled == 3);
    delete[] block;
    puts("ok");
}
