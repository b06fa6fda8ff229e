//! A leased arena is not reset: its objects live as long as the pool is borrowed.

use heapwright_arena::ArenaPool;

fn main() {
    let pool = ArenaPool::new();
    let mut lease = pool.lease();
    lease.reset();
}
