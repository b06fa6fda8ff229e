//! The token of one destructor does not run another's.

use core::pin::{Pin, pin};

use heapwright_new::{DropToken, PinnedDrop, pin_data};

pin_data! {
    #[pinned_drop]
    struct Victim {
        text: String,
    }
}

impl PinnedDrop for Victim {
    fn drop(self: Pin<&mut Self>, _: DropToken<Self>) {
        self.project().text.clear();
    }
}

pin_data! {
    #[pinned_drop]
    struct Attacker {
        number: u8,
    }
}

impl PinnedDrop for Attacker {
    fn drop(self: Pin<&mut Self>, token: DropToken<Self>) {
        let victim = pin!(Victim { text: self.number.to_string() });
        PinnedDrop::drop(victim, token);
    }
}

fn main() {
    drop(Attacker { number: 1 });
}
