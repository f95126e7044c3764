//! The text being parsed, token by token: what all rules of the grammar share.

use super::ast::Number;
use super::lexer::{Lexer, Token};
use crate::format::ctf::fault::{Fault, excerpt};

/// Deepest nesting of types and parentheses. Tracers write 4.
pub(super) const MAX_DEPTH: usize = 64;

/// Maximum number of declarations, attributes and labels in one text.
const MAX_ITEMS: usize = 1 << 21;

/// Result of parsing a part.
pub(super) type Parsed<T> = Result<T, Fault>;

/// The text being parsed: two tokens ahead.
pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    pub(super) at: usize,
    pub(super) token: Token<'t>,
    pub(super) next: (usize, Token<'t>),
    depth: usize,
    items: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t [u8]) -> Parsed<Self> {
        let mut lexer = Lexer::new(text);
        let (at, token) = lexer.next()?;
        let next = lexer.next()?;
        Ok(Self { lexer, at, token, next, depth: 0, items: 0 })
    }

    /// `a.b.c`; texts count as names.
    pub(super) fn path(&mut self) -> Parsed<Vec<String>> {
        let mut parts = Vec::new();
        loop {
            match &mut self.token {
                Token::Word(word) => parts.push((*word).to_owned()),
                Token::Text(text) => parts.push(std::mem::take(text)),
                _ => return Err(self.unexpected("a name")),
            }
            self.advance()?;
            if !self.take(".")? && !self.take("->")? {
                return Ok(parts);
            }
            self.count()?;
        }
    }

    /// A signed constant.
    pub(super) fn number(&mut self) -> Parsed<Number> {
        let negative = self.take("-")?;
        if !negative {
            self.take("+")?;
        }
        Ok(Number { negative, magnitude: self.unsigned("a number")? })
    }

    pub(super) fn unsigned(&mut self, what: &str) -> Parsed<u64> {
        let Token::Integer(value) = self.token else { return Err(self.unexpected(what)) };
        self.advance()?;
        Ok(value)
    }

    pub(super) fn advance(&mut self) -> Parsed<()> {
        let next = self.lexer.next()?;
        (self.at, self.token) = std::mem::replace(&mut self.next, next);
        Ok(())
    }

    /// Takes the mark if it comes next.
    pub(super) fn take(&mut self, mark: &'static str) -> Parsed<bool> {
        let found = self.token == Token::Mark(mark);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn take_word(&mut self, word: &str) -> Parsed<bool> {
        let found = self.token == Token::Word(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect(&mut self, mark: &'static str) -> Parsed<()> {
        if self.take(mark)? { Ok(()) } else { Err(self.unexpected(&format!("`{mark}`"))) }
    }

    pub(super) fn unexpected(&self, wanted: &str) -> Fault {
        let found = match &self.token {
            Token::Word(word) => format!("`{}`", excerpt(word)),
            Token::Integer(value) => format!("`{value}`"),
            Token::Text(text) => format!("the text \"{}\"", excerpt(text)),
            Token::Mark(mark) => format!("`{mark}`"),
            Token::End => "the end; the metadata was cut short".to_owned(),
        };
        Fault::new(self.at, format!("{wanted} belongs here, not {found}"))
    }

    /// Whether the token after the next one lets a word be part of a type still.
    pub(super) fn type_goes_on(&self) -> bool {
        matches!(self.next.1, Token::Word(_) | Token::Mark("*" | "("))
    }

    pub(super) fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(
                self.at,
                format!("types are nested more than {MAX_DEPTH} deep; no tracer does that"),
            ));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn count(&mut self) -> Parsed<()> {
        self.items += 1;
        if self.items > MAX_ITEMS {
            return Err(Fault::new(self.at, format!("the metadata has more than {MAX_ITEMS} declarations")));
        }
        Ok(())
    }
}

/// Adds a word to the name of a type.
pub(super) fn append_word(name: &mut String, word: &str) {
    if !name.is_empty() {
        name.push(' ');
    }
    name.push_str(word);
}
