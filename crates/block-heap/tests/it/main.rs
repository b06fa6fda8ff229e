//! What a user of one block heap relies on.

mod contract;
mod fits;
mod misuse;
mod place;
mod resize;
mod tested;
mod verify;
