// Every form of operator new and delete of C++17: aligned blocks, freed by every form that fits,
// and failures that are thrown, caught, or answered by null.
#include "heapwright.h"

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace {

constexpr std::size_t SIZES[] = {0, 1, 24, 1000, 70000, 3000000};
constexpr std::size_t ALIGNS[] = {1, 16, 32, 64, 4096, 65536};

std::size_t too_large() { return hidden_size(PTRDIFF_MAX); }

void *checked(void *block, std::size_t align, std::size_t size)
{
    CHECK(block != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % align == 0);
    CHECK(malloc_usable_size(block) >= size);
    std::memset(block, 0x5a, size);
    return hidden(block);
}

void every_form_gives_and_takes()
{
    const std::nothrow_t &quiet = std::nothrow;
    for (std::size_t size : SIZES) {
        for (int form = 0; form < 3; form++) {
            for (int quietly = 0; quietly < 2; quietly++) {
                void *one = quietly ? operator new(size, quiet) : operator new(size);
                void *many = quietly ? operator new[](size, quiet) : operator new[](size);
                checked(one, 16, size);
                checked(many, 16, size);
                switch (form) {
                case 0: operator delete(one); operator delete[](many); break;
                case 1: operator delete(one, size); operator delete[](many, size); break;
                default: operator delete(one, quiet); operator delete[](many, quiet); break;
                }
            }
        }
        for (std::size_t bytes : ALIGNS) {
            const std::align_val_t align{bytes};
            for (int form = 0; form < 3; form++) {
                for (int quietly = 0; quietly < 2; quietly++) {
                    void *one = quietly ? operator new(size, align, quiet)
                                        : operator new(size, align);
                    void *many = quietly ? operator new[](size, align, quiet)
                                         : operator new[](size, align);
                    checked(one, bytes, size);
                    checked(many, bytes, size);
                    switch (form) {
                    case 0:
                        operator delete(one, align);
                        operator delete[](many, align);
                        break;
                    case 1:
                        operator delete(one, size, align);
                        operator delete[](many, size, align);
                        break;
                    default:
                        operator delete(one, align, quiet);
                        operator delete[](many, align, quiet);
                        break;
                    }
                }
            }
        }
    }
    operator delete(nullptr);
    operator delete[](nullptr);
    operator delete(nullptr, std::align_val_t{64});
    void *first = operator new(0), *second = operator new(0);
    CHECK(first != second);
    operator delete(first);
    operator delete(second);
}

template <typename Action> bool throws_bad_alloc(Action action)
{
    try {
        hidden(action());
    } catch (const std::bad_alloc &caught) {
        return std::strcmp(caught.what(), "std::bad_alloc") == 0;
    }
    return false;
}

void a_failure_is_thrown_and_caught()
{
    const std::align_val_t align{64};
    for (int round = 0; round < 1000; round++) {
        CHECK(throws_bad_alloc([] { return operator new(too_large()); }));
        CHECK(throws_bad_alloc([] { return operator new[](too_large()); }));
        CHECK(throws_bad_alloc([=] { return operator new(too_large(), align); }));
        CHECK(throws_bad_alloc([=] { return operator new[](too_large(), align); }));
    }
    CHECK(operator new(too_large(), std::nothrow) == nullptr);
    CHECK(operator new[](too_large(), std::nothrow) == nullptr);
    CHECK(operator new(too_large(), align, std::nothrow) == nullptr);
    CHECK(operator new[](too_large(), align, std::nothrow) == nullptr);
}

// An exception passes frames with destructors on its way, in a thread as in main.
void a_failure_unwinds()
{
    auto attempt = [] {
        auto counter = std::make_shared<int>(0);
        std::weak_ptr<int> watch = counter;
        try {
            std::vector<std::string> words(100, std::string(1000, 'w'));
            auto held = std::move(counter);
            words.reserve(words.max_size());
            CHECK(!"reached");
        } catch (const std::bad_alloc &) {
        }
        CHECK(watch.expired());
    };
    attempt();
    std::thread(attempt).join();
}

int handled;

void counting_handler()
{
    if (++handled == 3)
        std::set_new_handler(nullptr);
}

struct Mark {};

void throwing_handler() { throw Mark{}; }

#if !defined(WITHOUT_SHARED_LIBSTDCXX)
void failing_handler()
{
    handled++;
    throw std::bad_alloc();
}
#endif

void the_handler_is_called_until_it_gives_up()
{
    const std::align_val_t align{128};
    auto calls = [](auto action) {
        handled = 0;
        std::set_new_handler(counting_handler);
        CHECK(throws_bad_alloc(action));
        return handled;
    };
    CHECK(calls([] { return operator new(too_large()); }) == 3);
    CHECK(calls([] { return operator new[](too_large()); }) == 3);
    CHECK(calls([=] { return operator new(too_large(), align); }) == 3);
    CHECK(calls([=] { return operator new[](too_large(), align); }) == 3);
    auto quiet_calls = [](auto action) {
        handled = 0;
        std::set_new_handler(counting_handler);
        CHECK(action() == nullptr);
        return handled;
    };
    CHECK(quiet_calls([] { return operator new(too_large(), std::nothrow); }) == 3);
    CHECK(quiet_calls([] { return operator new[](too_large(), std::nothrow); }) == 3);
    CHECK(quiet_calls([=] { return operator new(too_large(), align, std::nothrow); }) == 3);
    CHECK(quiet_calls([=] { return operator new[](too_large(), align, std::nothrow); }) == 3);
}

void what_the_handler_throws_reaches_the_caller()
{
    std::set_new_handler(throwing_handler);
    for (int round = 0; round < 100; round++) {
        bool caught = false;
        try {
            hidden(operator new(too_large()));
        } catch (const Mark &) {
            caught = true;
        }
        CHECK(caught);
    }
#if !defined(WITHOUT_SHARED_LIBSTDCXX)
    // And where nothing may be thrown, it is caught on the way.
    std::set_new_handler(failing_handler);
    handled = 0;
    CHECK(operator new(too_large(), std::nothrow) == nullptr);
    CHECK(operator new[](too_large(), std::nothrow) == nullptr);
    CHECK(operator new(too_large(), std::align_val_t{64}, std::nothrow) == nullptr);
    CHECK(handled == 3);
#endif
    std::set_new_handler(nullptr);
}

struct Object {
    explicit Object(bool fails) { if (fails) throw Mark{}; }
    char contents[300];
};

// A constructor that throws has its memory freed by the matching delete.
void a_failing_constructor_leaves_nothing()
{
    std::size_t before = mallinfo2().uordblks;
    for (int round = 0; round < 100; round++) {
        try {
            delete new Object(true);
            CHECK(!"reached");
        } catch (const Mark &) {
        }
    }
    delete new Object(false);
    CHECK(mallinfo2().uordblks <= before + 1000);
}

} // namespace

int main()
{
    every_form_gives_and_takes();
    a_failure_is_thrown_and_caught();
    a_failure_unwinds();
    the_handler_is_called_until_it_gives_up();
    what_the_handler_throws_reaches_the_caller();
    a_failing_constructor_leaves_nothing();
    puts("ok");
}
