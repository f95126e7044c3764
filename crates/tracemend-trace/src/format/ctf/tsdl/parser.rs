//! Parses TSDL by recursive descent.
//!
//! The grammar needs no table of declared types: the last word before a declaration's brackets, comma or semicolon is
//! the declared name, and the words in front of it are the type.

use super::ast::{
    Attribute, Block, Declaration, Declarator, Document, Entry, Label, Length, Number, Specifiers, Value,
};
use super::lexer::{Lexer, Token};
use crate::format::ctf::fault::{Fault, excerpt};

/// Deepest nesting of types and parentheses. Tracers write 4.
pub(super) const MAX_DEPTH: usize = 64;

/// Most declarations, attributes and labels in one text.
const MAX_ITEMS: usize = 1 << 21;

/// Result of parsing a part.
pub(super) type Parsed<T> = Result<T, Fault>;

/// The text being parsed: two tokens ahead.
pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    pub(super) at: usize,
    pub(super) token: Token<'t>,
    next: (usize, Token<'t>),
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

    /// The whole text.
    pub(super) fn document(mut self) -> Parsed<Document> {
        let mut document = Document::default();
        while self.token != Token::End {
            let blocks = match (&self.token, &self.next.1) {
                (Token::Word("trace"), Token::Mark("{")) => &mut document.traces,
                (Token::Word("env"), Token::Mark("{")) => &mut document.environments,
                (Token::Word("clock"), Token::Mark("{")) => &mut document.clocks,
                (Token::Word("stream"), Token::Mark("{")) => &mut document.streams,
                (Token::Word("event"), Token::Mark("{")) => &mut document.events,
                (Token::Word("callsite"), Token::Mark("{")) => &mut document.callsites,
                _ => {
                    document.declarations.push(self.declaration()?);
                    continue;
                }
            };
            blocks.push(self.block()?);
        }
        Ok(document)
    }

    fn block(&mut self) -> Parsed<Block> {
        let at = self.at;
        self.advance()?;
        self.expect("{")?;
        let mut entries = Vec::new();
        while !self.take("}")? {
            self.count()?;
            entries.push(self.entry()?);
        }
        self.expect(";")?;
        Ok(Block { at, entries })
    }

    fn entry(&mut self) -> Parsed<Entry> {
        if matches!(self.token, Token::Word("typedef" | "typealias")) {
            return Ok(Entry::Declaration(self.declaration()?));
        }
        let at = self.at;
        let name = self.path()?.join(".");
        if self.take(":=")? {
            let class = self.specifiers()?;
            self.expect(";")?;
            return Ok(Entry::Type { at, name, class });
        }
        self.expect("=")?;
        let value = self.value()?;
        self.expect(";")?;
        Ok(Entry::Attribute(Attribute { at, name, value }))
    }

    /// `{ name = value; ... }`
    pub(super) fn attributes(&mut self) -> Parsed<Vec<Attribute>> {
        self.expect("{")?;
        let mut attributes = Vec::new();
        while !self.take("}")? {
            self.count()?;
            let at = self.at;
            let name = self.path()?.join(".");
            self.expect("=")?;
            let value = self.value()?;
            self.expect(";")?;
            attributes.push(Attribute { at, name, value });
        }
        Ok(attributes)
    }

    /// A type, an alias or fields, with the semicolon.
    pub(super) fn declaration(&mut self) -> Parsed<Declaration> {
        self.count()?;
        let at = self.at;
        if self.take_word("typealias")? {
            let class = self.specifiers()?;
            let declarator = self.declarator()?;
            self.expect(":=")?;
            let name = self.alias_name()?;
            self.expect(";")?;
            return Ok(Declaration::Alias { at, class, declarator, name });
        }
        let before = self.take_word("typedef")?;
        let class = self.specifiers()?;
        let typedef = before || self.take_word("typedef")?;
        if !typedef && self.take(";")? {
            return Ok(Declaration::Type(class));
        }
        let declarators = self.declarators()?;
        self.expect(";")?;
        Ok(if typedef {
            Declaration::Typedef { class, declarators }
        } else {
            Declaration::Fields { class, declarators }
        })
    }

    fn alias_name(&mut self) -> Parsed<String> {
        let mut name = String::new();
        while let Token::Word(word) = self.token {
            append_word(&mut name, word);
            self.advance()?;
        }
        if name.is_empty() {
            return Err(self.unexpected("the name of the alias"));
        }
        name.push_str(&self.pointers()?);
        Ok(name)
    }

    fn declarators(&mut self) -> Parsed<Vec<Declarator>> {
        let mut declarators = Vec::new();
        loop {
            self.count()?;
            let declarator = self.declarator()?;
            if declarator.name.is_none() {
                return Err(self.unexpected("a name"));
            }
            declarators.push(declarator);
            if !self.take(",")? {
                return Ok(declarators);
            }
        }
    }

    fn declarator(&mut self) -> Parsed<Declarator> {
        self.enter()?;
        let mut declarator = Declarator { at: self.at, pointers: self.pointers()?, ..Declarator::default() };
        if self.take("(")? {
            let inner = self.declarator()?;
            self.expect(")")?;
            if !inner.pointers.is_empty() {
                return Err(Fault::new(inner.at, "pointers to arrays have no meaning in a trace"));
            }
            declarator.name = inner.name;
            declarator.lengths = inner.lengths;
        } else if let Token::Word(name) = self.token {
            declarator.name = Some(name.to_owned());
            self.advance()?;
        }
        while self.take("[")? {
            self.count()?;
            declarator.lengths.push(match self.token {
                Token::Word(_) => Length::Field(self.path()?),
                _ => Length::Static(self.unsigned("the length of an array, or the field that holds it")?),
            });
            self.expect("]")?;
        }
        if self.token == Token::Mark(":") {
            return Err(Fault::new(self.at, "bit fields are not part of CTF; use `integer { size = ...; }`"));
        }
        self.leave();
        Ok(declarator)
    }

    fn pointers(&mut self) -> Parsed<String> {
        let mut pointers = String::new();
        while self.take("*")? {
            pointers.push_str(" *");
            let mut constant = false;
            while self.take_word("const")? {
                constant = true;
            }
            if constant {
                pointers.push_str(" const");
            }
        }
        Ok(pointers)
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

    fn value(&mut self) -> Parsed<Value> {
        if self.take("(")? {
            self.enter()?;
            let value = self.value()?;
            self.leave();
            self.expect(")")?;
            return Ok(value);
        }
        if matches!(self.token, Token::Word(_) | Token::Text(_)) {
            return Ok(Value::Text(self.path()?.join(".")));
        }
        Ok(Value::Number(self.number()?))
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

    /// A type. See [`crate::format::ctf::tsdl::specifiers`].
    pub(super) fn specifiers(&mut self) -> Parsed<Specifiers> {
        self.enter()?;
        let specifiers = super::specifiers::parse(self)?;
        self.leave();
        Ok(specifiers)
    }

    /// A label of an enumeration.
    pub(super) fn label(&mut self) -> Parsed<Label> {
        self.count()?;
        let name = match &mut self.token {
            Token::Word(word) => (*word).to_owned(),
            Token::Text(text) => std::mem::take(text),
            _ => return Err(self.unexpected("a label")),
        };
        self.advance()?;
        let range = if self.take("=")? {
            let first = self.number()?;
            Some((first, if self.take("...")? { self.number()? } else { first }))
        } else {
            None
        };
        Ok(Label { name, range })
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

    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(
                self.at,
                format!("types are nested more than {MAX_DEPTH} deep; no tracer does that"),
            ));
        }
        Ok(())
    }

    fn leave(&mut self) {
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
