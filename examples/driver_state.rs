//! 12. Driver state: a nested object with resources, of which every field may fail.
//!
//! Whatever fails, what was acquired before is released, and nothing after it is touched. The state
//! stands in a `static`, as a driver's does: no heap is needed.

use core::error::Error;
use std::sync::Mutex;

use heapwright_new::{Init, StaticStorage, init, init_with, zeroed};

/// What happened, in order.
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Something that is acquired and released: registers, an interrupt, a channel.
struct Resource {
    name: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not to be had")]
struct Busy(&'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the driver does not start")]
struct ProbeError(#[from] Busy);

impl Resource {
    /// Acquired when the field is built; fails where `busy` names it.
    fn acquire(name: &'static str, busy: Option<usize>) -> impl Init<Self, Error = Busy> {
        init_with(move || {
            let is_busy = busy.is_some_and(|number| FIELDS[number] == name);
            if is_busy {
                return Err(Busy(name));
            }
            LOG.lock().unwrap().push(format!("+{name}"));
            Ok(Self { name })
        })
    }
}

impl Drop for Resource {
    fn drop(&mut self) {
        LOG.lock().unwrap().push(format!("-{}", self.name));
    }
}

/// The fields, in the order in which they are built.
const FIELDS: [&str; 4] = ["registers", "channel", "buffer", "interrupt"];

struct Queue {
    _channel: Resource,
    _buffer: Resource,
    ring: [u8; 4096],
}

struct Driver {
    _registers: Resource,
    queue: Queue,
    _interrupt: Resource,
}

impl Driver {
    fn probe(busy: Option<usize>) -> impl Init<Self, Error = ProbeError> {
        let queue = init!(Queue {
            _channel <- Resource::acquire("channel", busy),
            _buffer <- Resource::acquire("buffer", busy),
            ring <- zeroed(),
        } ? Busy);
        init!(Driver {
            _registers <- Resource::acquire("registers", busy),
            queue <- queue,
            _interrupt <- Resource::acquire("interrupt", busy),
        } ? ProbeError)
    }
}

static DRIVER: StaticStorage<Driver> = StaticStorage::new();

fn main() -> Result<(), Box<dyn Error>> {
    for number in 0..FIELDS.len() {
        let error = DRIVER.emplace(Driver::probe(Some(number))).err().ok_or("it started")?;
        let log = core::mem::take(&mut *LOG.lock().unwrap());
        println!("{error:?}: {}", log.join(" "));
        let built = log.iter().filter_map(|entry| entry.strip_prefix('+')).collect::<Vec<_>>();
        assert_eq!(built, FIELDS[..number], "nothing after the field that failed was touched");
        let ends = log.iter().filter(|entry| entry.starts_with('-')).count();
        assert_eq!(ends, number, "all before it were released");
    }

    let driver = DRIVER.emplace(Driver::probe(None))?;
    driver.queue.ring[0] = 1;
    println!("started with {}", LOG.lock().unwrap().join(" "));
    assert_eq!(LOG.lock().unwrap().len(), 4);
    assert!(DRIVER.emplace(Driver::probe(None)).is_err(), "there is one driver");
    Ok(())
}
