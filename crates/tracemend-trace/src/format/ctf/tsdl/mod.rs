//! TSDL, the metadata language of CTF 1.8.
//!
//! A text becomes tokens ([`lexer`]), declarations ([`parser`], [`ast`]), types with their names looked up ([`scope`],
//! [`class`]) and at last fields ([`lower`]) of streams and events ([`blocks`]). Whatever the text says, nesting, the
//! number of fields and the time spent stay bounded.

mod ast;
mod attributes;
mod blocks;
mod class;
mod lexer;
mod lower;
mod parser;
mod reference;
mod roles;
mod scope;
mod specifiers;
mod tokens;

use super::fault::Fault;
use super::schema::Schema;

/// What a TSDL text describes.
pub(super) fn schema(text: &[u8]) -> Result<Schema, Fault> {
    blocks::schema(&tokens::Parser::new(text)?.document()?)
}

#[cfg(test)]
mod tests;
