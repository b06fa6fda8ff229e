//! 8. Placement: an object in storage that is there already, as the C++ book has it.
//!
//! ```cpp
//! std::aligned_storage<sizeof(MyData), alignof(MyData)>::type data;
//! MyData* p = new (&data) MyData(2);
//! p->add(1);
//! p->~MyData();              // forgotten: leaked.  delete p: undefined behaviour
//! ```
//!
//! [`Storage`] is that storage. What constructs in it returns a handle, which destroys the object
//! and has no way to give memory back that never came from a heap.

use core::convert::Infallible;
use heapwright_new::{Storage, value};

struct MyData {
    number: i32,
}

impl MyData {
    fn new(number: i32) -> Self {
        println!("MyData({number}) is constructed");
        Self { number }
    }

    fn add(&mut self, more: i32) {
        self.number += more;
    }
}

impl Drop for MyData {
    fn drop(&mut self) {
        println!("MyData({}) is destroyed", self.number);
    }
}

fn main() -> Result<(), Infallible> {
    let mut data = Storage::<MyData>::new(); // on the stack, uninitialised
    let storage = (&raw const data).addr();

    let mut p = data.emplace(value(MyData::new(2)))?; // constructs in `data`, allocates nothing
    p.add(1);
    assert_eq!(p.number, 3);
    assert_eq!((&raw const *p).addr(), storage);
    drop(p); // runs the destructor; there is no way to `delete` it

    // The storage is free again. While a handle lives, the compiler refuses this line.
    let again = data.emplace(value(MyData::new(7)))?;
    println!("the second one holds {}, in the same {} bytes", again.number, size_of::<MyData>());
    Ok(())
}
