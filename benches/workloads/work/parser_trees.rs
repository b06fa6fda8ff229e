//! Source text becomes trees of small nodes, is simplified, evaluated and dropped: the manner of
//! interpreters and of two-level minimisers (Lua, espresso).
//!
//! ```text
//!   "(x1*(3+4))"  ──parse──►  Product          ──fold──►  Product
//!                             ├─ Name "x1"                ├─ Name "x1"
//!                             └─ Sum(3, 4)                └─ Number 7
//! ```
//!
//! The last 200 trees stay, as the functions of a module do.

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{held::Held, mapped::Mapped, vector::Vector};

const DEPTH_MAX: u32 = 9;
const KEPT: usize = 200;
/// Trees at scale 1.
const TREES: usize = 10_000;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "parser-trees",
    like: "lua, espresso: text parsed into trees of small nodes, rewritten, evaluated, dropped",
    run,
};

type Text = Vector<u8>;

/// Nodes of several sizes, each a block of its own.
enum Node {
    Number(Held<u64>),
    Name(Held<Text>),
    Negation(Held<Node>),
    Pair(Held<Pair>),
    Call(Held<Call>),
}

struct Pair {
    operator: u8,
    left: Node,
    right: Node,
}

struct Call {
    function: Text,
    arguments: Vector<Node>,
}

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(0x6c75_6131);
    let mut kept = Mapped::new(KEPT, |_| None::<Node>);
    let mut sum = 0_u64;
    for index in 0..plan.scaled(TREES) {
        let mut source = Text::new();
        write_expression(&mut source, &mut rng, DEPTH_MAX);
        let tree = Parser { source: &source, position: 0 }.expression();
        let value = evaluate(&tree);
        let tree = fold(tree);
        assert!(evaluate(&tree) == value, "folding changed the value");
        sum = sum.wrapping_add(value).wrapping_add(source.len() as u64);
        kept[index % KEPT] = Some(tree);
    }
    kept.iter().flatten().fold(sum, |sum, tree| sum.wrapping_add(evaluate(tree)))
}

/// Appends a random expression.
fn write_expression(text: &mut Text, rng: &mut Rng, depth: u32) {
    match if depth == 0 { rng.u8(..2) } else { rng.u8(..16) } {
        0 => write_number(text, rng.u64(..1000)),
        1 => write_name(text, rng),
        2 => {
            text.push(b'~');
            write_expression(text, rng, depth - 1);
        }
        3..5 => {
            write_name(text, rng);
            text.push(b'[');
            for _ in 0..rng.u8(1..5) {
                write_expression(text, rng, depth - 1);
                text.push(b',');
            }
            text.push(b']');
        }
        operator => {
            text.push(b'(');
            write_expression(text, rng, depth - 1);
            text.push(b"+-*&"[usize::from(operator % 4)]);
            write_expression(text, rng, depth - 1);
            text.push(b')');
        }
    }
}

fn write_number(text: &mut Text, number: u64) {
    if number >= 10 {
        write_number(text, number / 10);
    }
    text.push(b'0' + (number % 10).to_le_bytes()[0]);
}

/// A name of up to 30 letters, most of them short.
fn write_name(text: &mut Text, rng: &mut Rng) {
    let longest = rng.usize(1..=30);
    for _ in 0..rng.usize(1..=longest) {
        text.push(rng.u8(b'a'..=b'z'));
    }
}

struct Parser<'a> {
    source: &'a [u8],
    position: usize,
}

impl Parser<'_> {
    fn expression(&mut self) -> Node {
        match self.next() {
            b'~' => Node::Negation(Held::new(self.expression())),
            b'(' => {
                let left = self.expression();
                let operator = self.next();
                let right = self.expression();
                self.next();
                Node::Pair(Held::new(Pair { operator, left, right }))
            }
            digit @ b'0'..=b'9' => self.number(digit),
            letter => self.name_or_call(letter),
        }
    }

    fn number(&mut self, first: u8) -> Node {
        let mut number = u64::from(first - b'0');
        while self.peek().is_ascii_digit() {
            number = number * 10 + u64::from(self.next() - b'0');
        }
        Node::Number(Held::new(number))
    }

    fn name_or_call(&mut self, first: u8) -> Node {
        let mut name = Text::new();
        name.push(first);
        while self.peek().is_ascii_lowercase() {
            name.push(self.next());
        }
        name.shrink_to_fit();
        if self.peek() != b'[' {
            return Node::Name(Held::new(name));
        }
        self.next();
        let mut arguments = Vector::new();
        while self.peek() != b']' {
            arguments.push(self.expression());
            self.next();
        }
        self.next();
        Node::Call(Held::new(Call { function: name, arguments }))
    }

    fn peek(&self) -> u8 {
        self.source.get(self.position).copied().unwrap_or(0)
    }

    fn next(&mut self) -> u8 {
        self.position += 1;
        self.source[self.position - 1]
    }
}

fn evaluate(node: &Node) -> u64 {
    match node {
        Node::Number(number) => **number,
        Node::Name(name) => value_of(name),
        Node::Negation(inner) => !evaluate(inner),
        Node::Pair(pair) => combine(pair.operator, evaluate(&pair.left), evaluate(&pair.right)),
        Node::Call(call) => call.arguments.iter().fold(value_of(&call.function), |sum, node| {
            sum.rotate_left(7).wrapping_add(evaluate(node))
        }),
    }
}

fn value_of(name: &[u8]) -> u64 {
    name.iter().fold(1, |value, &letter| value.wrapping_mul(31).wrapping_add(letter.into()))
}

fn combine(operator: u8, left: u64, right: u64) -> u64 {
    match operator {
        b'+' => left.wrapping_add(right),
        b'-' => left.wrapping_sub(right),
        b'*' => left.wrapping_mul(right),
        _ => left & right,
    }
}

/// The tree with each operation on numbers replaced by its value, and the other nodes anew.
fn fold(node: Node) -> Node {
    match node {
        Node::Number(_) | Node::Name(_) => node,
        Node::Negation(mut inner) => match fold(take(&mut inner)) {
            Node::Number(number) => Node::Number(Held::new(!*number)),
            inner => Node::Negation(Held::new(inner)),
        },
        Node::Pair(mut pair) => {
            let (left, right) = (fold(take(&mut pair.left)), fold(take(&mut pair.right)));
            match (left, right) {
                (Node::Number(left), Node::Number(right)) => {
                    Node::Number(Held::new(combine(pair.operator, *left, *right)))
                }
                (left, right) => {
                    Node::Pair(Held::new(Pair { operator: pair.operator, left, right }))
                }
            }
        }
        Node::Call(mut call) => {
            for argument in call.arguments.iter_mut() {
                *argument = fold(take(argument));
            }
            Node::Call(call)
        }
    }
}

/// Moves a node out; an empty name, which has no text to free, stays.
fn take(node: &mut Node) -> Node {
    core::mem::replace(node, Node::Name(Held::new(Text::new())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &[u8]) -> Node {
        Parser { source, position: 0 }.expression()
    }

    #[test]
    fn folding_leaves_a_number_where_all_is_known() {
        let tree = fold(parse(b"((3+4)*~0)"));
        assert!(matches!(tree, Node::Number(value) if *value == 7_u64.wrapping_neg()));
        let tree = fold(parse(b"(ab*(1+f[2,(3-1),]))"));
        assert!(matches!(tree, Node::Pair(_)));
        let call = value_of(b"f").rotate_left(7).wrapping_add(2).rotate_left(7).wrapping_add(2);
        assert_eq!(evaluate(&tree), value_of(b"ab").wrapping_mul(call.wrapping_add(1)));
    }
}
