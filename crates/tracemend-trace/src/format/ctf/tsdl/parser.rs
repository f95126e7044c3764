//! Parses TSDL by recursive descent.
//!
//! The grammar needs no table of declared types: the last word before a declaration's brackets, comma or semicolon is
//! the declared name, and the words in front of it are the type.

use super::ast::{Attribute, Block, Declaration, Declarator, Document, Entry, Label, Length, Specifiers, Value};
use super::lexer::Token;
use super::specifiers;
use super::tokens::{Parsed, Parser, append_word};
use crate::format::ctf::fault::Fault;

impl Parser<'_> {
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

    /// A type. See [`specifiers`].
    pub(super) fn specifiers(&mut self) -> Parsed<Specifiers> {
        self.enter()?;
        let specifiers = specifiers::parse(self)?;
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
}
