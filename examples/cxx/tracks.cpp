// The C++ side of `cxx_objects`: one class, its constructor and destructor, and each form of `new`
// and `delete` as a function that Rust can call.
#include <cstdint>
#include <cstring>
#include <new>

class Track {
public:
    Track(std::int32_t *live, const char *name) : live_(live) {
        std::strncpy(name_, name, sizeof name_ - 1);
        name_[sizeof name_ - 1] = '\0';
        ++*live_;
    }
    ~Track() { --*live_; }
    Track(const Track &) = delete;
    Track &operator=(const Track &) = delete;

private:
    std::int32_t *live_;
    char name_[24];
};

static_assert(sizeof(Track) == 32, "as Rust declares it");

extern "C" {

Track *track_new(std::int32_t *live, const char *name) {
    return new (std::nothrow) Track(live, name);
}

void track_delete(Track *track) { delete track; }

void track_construct_at(void *place, std::int32_t *live, const char *name) {
    new (place) Track(live, name);
}

void track_destroy_at(Track *track) { track->~Track(); }

Track *tracks_new(std::int32_t *live, std::size_t count) {
    // No array form: its cookie is the compiler's own affair.
    auto *first = static_cast<Track *>(::operator new(count * sizeof(Track), std::nothrow));
    for (std::size_t i = 0; first != nullptr && i < count; ++i) new (first + i) Track(live, "of many");
    return first;
}

}  // extern "C"
