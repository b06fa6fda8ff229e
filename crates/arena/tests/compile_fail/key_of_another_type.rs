//! A key says what type its object is of.

use heapwright_arena::pool::Pool;

fn main() {
    let (mut names, ages) = (Pool::new(), Pool::<u32>::new());
    let name = names.insert("Ada").unwrap();
    println!("{:?}", ages.get(name));
}
