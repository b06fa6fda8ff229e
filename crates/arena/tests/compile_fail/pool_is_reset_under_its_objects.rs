//! What was built in leased arenas is not used after the pool's reset.

use heapwright_arena::ArenaPool;

fn main() {
    let mut pool = ArenaPool::new();
    let name = pool.lease().alloc_str("leased").unwrap();
    pool.reset();
    name.make_ascii_uppercase();
}
