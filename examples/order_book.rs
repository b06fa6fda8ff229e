//! 13. An order book: orders in a pool of their own, and a new-handler that gives up a cache.

use core::alloc::Layout;
use core::cell::{Cell, RefCell};
use core::error::Error;
use core::ptr::NonNull;
use std::collections::BTreeMap;

use allocator_api2::alloc::{AllocError, Allocator};
use heapwright_malloc::Malloc;
use heapwright_new::{
    Class, ClassOwned, HandlerVerdict, Label, NewError, Owned, WithHandler, class_pool, init,
    label_table, value,
};

struct Order {
    id: u64,
    price: u32,
    quantity: u32,
}
class_pool!(Order);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order of nothing")]
struct Empty;

impl Order {
    fn place(id: u64, price: u32, quantity: u32) -> Result<ClassOwned<Self>, NewError<Empty>> {
        let quantity = if quantity == 0 { Err(Empty) } else { Ok(quantity) };
        Order::try_new_with(
            init!(Order { id <- value(id), price <- value(price), quantity <- quantity } ? Empty),
        )
    }
}

/// An allocator with a limit.
struct Limited {
    bytes_left: Cell<usize>,
}

// SAFETY: the blocks are `Malloc`'s.
unsafe impl Allocator for Limited {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let left = self.bytes_left.get().checked_sub(layout.size()).ok_or(AllocError)?;
        let block = Malloc.allocate(layout)?;
        self.bytes_left.set(left);
        Ok(block)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        self.bytes_left.set(self.bytes_left.get() + layout.size());
        // SAFETY: the caller promises a block of this allocator and its layout.
        unsafe { Malloc.deallocate(block, layout) };
    }
}

/// Orders by price, oldest first.
#[derive(Default)]
struct Book {
    asks: BTreeMap<u32, Vec<ClassOwned<Order>>>,
}

impl Book {
    fn add(&mut self, order: ClassOwned<Order>) {
        self.asks.entry(order.price).or_default().push(order);
    }

    /// Buys at most `quantity` at the lowest prices, and returns what was paid. An order that is
    /// used up is deleted, and its slot is the next order's.
    fn buy(&mut self, mut quantity: u32) -> u64 {
        let mut paid = 0;
        while quantity > 0 {
            let Some(mut level) = self.asks.first_entry() else { break };
            let orders = level.get_mut();
            let Some(order) = orders.first_mut() else {
                level.remove();
                continue;
            };
            let taken = order.quantity.min(quantity);
            order.quantity -= taken;
            quantity -= taken;
            paid += u64::from(taken) * u64::from(order.price);
            if order.quantity == 0 {
                orders.remove(0);
            }
        }
        paid
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut book = Book::default();
    for id in 0..1000 {
        let price = 100 + u32::try_from(id % 7)?;
        book.add(Order::place(id, price, 10)?);
    }
    assert_eq!(Order::place(1000, 1, 0).err(), Some(NewError::Construct(Empty)));
    let address = Owned::as_ptr(&book.asks[&100][0]);
    assert_eq!(book.asks[&100][0].id, 0);
    let paid = book.buy(1505);
    println!("1505 bought for {paid}");
    assert_eq!(paid, 1430 * 100 + 75 * 101);
    let next = Order::place(2000, 99, 1)?;
    println!(
        "an order that was used up made room for another: {}",
        Owned::as_ptr(&next) != address
    );
    print!("{}", label_table());
    assert_eq!(Order::label().live_count(), 1000 - 150 + 1);

    // Reports have a limit of their own. When it is reached, the handler gives up the cache, and
    // the request is tried again.
    let limited = Limited { bytes_left: Cell::new(4096) };
    let cache = RefCell::new(vec![Owned::try_new_in([0_u8; 3000], &limited)?]);
    let reports = WithHandler::new(&limited, |layout: Layout, _| {
        println!("{} bytes refused; the cache has {}", layout.size(), cache.borrow().len());
        match cache.borrow_mut().pop() {
            Some(_given_up) => HandlerVerdict::Retry,
            None => HandlerVerdict::Fail,
        }
    });
    let report = Owned::try_new_in([0_u8; 2000], &reports)?;
    let refused = Owned::try_new_in([0_u8; 3000], &reports).err();
    println!("one report of {} bytes; then {}", report.len(), refused.ok_or("it had a limit")?);
    Ok(())
}
