//! The workloads, one file each, in the order of the tables.

mod batched_frees;
mod bignums;
mod cross_thread;
mod false_sharing;
mod huge;
mod inverse_square;
mod live_set;
mod many_sizes;
mod parser_trees;
mod phases;
mod producer_consumer;
mod server;
pub(crate) mod short_process;
mod storm;
mod strings;
mod thread_churn;
mod vectors;

use heapwright_benches::plan::Workload;

/// All of them.
pub(crate) const ALL: &[Workload] = &[
    many_sizes::WORKLOAD,
    batched_frees::WORKLOAD,
    server::WORKLOAD,
    producer_consumer::WORKLOAD,
    storm::WORKLOAD,
    cross_thread::WORKLOAD,
    false_sharing::ACTIVE,
    false_sharing::PASSIVE,
    inverse_square::ALONE,
    inverse_square::THREADS,
    huge::WORKLOAD,
    live_set::ALONE,
    live_set::THREADS,
    strings::WORKLOAD,
    parser_trees::WORKLOAD,
    bignums::WORKLOAD,
    phases::WORKLOAD,
    short_process::WORKLOAD,
    thread_churn::WORKLOAD,
    vectors::STEPS,
    vectors::DOUBLING,
];

#[cfg(test)]
mod tests {
    use super::ALL;
    use heapwright_benches::plan::Plan;

    #[test]
    fn names_are_unique_and_can_be_typed() {
        for (index, work) in ALL.iter().enumerate() {
            assert!(ALL[..index].iter().all(|other| other.name != work.name), "{}", work.name);
            assert!(work.name.chars().all(|letter| letter == '-' || letter.is_ascii_lowercase()));
        }
    }

    /// Whatever the threads do to each other, the checksum is that of the requests alone.
    #[test]
    fn the_checksum_of_a_workload_is_always_the_same() {
        let words = ["--scale", "0.002", "--threads", "3"];
        let plan = Plan::parse(lexopt::Parser::from_args(words)).expect("valid words");
        // That one starts this very program, which is the test's own here.
        for work in ALL.iter().filter(|work| work.name != "short-process") {
            let first = (work.run)(&plan);
            assert_ne!(first, 0, "{}", work.name);
            assert_eq!((work.run)(&plan), first, "{}", work.name);
        }
    }
}
