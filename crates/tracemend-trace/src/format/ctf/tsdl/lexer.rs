//! Words and marks of TSDL.

use crate::format::ctf::fault::Fault;

/// The smallest parts of the language.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    /// Identifier or keyword.
    Word(&'t str),
    Integer(u64),
    /// String or character constant, escapes resolved.
    Text(String),
    /// One of [`MARKS`].
    Mark(&'static str),
    End,
}

/// Operators and punctuation, longer ones first.
const MARKS: [&str; 19] =
    ["...", "->", ":=", "[", "]", "(", ")", "{", "}", "*", "+", "-", "<", ">", ":", ";", ".", ",", "="];

/// Cuts a text into tokens.
pub(super) struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The next token and where it begins.
    pub(super) fn next(&mut self) -> Result<(usize, Token<'t>), Fault> {
        self.skip_blanks()?;
        let start = self.at;
        let rest = &self.text[start..];
        let token = match rest {
            [] => Token::End,
            [b'"' | b'\'', ..] => self.quoted(0)?,
            [b'L', b'"' | b'\'', ..] => self.quoted(1)?,
            [b'0'..=b'9', ..] => self.integer()?,
            [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => self.word(),
            _ => self.mark()?,
        };
        Ok((start, token))
    }

    fn skip_blanks(&mut self) -> Result<(), Fault> {
        loop {
            let rest = &self.text[self.at..];
            match rest {
                [b' ' | b'\t' | b'\r' | b'\n', ..] => self.at += 1,
                [b'/', b'/', ..] => self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                [b'/', b'*', inside @ ..] => {
                    let Some(length) = memchr::memmem::find(inside, b"*/") else {
                        return Err(Fault::new(self.at, "this comment is not closed; the metadata was cut short"));
                    };
                    self.at += length + 4;
                }
                _ => return Ok(()),
            }
        }
    }

    fn word(&mut self) -> Token<'t> {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(rest.len());
        self.at += length;
        Token::Word(std::str::from_utf8(&rest[..length]).unwrap_or_default())
    }

    fn integer(&mut self) -> Result<Token<'t>, Fault> {
        let rest = &self.text[self.at..];
        let (radix, prefix) = match rest {
            [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => (16, 2),
            [b'0', ..] => (8, 0),
            _ => (10, 0),
        };
        let digits = &rest[prefix..];
        let length = digits.iter().position(|&b| !(b as char).is_digit(radix)).unwrap_or(digits.len());
        let mut value = 0u64;
        for &digit in &digits[..length] {
            let digit = (digit as char).to_digit(radix).unwrap_or(0);
            let next = value.checked_mul(u64::from(radix)).and_then(|value| value.checked_add(u64::from(digit)));
            value = next.ok_or_else(|| Fault::new(self.at, "this number does not fit into 64 bits"))?;
        }
        let suffix = digits[length..].iter().take(3).take_while(|b| matches!(b, b'u' | b'U' | b'l' | b'L')).count();
        self.at += prefix + length + suffix;
        Ok(Token::Integer(value))
    }

    /// A constant in quotes, which begin `prefix` bytes from here.
    fn quoted(&mut self, prefix: usize) -> Result<Token<'t>, Fault> {
        let start = self.at + prefix + 1;
        let quote = self.text[start - 1];
        let mut bytes = Vec::new();
        let mut at = start;
        loop {
            match self.text[at..] {
                [] => return Err(Fault::new(self.at, "this text is not closed; the metadata was cut short")),
                [b, ..] if b == quote => break,
                [b'\\', ..] => at = self.escape(at, &mut bytes)?,
                [b, ..] => {
                    bytes.push(b);
                    at += 1;
                }
            }
        }
        self.at = at + 1;
        Ok(Token::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Resolves the escape sequence at `at`; returns where it ends.
    fn escape(&self, at: usize, bytes: &mut Vec<u8>) -> Result<usize, Fault> {
        let rest = &self.text[at + 1..];
        let run = |from: usize, radix: u32, max: usize| {
            let digits = rest[from.min(rest.len())..].iter().take(max);
            digits
                .map_while(|&b| (b as char).to_digit(radix))
                .fold((0u32, 0), |(value, n), d| (value * radix + d, n + 1))
        };
        let (byte, length) = match rest.first() {
            Some(b'a') => (7, 1),
            Some(b'b') => (8, 1),
            Some(b'f') => (12, 1),
            Some(b'n') => (b'\n', 1),
            Some(b'r') => (b'\r', 1),
            Some(b't') => (b'\t', 1),
            Some(b'v') => (11, 1),
            Some(&b @ (b'\\' | b'\'' | b'"' | b'?')) => (b, 1),
            Some(b'x') if run(1, 16, 2).1 > 0 => {
                let (value, digits) = run(1, 16, 2);
                (value as u8, 1 + digits)
            }
            Some(b'0'..=b'7') => {
                let (value, digits) = run(0, 8, 3);
                (value as u8, digits)
            }
            Some(&b @ (b'u' | b'U')) => {
                let digits = if b == b'u' { 4 } else { 8 };
                let (value, found) = run(1, 16, digits);
                let Some(letter) = char::from_u32(value).filter(|_| found == digits) else {
                    return Err(Fault::new(at, "this escape sequence names no character"));
                };
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(at + 2 + digits);
            }
            _ => return Err(Fault::new(at, "this escape sequence is not known in TSDL")),
        };
        bytes.push(byte);
        Ok(at + 1 + length)
    }

    fn mark(&mut self) -> Result<Token<'t>, Fault> {
        let rest = &self.text[self.at..];
        let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(mark.as_bytes())) else {
            let reason = format!("the byte {:#04x} has no meaning in TSDL; is the metadata damaged?", rest[0]);
            return Err(Fault::new(self.at, reason));
        };
        self.at += mark.len();
        Ok(Token::Mark(mark))
    }
}
