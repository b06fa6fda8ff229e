//! Operation scripts: the same requests, fixed beforehand, for every fit.
//!
//! A script is made once from a seed. Playing it costs the player one table look-up an
//! operation, so that what is measured is the heap.

use fastrand::Rng;

/// One request; blocks are named by the slot that holds them.
#[derive(Debug, Clone, Copy)]
pub enum Operation {
    /// Takes a block into an empty slot.
    Allocate {
        /// The slot.
        slot: usize,
        /// The bytes asked for.
        size: usize,
    },
    /// Resizes the block of a slot.
    Resize {
        /// The slot.
        slot: usize,
        /// The bytes asked for.
        size: usize,
    },
    /// Frees the block of a slot.
    Deallocate {
        /// The slot.
        slot: usize,
    },
}

/// A named sequence of operations that leaves every slot empty.
#[derive(Debug)]
pub struct Script {
    /// The name in tables.
    pub name: &'static str,
    /// What to do, in order.
    pub operations: Vec<Operation>,
    /// Slots are `0..slot_count`.
    pub slot_count: usize,
    /// The most bytes asked for and live at one time.
    pub live_bytes_peak: usize,
}

/// The scripts of the table of fits, `scale` times 1000 steps each.
#[must_use]
pub fn all(scale: usize) -> [Script; 4] {
    [small(scale), mixed(scale), growing(scale), phases(scale)]
}

/// Small blocks come and go at random, about 2000 live.
fn small(scale: usize) -> Script {
    churn("small", scale, 2000, |rng| rng.usize(16..=256))
}

/// Sizes from 16 B to 64 KiB, each doubling as frequent as the next, about 1000 live.
fn mixed(scale: usize) -> Script {
    churn("mixed", scale, 1000, |rng| {
        let octave = rng.u32(4..16);
        (1 << octave) + rng.usize(0..1 << octave)
    })
}

fn churn(
    name: &'static str,
    scale: usize,
    live_target: usize,
    size: impl Fn(&mut Rng) -> usize,
) -> Script {
    let mut writer = Writer::new(name);
    for _ in 0..scale * 1000 {
        if writer.rng.usize(0..2 * live_target) >= writer.live.len() {
            let size = size(&mut writer.rng);
            writer.allocate(size);
        } else {
            writer.deallocate_any();
        }
    }
    writer.finish()
}

/// 400 buffers grow by half each time, as vectors do, up to 64 KiB; then they are freed and
/// another begins. A small block that stays longer is taken now and then.
fn growing(scale: usize) -> Script {
    let mut writer = Writer::new("growing");
    for _ in 0..scale * 1000 {
        let index = writer.rng.usize(0..400);
        match writer.live.get(index).map(|held| held.size) {
            None => writer.allocate(64),
            Some(size) if size < 64 << 10 => writer.resize(index, size + size / 2),
            Some(_) => writer.deallocate(index),
        }
    }
    writer.finish()
}

/// Ramps: many blocks of one size are taken and all but a tenth freed at random, then the next
/// ramp asks for larger blocks, which fit into none of the holes but joined ones.
fn phases(scale: usize) -> Script {
    const RAMPS: usize = 10;
    let mut writer = Writer::new("phases");
    let count = scale * 1000 / (2 * RAMPS);
    for ramp in 0..RAMPS {
        let base = 32 + 48 * ramp;
        for _ in 0..count {
            let size = base + writer.rng.usize(0..48);
            writer.allocate(size);
        }
        for _ in 0..count * 9 / 10 {
            writer.deallocate_any();
        }
    }
    writer.finish()
}

struct Held {
    slot: usize,
    size: usize,
}

/// Writes a script and keeps track of what it holds.
struct Writer {
    script: Script,
    rng: Rng,
    live: Vec<Held>,
    empty: Vec<usize>,
    live_bytes: usize,
}

impl Writer {
    fn new(name: &'static str) -> Self {
        let script = Script { name, operations: Vec::new(), slot_count: 0, live_bytes_peak: 0 };
        Self {
            script,
            rng: Rng::with_seed(0x66_69_74_73),
            live: Vec::new(),
            empty: Vec::new(),
            live_bytes: 0,
        }
    }

    fn allocate(&mut self, size: usize) {
        let slot = self.empty.pop().unwrap_or(self.script.slot_count);
        self.script.slot_count = self.script.slot_count.max(slot + 1);
        self.live.push(Held { slot, size });
        self.count(size, 0);
        self.script.operations.push(Operation::Allocate { slot, size });
    }

    fn resize(&mut self, index: usize, size: usize) {
        let held = &mut self.live[index];
        let (slot, size_before) = (held.slot, held.size);
        held.size = size;
        self.count(size, size_before);
        self.script.operations.push(Operation::Resize { slot, size });
    }

    fn deallocate(&mut self, index: usize) {
        let held = self.live.swap_remove(index);
        self.empty.push(held.slot);
        self.count(0, held.size);
        self.script.operations.push(Operation::Deallocate { slot: held.slot });
    }

    fn deallocate_any(&mut self) {
        if !self.live.is_empty() {
            let index = self.rng.usize(0..self.live.len());
            self.deallocate(index);
        }
    }

    fn count(&mut self, added: usize, removed: usize) {
        self.live_bytes = self.live_bytes + added - removed;
        self.script.live_bytes_peak = self.script.live_bytes_peak.max(self.live_bytes);
    }

    fn finish(mut self) -> Script {
        while !self.live.is_empty() {
            self.deallocate_any();
        }
        self.script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_uses_slots_in_turn_and_leaves_them_empty() {
        for script in all(2) {
            let mut held = vec![false; script.slot_count];
            for operation in &script.operations {
                let (slot, before, after) = match *operation {
                    Operation::Allocate { slot, .. } => (slot, false, true),
                    Operation::Resize { slot, .. } => (slot, true, true),
                    Operation::Deallocate { slot } => (slot, true, false),
                };
                assert_eq!(held[slot], before, "{}: {operation:?}", script.name);
                held[slot] = after;
            }
            assert!(!held.contains(&true), "{}", script.name);
            assert!(script.live_bytes_peak > 0);
        }
    }
}
