//! Step 15: what was seen, and where it is written down.

use anyhow::Result;

use crate::tour::Step;
use crate::tour::page::{Ink, Line, Page};

/// An idea, and the file that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idea {
    /// In a few words.
    pub words: &'static str,
    /// The file, from the root of the repository.
    pub file: &'static str,
}

const fn idea(words: &'static str, file: &'static str) -> Idea {
    Idea { words, file }
}

/// What the tour was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Bottom to top.
    pub ideas: Vec<Idea>,
}

impl Step for Summary {
    const TITLE: &str = "The whole story";

    fn perform() -> Result<Self> {
        let ideas = vec![
            idea("one limit that moves: the break", "crates/break-heap/src/break_heap.rs"),
            idea("the real one, which others move too", "crates/break-heap/src/program_break.rs"),
            idea(
                "one of our own, in reserved addresses",
                "crates/break-heap/src/reserved_break.rs",
            ),
            idea("a header before each payload", "crates/block-heap/src/block/header.rs"),
            idea("a tag at the end of free blocks", "crates/block-heap/src/block/tag.rs"),
            idea("which block: six fits", "crates/block-heap/src/fit/mod.rs"),
            idea("split", "crates/block-heap/src/block/split.rs"),
            idea("coalesce", "crates/block-heap/src/block/coalesce.rs"),
            idea("realloc in place, or moved", "crates/block-heap/src/resize.rs"),
            idea("grow and trim", "crates/block-heap/src/growth.rs"),
            idea("what a broken heap says", "crates/block-heap/src/misuse.rs"),
            idea("malloc for a whole process", "crates/malloc/src/lib.rs"),
            idea("constructors as values", "crates/new/src/init/mod.rs"),
            idea("new and delete", "crates/new/src/owned/mod.rs"),
            idea("placement", "crates/new/src/placement/mod.rs"),
            idea("living and dying together", "crates/arena/src/arena/mod.rs"),
            idea("keys that grow stale", "crates/arena/src/pool/key.rs"),
        ];
        Ok(Self { ideas })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(
            "The system gives a process one limit to move. To move it by hand is dangerous, so a \
             heap moves it, and divides the memory behind it into blocks with headers. A fit \
             picks a free block; what is too much is split off; what is freed is joined. So \
             memory is used again, and fragmentation is kept low, though never at nothing. On top \
             of it stand objects, whose constructors run where they stay. Each idea has a file:",
        );
        page.blank();
        for Idea { words, file } in &self.ideas {
            let mut line = Line::new();
            line.push_at(2, Ink::Plain, words);
            line.push_at(42, Ink::Strong, file);
            page.push(line);
        }
        page.blank();
        page.prose("And this malloc carries real programs. To see Python run on it, type:");
        page.blank();
        let command = "  cargo xtask run -- python3 -c 'print(sum(range(10**6)))'";
        page.line(Ink::Strong, command);
    }
}
