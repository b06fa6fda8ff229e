//! What arenas and pools cost, beside those of others in one run.
//!
//! | section | question |
//! |---|---|
//! | `alloc` | an object without a destructor, in time and in instructions |
//! | `create` | an object with one, from its birth to its end, beside `Box` |
//! | `scope` | a thousand objects and their scope |
//! | `destroy` | ending a million objects, beside a `Vec` of them |
//! | `pool` | insert, get and remove by key |
//! | `growth` | does an object cost the same when there are many? |
//!
//! With `--peers` the global allocator is mimalloc: all arenas take their chunks from it, and `Box`
//! and `String` what they hold.
//!
//! ```text
//! arena [--quick] [SECTION]
//! arena --count CASE --steps N     one pass, for callgrind
//! ```

mod alloc;
mod create;
mod destroy;
mod growth;
mod objects;
mod pool;
mod scope;
mod subject;

use subject::Effort;

#[cfg(feature = "peers")]
#[global_allocator]
static MIMALLOC: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What prints a table, and its name on the command line.
type Section = (&'static str, fn(Effort));

const SECTIONS: [Section; 6] = [
    ("alloc", alloc::print),
    ("create", create::print),
    ("scope", scope::print),
    ("destroy", destroy::print),
    ("pool", pool::print),
    ("growth", growth::print),
];

fn main() -> Result<(), lexopt::Error> {
    use lexopt::prelude::*;

    let (mut effort, mut chosen) = (Effort::FULL, None);
    let (mut counted, mut step_count) = (None, 1);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("bench") => {}
            Long("quick") => effort = Effort::QUICK,
            Long("count") => counted = Some(parser.value()?.string()?),
            Long("steps") => step_count = parser.value()?.parse()?,
            Value(name) if chosen.is_none() => chosen = Some(name.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    if let Some(case) = counted {
        let is_known = alloc::count(&case, step_count)
            || growth::count(&case, step_count)
            || pool::count(&case, step_count);
        return if is_known { Ok(()) } else { Err(format!("no case `{case}`").into()) };
    }
    let is_chosen = |name: &str| chosen.as_ref().is_none_or(|chosen| chosen == name);
    let sections: Vec<_> = SECTIONS.into_iter().filter(|(name, _)| is_chosen(name)).collect();
    if sections.is_empty() {
        return Err("no such section".into());
    }
    if cfg!(not(feature = "peers")) {
        println!("SKIPPED: other arenas and mimalloc, which `--peers` puts into these tables");
    }
    for (name, print) in sections {
        eprintln!("{name}: measuring ...");
        print(effort);
    }
    Ok(())
}
