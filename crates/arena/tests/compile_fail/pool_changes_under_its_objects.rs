//! What a pool lends, it does not destroy.

use heapwright_arena::pool::Pool;

fn main() {
    let mut pool = Pool::new();
    let key = pool.insert(String::from("lent")).unwrap();
    let name = &pool[key];
    pool.delete(key).unwrap();
    println!("{name}");
}
