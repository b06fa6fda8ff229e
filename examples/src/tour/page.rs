//! The page: what a step says, line by line, before it is known whether there are colours.

use core::fmt::Write as _;
use std::io::{self, IsTerminal as _};

use anstyle::{AnsiColor, Style};

/// The columns that a line may have.
pub const WIDTH: usize = 100;

/// What a piece of text is, and so which colour it has, where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Words.
    Plain,
    /// The heading of a step.
    Heading,
    /// A place in memory.
    Address,
    /// A block in use.
    Used,
    /// A free block.
    Free,
    /// The free block at the break.
    Top,
    /// Memory that belongs to somebody else.
    Fence,
    /// What the eye should find.
    Strong,
}

impl Ink {
    const fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Heading => Style::new().bold(),
            Self::Address => Style::new().dimmed(),
            Self::Used => AnsiColor::Cyan.on_default(),
            Self::Free => AnsiColor::Green.on_default(),
            Self::Top => AnsiColor::Yellow.on_default(),
            Self::Fence => AnsiColor::Red.on_default(),
            Self::Strong => Style::new().bold(),
        }
    }
}

/// Whether a page is printed with colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Words only.
    Plain,
    /// With the escape sequences of a terminal.
    Colour,
}

impl Paint {
    /// Colours where standard output is a terminal and the variable `NO_COLOR` is empty or absent.
    #[must_use]
    pub fn of_standard_output() -> Self {
        let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if io::stdout().is_terminal() && !is_refused { Self::Colour } else { Self::Plain }
    }
}

/// One line, as pieces of one ink each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<(Ink, String)>,
    columns: usize,
}

impl Line {
    /// An empty line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a piece.
    pub fn push(&mut self, ink: Ink, text: &str) {
        self.columns += text.chars().count();
        self.pieces.push((ink, text.to_owned()));
    }

    /// Appends a piece that begins at `column`, or as soon as what is there ends.
    pub fn push_at(&mut self, column: usize, ink: Ink, text: &str) {
        let missing = column.saturating_sub(self.columns);
        self.push(Ink::Plain, &" ".repeat(missing));
        self.push(ink, text);
    }

    /// The columns that it has.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns
    }
}

/// The lines that a step has written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    lines: Vec<Line>,
}

impl Page {
    /// An empty page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a line of one ink.
    pub fn line(&mut self, ink: Ink, text: &str) {
        let mut line = Line::new();
        line.push(ink, text);
        self.lines.push(line);
    }

    /// Appends a heading, with a rule and an empty line below.
    pub fn heading(&mut self, text: &str) {
        self.line(Ink::Heading, text);
        self.line(Ink::Address, &"─".repeat(text.chars().count()));
        self.blank();
    }

    /// Appends a line.
    pub fn push(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Appends an empty line.
    pub fn blank(&mut self) {
        self.lines.push(Line::new());
    }

    /// Appends a paragraph, broken between words.
    pub fn prose(&mut self, text: &str) {
        let mut line = String::new();
        for word in text.split_whitespace() {
            let columns = line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && columns > WIDTH {
                self.line(Ink::Plain, &core::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(Ink::Plain, &line);
    }

    /// The text to print, a newline at the end of each line.
    #[must_use]
    pub fn render(&self, paint: Paint) -> String {
        let mut text = String::new();
        for line in &self.lines {
            for (ink, piece) in &line.pieces {
                let style = ink.style();
                // Writing to a `String` cannot fail.
                let _ = match paint {
                    Paint::Plain => write!(text, "{piece}"),
                    Paint::Colour => write!(text, "{style}{piece}{style:#}"),
                };
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_between_words_and_no_word_is_lost() {
        let words = "a few words of different length ".repeat(20);
        let mut page = Page::new();
        page.prose(&words);
        let text = page.render(Paint::Plain);
        assert!(text.lines().count() > 5);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        let kept: Vec<_> = text.split_whitespace().collect();
        assert_eq!(kept, words.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn only_colours_differ_between_the_paints() {
        let mut page = Page::new();
        page.line(Ink::Free, "free");
        page.line(Ink::Plain, "words");
        assert_eq!(page.render(Paint::Plain), "free\nwords\n");
        assert_eq!(page.render(Paint::Colour), "\u{1b}[32mfree\u{1b}[0m\nwords\n");
    }
}
