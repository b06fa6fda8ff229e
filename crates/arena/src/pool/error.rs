//! The key's object is gone.

use thiserror::Error;

/// The key leads to no object: it was deleted or removed, or never was in this pool.
///
/// # Examples
///
/// ```
/// use heapwright_arena::pool::{Pool, StaleKey};
///
/// let mut pool = Pool::new();
/// let key = pool.insert("entity")?;
/// assert_eq!(pool.delete(key), Ok(()));
/// assert_eq!(pool.delete(key), Err(StaleKey));
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the key leads to no object")]
pub struct StaleKey;
