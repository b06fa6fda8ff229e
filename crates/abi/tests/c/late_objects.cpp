// Objects that outlive their threads and main: thread_local destructors that free and allocate,
// blocks that others free, and static destructors.
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace {

std::mutex lock;
std::vector<std::string *> left_behind;
std::atomic<int> destroyed{0};

struct Local {
    std::map<int, std::string> entries;
    ~Local()
    {
        auto *last = new std::string("left behind by a thread that is gone: " +
                                     std::to_string(entries.size()));
        entries.clear();
        entries[1] = std::string(1000, 'x');
        std::lock_guard<std::mutex> guard(lock);
        left_behind.push_back(last);
        destroyed++;
    }
};

thread_local Local first;
thread_local std::vector<std::string> second;

// Made before main, destroyed after it.
struct Static {
    std::vector<std::string> words = std::vector<std::string>(100, std::string(100, 's'));
    ~Static()
    {
        words.emplace_back(10000, 't');
        CHECK(words.front().size() == 100);
    }
} before_and_after;

} // namespace

int main()
{
    constexpr int ROUNDS = 100, THREADS = 4;
    for (int round = 0; round < ROUNDS; round++) {
        std::vector<std::thread> threads;
        for (int i = 0; i < THREADS; i++)
            threads.emplace_back([i] {
                for (int entry = 0; entry < 50 * i; entry++)
                    first.entries[entry] = std::string(entry, 'y');
                second.assign(20, std::string(200, 'z'));
                first.entries[0] = "touched";
            });
        for (auto &thread : threads)
            thread.join();
        std::lock_guard<std::mutex> guard(lock);
        for (auto *word : left_behind)
            delete word;
        left_behind.clear();
    }
    CHECK(destroyed == ROUNDS * THREADS);
    puts("ok");
}
