//! Parallel parsing: threads build trees in arenas of their own, and the trees outlive the threads.
//!
//! ```text
//!   files ──▶ thread ──lease──▶ arena ──▶ tree ┐
//!         ──▶ thread ──lease──▶ arena ──▶ tree ┼──▶ read together, without a copy
//!         ──▶ …      (one that came back)      ┘
//! ```
//!
//! No thread waits for another's memory: a leased arena is its alone. All trees go at once, when
//! the pool is reset.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use heapwright_arena::{ArenaPool, Lease};
use heapwright_new::value;

const THREADS: usize = 4;
const FILES: usize = 64;

/// An expression as Lisp has it. Words and lists lie in the arena, beside each other.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Tree<'pool> {
    Word(&'pool str),
    List(&'pool [Self]),
}

impl Tree<'_> {
    fn words(&self) -> usize {
        match self {
            Self::Word(_) => 1,
            Self::List(items) => items.iter().map(Self::words).sum(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Word(word) => (*word).to_owned(),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(Self::text).collect();
                format!("({})", items.join(" "))
            }
        }
    }
}

/// What is known of a file. It has a destructor: the arena runs it when the pool is reset.
struct Module<'env> {
    name: String,
    ended: &'env AtomicUsize,
}

impl Drop for Module<'_> {
    fn drop(&mut self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Reads one expression from `rest`. It borrows the pool, neither the lease nor the text.
fn parse<'pool>(lease: &Lease<'pool, '_>, rest: &mut &str) -> Result<Tree<'pool>> {
    *rest = rest.trim_start();
    let Some(inside) = rest.strip_prefix('(') else {
        let is_end = |next: char| next.is_whitespace() || "()".contains(next);
        let (word, after) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
        ensure!(!word.is_empty(), "expected a word, found {:?}", rest.chars().next());
        *rest = after;
        return Ok(Tree::Word(lease.alloc_str(word)?));
    };
    *rest = inside;
    let mut items = Vec::new();
    loop {
        *rest = rest.trim_start();
        match rest.chars().next() {
            Some(')') => break,
            Some(_) => items.push(parse(lease, rest)?),
            None => bail!("a list does not end"),
        }
    }
    *rest = &rest[1..];
    Ok(Tree::List(lease.alloc_slice(&items)?))
}

/// What stands in a file.
fn source(number: usize) -> String {
    format!("(module m{number} (import core) (add {number} (mul x {number})))")
}

/// A tree, and what is known of it. Both live as long as the pool is not reset.
type Parsed<'pool, 'env> = (&'pool Module<'env>, Tree<'pool>);

/// Reads the files that no other thread has taken.
fn work<'pool, 'env>(
    pool: &'pool ArenaPool<'env>,
    next: &AtomicUsize,
    ended: &'env AtomicUsize,
) -> Result<Vec<Parsed<'pool, 'env>>> {
    let mut parsed = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= FILES {
            return Ok(parsed);
        }
        // A lease a file: the arena goes back at the end of the loop, the tree stays.
        let lease = pool.lease();
        let text = source(number);
        let tree = parse(&lease, &mut text.as_str())?;
        let module = lease.create(value(Module { name: format!("m{number}"), ended }))?;
        parsed.push((&*module, tree));
    }
}

fn parse_all<'pool, 'env>(
    pool: &'pool ArenaPool<'env>,
    ended: &'env AtomicUsize,
) -> Result<Vec<Parsed<'pool, 'env>>> {
    let next = AtomicUsize::new(0);
    let mut parsed = thread::scope(|threads| {
        let spawn = |_| threads.spawn(|| work(pool, &next, ended));
        let workers: Vec<_> = (0..THREADS).map(spawn).collect();
        let mut parsed = Vec::new();
        for worker in workers {
            let part = worker.join().ok().context("a thread panicked")?;
            parsed.extend(part?);
        }
        Ok::<_, anyhow::Error>(parsed)
    })?;
    parsed.sort_by_key(|(module, _)| (module.name.len(), module.name.as_str()));
    Ok(parsed)
}

fn main() -> Result<()> {
    let ended = AtomicUsize::new(0);
    let mut pool = ArenaPool::new();
    for round in 1..=3 {
        // The threads are gone, and so are their leases and texts. The trees are not.
        let parsed = parse_all(&pool, &ended)?;
        let words: usize = parsed.iter().map(|(_, tree)| tree.words()).sum();
        println!("round {round}: {} files, {words} words", parsed.len());
        assert_eq!((parsed.len(), words), (FILES, 9 * FILES));
        for (number, (module, tree)) in parsed.iter().enumerate() {
            assert_eq!(module.name, format!("m{number}"));
            assert_eq!(tree.text(), source(number));
        }

        // All trees at once. They borrow the pool, so none can be used after this line.
        pool.reset();
        assert_eq!(ended.load(Ordering::Relaxed), round * FILES);
    }
    println!("{} modules were destroyed", ended.load(Ordering::Relaxed));

    let refused = parse(&pool.lease(), &mut "(add 1 (mul 2 3)").err();
    println!("refused: {}", refused.context("a list without an end was taken")?);
    Ok(())
}
