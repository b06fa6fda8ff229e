//! Compilers: gcc, g++, rustc, and cargo.

use crate::scenario::Scenario;

const C: &[u8] = br#"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct node { struct node *left, *right; char *key; };
static struct node *insert(struct node *at, const char *key)
{
    if (at == NULL) { at = calloc(1, sizeof *at); at->key = strdup(key); return at; }
    int order = strcmp(key, at->key);
    if (order < 0) at->left = insert(at->left, key);
    else if (order > 0) at->right = insert(at->right, key);
    return at;
}
static int count(struct node *at) { return at ? 1 + count(at->left) + count(at->right) : 0; }
int main(void)
{
    struct node *root = NULL;
    char key[32];
    for (unsigned n = 0; n < 20000; n++) {
        snprintf(key, sizeof key, "%u", n * 2654435761u % 30011u);
        root = insert(root, key);
    }
    printf("%d keys, the first %s\n", count(root), root->key);
    return 0;
}
"#;

const CXX: &[u8] = br#"
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>
template <int N> struct Fibonacci {
    static constexpr long value = Fibonacci<N - 1>::value + Fibonacci<N - 2>::value;
};
template <> struct Fibonacci<1> { static constexpr long value = 1; };
template <> struct Fibonacci<0> { static constexpr long value = 0; };
int main()
{
    std::map<std::string, std::vector<std::unique_ptr<int>>> table;
    for (int n = 0; n < 20000; n++)
        table["key " + std::to_string(n * 7919 % 1009)].push_back(std::make_unique<int>(n));
    std::ostringstream text;
    for (auto &[key, numbers] : table)
        text << key << ' ' << numbers.size() << '\n';
    std::string all = text.str();
    auto found = std::count(all.begin(), all.end(), '7');
    std::cout << all.size() << ' ' << found << ' ' << Fibonacci<80>::value << '\n';
    try { std::vector<int> v; v.at(3); } catch (const std::exception &) { std::cout << "caught\n"; }
}
"#;

const RUST: &[u8] = br#"
use std::collections::{BTreeMap, HashMap};
use std::thread;
#[derive(Debug, Clone, PartialEq)]
enum Tree { Leaf(u64), Node(Vec<Tree>) }
fn tree(depth: u32) -> Tree {
    if depth == 0 { Tree::Leaf(1) } else { Tree::Node((0..3).map(|_| tree(depth - 1)).collect()) }
}
fn sum(tree: &Tree) -> u64 {
    match tree { Tree::Leaf(n) => *n, Tree::Node(nodes) => nodes.iter().map(sum).sum() }
}
fn main() {
    println!("{}", sum(&tree(8)));
    let mut count: HashMap<String, usize> = HashMap::new();
    for n in 0..50_000_u64 { *count.entry((n * 7919 % 1009).to_string()).or_default() += 1; }
    let sorted: BTreeMap<_, _> = count.into_iter().collect();
    println!("{:?}", sorted.iter().take(3).collect::<Vec<_>>());
    let work = |n: usize| thread::spawn(move || vec![n; 10_000].iter().sum::<usize>());
    let workers: Vec<_> = (0..4).map(work).collect();
    println!("{:?}", workers.into_iter().map(|w| w.join().unwrap()).collect::<Vec<_>>());
}
"#;

#[test]
fn gcc_compiles_and_its_program_runs() {
    Scenario {
        name: "gcc",
        needs: &["gcc", "cksum"],
        files: &[("tree.c", C)],
        script: "gcc -O2 -Wall -c tree.c; gcc tree.o -o tree; cksum tree.o tree; ./tree",
        served: &["gcc", "cc1", "as", "collect2", "ld", "tree"],
    }
    .run();
}

#[test]
fn gxx_compiles_and_its_program_runs() {
    Scenario {
        name: "g++",
        needs: &["g++", "cksum"],
        files: &[("table.cpp", CXX)],
        script: "g++ -std=c++17 -c table.cpp; g++ table.o -o table; cksum table.o; ./table",
        served: &["g++", "cc1plus", "as", "table"],
    }
    .run();
}

/// `rustc` itself has a malloc linked in, which comes before any preloaded one; its linker and
/// the program that it makes have none.
#[test]
fn rustc_compiles_a_crate_and_its_program_runs() {
    Scenario {
        name: "rustc",
        needs: &["rustc", "cc"],
        files: &[("small.rs", RUST)],
        script: "rustc --edition 2021 -O small.rs; ./small",
        served: &["small"],
    }
    .run();
}

#[test]
fn cargo_tells_its_version() {
    Scenario {
        name: "cargo",
        needs: &["cargo"],
        files: &[],
        script: "cargo --version",
        served: &["cargo"],
    }
    .run();
}
