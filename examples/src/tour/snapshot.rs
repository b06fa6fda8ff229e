//! A heap at one moment: its blocks in the order of their addresses, and its break.

use anyhow::{Context as _, Result, bail};
use heapwright_block::{Block, BlockState};

/// A block, with the name that the story gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedBlock {
    /// Where it is, how large, and in which state.
    pub block: Block,
    /// What the story calls it while it is in use.
    pub name: Option<char>,
}

/// The blocks of a heap as `walk` found them, and where the heap ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Every block, lowest first.
    pub blocks: Vec<NamedBlock>,
    /// The address of the break.
    pub break_at: usize,
}

impl Snapshot {
    /// The block of that name.
    #[must_use]
    pub fn named(&self, name: char) -> Option<Block> {
        self.blocks.iter().find(|named| named.name == Some(name)).map(|named| named.block)
    }

    /// The blocks in one state, lowest first.
    pub fn in_state(&self, state: BlockState) -> impl Iterator<Item = Block> {
        self.blocks.iter().map(|named| named.block).filter(move |block| block.state == state)
    }

    /// The block whose header is at `address`.
    #[must_use]
    pub fn at(&self, address: usize) -> Option<Block> {
        self.blocks.iter().map(|named| named.block).find(|block| block.header == address)
    }

    /// The same without names, for a picture of many blocks.
    #[must_use]
    pub fn without_names(&self) -> Self {
        let nameless = |named: &NamedBlock| NamedBlock { name: None, ..*named };
        Self { blocks: self.blocks.iter().map(nameless).collect(), break_at: self.break_at }
    }

    /// As numbers, for the way from a child to its parent.
    #[must_use]
    pub fn to_numbers(&self) -> Vec<usize> {
        let mut numbers = vec![self.break_at];
        for NamedBlock { block, name } in &self.blocks {
            let state = match block.state {
                BlockState::InUse => 0,
                BlockState::Free => 1,
                BlockState::Top => 2,
                BlockState::Fence => 3,
            };
            let name = name.map_or(0, |name| u32::from(name) as usize);
            numbers.extend([block.header, block.size, state, name]);
        }
        numbers
    }

    /// The same from those numbers.
    ///
    /// # Errors
    ///
    /// Where they are none that [`to_numbers`](Snapshot::to_numbers) returned.
    pub fn from_numbers(numbers: &[usize]) -> Result<Self> {
        let (&break_at, rest) = numbers.split_first().context("no numbers of a heap")?;
        let (blocks, []) = rest.as_chunks::<4>() else { bail!("the last block is cut off") };
        let block = |&[header, size, state, name]: &[usize; 4]| {
            let state = match state {
                0 => BlockState::InUse,
                1 => BlockState::Free,
                2 => BlockState::Top,
                3 => BlockState::Fence,
                other => bail!("{other} is no state of a block"),
            };
            let name = u32::try_from(name).ok().filter(|name| *name > 0).and_then(char::from_u32);
            Ok(NamedBlock { block: Block { header, size, state }, name })
        };
        Ok(Self { blocks: blocks.iter().map(block).collect::<Result<_>>()?, break_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_survives_the_way_through_numbers() {
        let block =
            |header, size, state, name| NamedBlock { block: Block { header, size, state }, name };
        let snapshot = Snapshot {
            blocks: vec![
                block(0x1008, 48, BlockState::InUse, Some('A')),
                block(0x1038, 64, BlockState::Free, None),
                block(0x1078, 4096, BlockState::Fence, None),
                block(0x2078, 32, BlockState::Top, None),
            ],
            break_at: 0x20a0,
        };
        assert_eq!(Snapshot::from_numbers(&snapshot.to_numbers()).unwrap(), snapshot);
        assert!(Snapshot::from_numbers(&[1, 2]).is_err());
        assert!(Snapshot::from_numbers(&[1, 2, 3, 9, 0]).is_err());
    }
}
