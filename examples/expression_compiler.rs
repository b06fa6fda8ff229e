//! An expression compiler: its syntax tree and its symbols live in one arena and go with it.
//!
//! ```text
//!   alloc    Node ◀──▶ Node       no destructors: parent and children lead to each other
//!              │
//!              ▼
//!   create   Symbol               a `String` inside: the arena destroys it, the newest first
//! ```

use core::cell::{Cell, RefCell};

use allocator_api2::vec::Vec as ArenaVec;
use anyhow::{Context, Result, bail};
use heapwright_arena::Arena;
use heapwright_new::value;

/// Where destructors leave a note. It outlives the arena, or no symbol there could borrow it.
type Ended = RefCell<Vec<String>>;

/// A variable.
struct Symbol<'env> {
    name: String,
    slot: usize,
    ended: &'env Ended,
}

impl Drop for Symbol<'_> {
    fn drop(&mut self) {
        self.ended.borrow_mut().push(core::mem::take(&mut self.name));
    }
}

/// One node of the tree. Its parent is made after it, so it learns of it later.
struct Node<'a, 'env> {
    kind: Kind<'a, 'env>,
    parent: Cell<Option<&'a Self>>,
}

enum Kind<'a, 'env> {
    Number(i64),
    Variable(&'a Symbol<'env>),
    Operation { operator: char, operands: [&'a Node<'a, 'env>; 2] },
}

/// What the machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instruction {
    Push(i64),
    Load(usize),
    Store(usize),
    Apply(char),
}

/// Reads from left to right. `'a` is as long as the arena is lent.
struct Compiler<'a, 'env> {
    arena: &'a Arena<'env>,
    /// A collection whose memory is the arena's too.
    symbols: ArenaVec<&'a Symbol<'env>, &'a Arena<'env>>,
    ended: &'env Ended,
    rest: &'a str,
    depth_max: usize,
}

impl<'a, 'env> Compiler<'a, 'env> {
    fn new(arena: &'a Arena<'env>, ended: &'env Ended, source: &'a str) -> Self {
        Self { arena, symbols: ArenaVec::new_in(arena), ended, rest: source, depth_max: 0 }
    }

    /// `name = expression;` until the source ends.
    fn compile(&mut self) -> Result<Vec<Instruction>> {
        let mut code = Vec::new();
        while self.peek().is_some() {
            let name = self.word(char::is_alphanumeric);
            self.expect('=')?;
            let tree = self.sum()?;
            self.expect(';')?;
            self.emit(tree, &mut code);
            code.push(Instruction::Store(self.symbol(name)?.slot));
        }
        Ok(code)
    }

    fn symbol(&mut self, name: &str) -> Result<&'a Symbol<'env>> {
        if let Some(&symbol) = self.symbols.iter().find(|symbol| symbol.name == name) {
            return Ok(symbol);
        }
        let slot = self.symbols.len();
        let symbol = Symbol { name: name.to_owned(), slot, ended: self.ended };
        let symbol = &*self.arena.create(value(symbol))?;
        self.symbols.push(symbol);
        Ok(symbol)
    }

    fn sum(&mut self) -> Result<&'a Node<'a, 'env>> {
        self.operations(&['+', '-'], |compiler| compiler.operations(&['*', '/'], Self::operand))
    }

    /// Operands between operators of one rank, the leftmost first.
    fn operations(
        &mut self,
        operators: &[char],
        operand: impl Fn(&mut Self) -> Result<&'a Node<'a, 'env>>,
    ) -> Result<&'a Node<'a, 'env>> {
        let mut left = operand(self)?;
        while let Some(operator) = self.peek().filter(|next| operators.contains(next)) {
            self.expect(operator)?;
            let operands = [left, operand(self)?];
            left = self.node(Kind::Operation { operator, operands })?;
            operands.iter().for_each(|operand| operand.parent.set(Some(left)));
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<&'a Node<'a, 'env>> {
        match self.peek() {
            Some('(') => {
                self.expect('(')?;
                let inside = self.sum()?;
                self.expect(')')?;
                Ok(inside)
            }
            Some(digit) if digit.is_ascii_digit() => {
                let number = self.word(|next| next.is_ascii_digit()).parse()?;
                self.node(Kind::Number(number))
            }
            Some(letter) if letter.is_alphabetic() => {
                let name = self.word(char::is_alphanumeric);
                let known = self.symbols.iter().find(|symbol| symbol.name == name);
                let symbol = *known.with_context(|| format!("nothing was called `{name}` yet"))?;
                self.node(Kind::Variable(symbol))
            }
            next => bail!("expected an operand, found {next:?}"),
        }
    }

    fn node(&self, kind: Kind<'a, 'env>) -> Result<&'a Node<'a, 'env>> {
        Ok(self.arena.alloc(value(Node { kind, parent: Cell::new(None) }))?)
    }

    fn emit(&mut self, node: &'a Node<'a, 'env>, code: &mut Vec<Instruction>) {
        let path_to_root = core::iter::successors(Some(node), |node| node.parent.get());
        self.depth_max = self.depth_max.max(path_to_root.count());
        match node.kind {
            Kind::Number(number) => code.push(Instruction::Push(number)),
            Kind::Variable(symbol) => code.push(Instruction::Load(symbol.slot)),
            Kind::Operation { operator, operands } => {
                operands.iter().for_each(|operand| self.emit(operand, code));
                code.push(Instruction::Apply(operator));
            }
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        let found = self.peek();
        let after = self.rest.strip_prefix(wanted);
        self.rest = after.with_context(|| format!("expected `{wanted}`, found {found:?}"))?;
        Ok(())
    }

    fn word(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|next| !is_part(next)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }
}

/// Runs the code and returns what the variables hold at the end.
fn run(code: &[Instruction]) -> Result<Vec<i64>> {
    let (mut stack, mut variables) = (Vec::<i64>::new(), Vec::new());
    for &instruction in code {
        let mut pop = || stack.pop().context("the stack is empty");
        match instruction {
            Instruction::Push(number) => stack.push(number),
            Instruction::Load(slot) => stack.push(*variables.get(slot).context("no such slot")?),
            Instruction::Store(slot) => {
                variables.resize(variables.len().max(slot + 1), 0);
                variables[slot] = pop()?;
            }
            Instruction::Apply(operator) => {
                let (right, left) = (pop()?, pop()?);
                let result = match operator {
                    '+' => left.checked_add(right),
                    '-' => left.checked_sub(right),
                    '*' => left.checked_mul(right),
                    _ => left.checked_div(right),
                };
                stack.push(result.with_context(|| format!("{left} {operator} {right}"))?);
            }
        }
    }
    Ok(variables)
}

fn main() -> Result<()> {
    let ended = Ended::default();
    let arena = Arena::new();

    let source = "width = 6; height = 7; area = width * height; left = area - 2 * (width + 4);";
    let mut compiler = Compiler::new(&arena, &ended, source);
    let code = compiler.compile()?;
    for symbol in &compiler.symbols {
        println!("variable {} is {}", symbol.slot, symbol.name);
    }
    println!("{} instructions, the tree is {} deep", code.len(), compiler.depth_max);
    assert_eq!(code[..2], [Instruction::Push(6), Instruction::Store(0)]);
    assert_eq!(compiler.depth_max, 4);

    let variables = run(&code)?;
    println!("they hold {variables:?}");
    assert_eq!(variables, [6, 7, 42, 22]);

    // A mistake is an error value; what was built before it goes with the rest.
    let mistake = Compiler::new(&arena, &ended, "area = 6 * (7 - depth);").compile();
    let mistake = mistake.err().context("nobody said what `depth` is")?;
    println!("refused: {mistake}");

    // Nodes, symbols, and the memory of both tables, at once.
    drop(compiler);
    assert!(ended.borrow().is_empty());
    drop(arena);
    println!("destroyed, the newest first: {}", ended.borrow().join(", "));
    assert_eq!(*ended.borrow(), ["left", "area", "height", "width"]);
    Ok(())
}
