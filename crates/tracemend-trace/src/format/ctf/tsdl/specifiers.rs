//! Parses types: names of several words, and the built-in classes with their bodies.

use super::ast::{Declaration, Specifier, Specifiers};
use super::lexer::Token;
use super::tokens::{Parsed, Parser, append_word};
use crate::format::ctf::fault::Fault;

/// A type. The parser counts the nesting.
pub(super) fn parse(parser: &mut Parser<'_>) -> Parsed<Specifiers> {
    let at = parser.at;
    let mut name = String::new();
    // Whether the words so far, `const` aside, name something.
    let mut typed = false;
    while let Token::Word(word) = parser.token {
        match word {
            "const" => {}
            "void" | "char" | "short" | "int" | "long" | "float" | "double" | "signed" | "unsigned" | "_Bool"
            | "_Complex" | "_Imaginary" => typed = true,
            "integer" | "floating_point" | "string" | "struct" | "variant" | "enum" if !typed => {
                parser.advance()?;
                let class = built_in(parser, word)?;
                while parser.take_word("const")? {}
                return Ok(Specifiers { at, class });
            }
            "typedef" | "typealias" => break,
            _ if !typed => typed = true,
            _ if parser.type_goes_on() => {}
            _ => break,
        }
        parser.count()?;
        append_word(&mut name, word);
        parser.advance()?;
    }
    if !typed {
        return Err(parser.unexpected("a type"));
    }
    Ok(Specifiers { at, class: Specifier::Name(name) })
}

fn built_in(parser: &mut Parser<'_>, keyword: &str) -> Parsed<Specifier> {
    Ok(match keyword {
        "integer" => Specifier::Integer(parser.attributes()?),
        "floating_point" => Specifier::Float(parser.attributes()?),
        "string" if parser.token == Token::Mark("{") => Specifier::String(parser.attributes()?),
        "string" => Specifier::String(Vec::new()),
        "struct" => structure(parser)?,
        "variant" => variant(parser)?,
        _ => enumeration(parser)?,
    })
}

fn structure(parser: &mut Parser<'_>) -> Parsed<Specifier> {
    let name = name(parser)?;
    let members = members(parser)?;
    if name.is_none() && members.is_none() {
        return Err(parser.unexpected("the name or the body of a structure"));
    }
    let mut align = None;
    if members.is_some() && parser.take_word("align")? {
        parser.expect("(")?;
        align = Some(parser.unsigned("an alignment in bits")?);
        parser.expect(")")?;
    }
    Ok(Specifier::Struct { name, members, align })
}

fn variant(parser: &mut Parser<'_>) -> Parsed<Specifier> {
    let name = name(parser)?;
    let mut tag = None;
    if parser.take("<")? {
        tag = Some(parser.path()?);
        parser.expect(">")?;
    }
    let options = members(parser)?;
    if options.is_none() && (name.is_none() || tag.is_none()) {
        return Err(parser.unexpected("the options of a variant in braces"));
    }
    Ok(Specifier::Variant { name, tag, options })
}

fn enumeration(parser: &mut Parser<'_>) -> Parsed<Specifier> {
    let name = name(parser)?;
    let container = if parser.take(":")? { Some(Box::new(parser.specifiers()?)) } else { None };
    if container.is_none() && name.is_some() && parser.token != Token::Mark("{") {
        return Ok(Specifier::Enum { name, container, labels: None });
    }
    parser.expect("{")?;
    let mut labels = vec![parser.label()?];
    while parser.take(",")? && parser.token != Token::Mark("}") {
        labels.push(parser.label()?);
    }
    parser.expect("}")?;
    Ok(Specifier::Enum { name, container, labels: Some(labels) })
}

/// The name of a structure, variant or enumeration, if it has one.
fn name(parser: &mut Parser<'_>) -> Parsed<Option<String>> {
    let Token::Word(word) = parser.token else { return Ok(None) };
    parser.advance()?;
    Ok(Some(word.to_owned()))
}

/// The body of a structure or variant, if it comes next.
fn members(parser: &mut Parser<'_>) -> Parsed<Option<Vec<Declaration>>> {
    if !parser.take("{")? {
        return Ok(None);
    }
    let mut members = Vec::new();
    while !parser.take("}")? {
        let at = parser.at;
        let declaration = parser.declaration()?;
        if matches!(declaration, Declaration::Type(_)) {
            return Err(Fault::new(at, "this member has no name"));
        }
        members.push(declaration);
    }
    Ok(Some(members))
}
