//! The wire format of protobuf: fields with a number, one after the other. `prost` decodes whole messages; a walk over the fields
//! is for messages that are read in part, and for events whose kind is the number of the field that holds them.

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// A number.
    Number(u64),
    /// A number of fixed size, of which nothing here is one.
    Fixed,
    /// A text, a message, or packed numbers.
    Bytes(&'a [u8]),
}

/// A field, and where its content begins and ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) number: u32,
    pub(crate) value: Value<'a>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What is wrong with a message, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

/// Walks over a message.
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Reads a number of up to ten bytes; returns it with how many it takes.
#[inline]
pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0u64;
    for (index, &byte) in bytes.iter().take(10).enumerate() {
        // The tenth byte has room for one bit.
        if index == 9 && byte > 1 {
            return None;
        }
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Some((number, index + 1));
        }
    }
    None
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Where the next field begins.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn number(&mut self) -> Result<u64, &'static str> {
        let (number, len) = varint(&self.bytes[self.at..]).ok_or("a number that does not end")?;
        self.at += len;
        Ok(number)
    }

    fn field(&mut self) -> Result<Field<'a>, &'static str> {
        let tag = self.number()?;
        let number = u32::try_from(tag >> 3).ok().filter(|&number| number > 0).ok_or("a field without a number")?;
        let mut start = self.at;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 | 5 => {
                self.at += if tag & 7 == 1 { 8 } else { 4 };
                Value::Fixed
            }
            2 => {
                let len = self.number()?;
                start = self.at;
                let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len));
                self.at = end.ok_or("a field that is longer than its message")?;
                Value::Bytes(self.bytes.get(start..self.at).ok_or("a field that is longer than its message")?)
            }
            _ => return Err("a field of a type that Perfetto does not write"),
        };
        if self.at > self.bytes.len() {
            return Err("a field that is longer than its message");
        }
        Ok(Field { number, value, start, end: self.at })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Fault>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let at = self.at;
        let field = self.field();
        if field.is_err() {
            self.at = self.bytes.len();
        }
        Some(field.map_err(|what| Fault { at, what }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    struct Sample {
        #[prost(uint64, optional, tag = "1")]
        number: Option<u64>,
        #[prost(bytes = "vec", repeated, tag = "300")]
        texts: Vec<Vec<u8>>,
        #[prost(fixed64, optional, tag = "5")]
        fixed: Option<u64>,
        #[prost(float, optional, tag = "6")]
        float: Option<f32>,
    }

    proptest! {
        #[test]
        fn fields_are_those_that_prost_wrote(
            number in any::<Option<u64>>(), texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..4),
            fixed in any::<Option<u64>>(), float in prop::option::of(-1e9f32..1e9),
        ) {
            let bytes = Sample { number, texts: texts.clone(), fixed, float }.encode_to_vec();
            let fields: Vec<Field<'_>> = Fields::new(&bytes).collect::<Result<_, _>>().unwrap();
            let numbers: Vec<u64> = fields.iter().filter_map(|field| match field.value { Value::Number(n) => Some(n), _ => None }).collect();
            let found: Vec<&[u8]> = fields.iter().filter_map(|field| match field.value { Value::Bytes(b) => Some(b), _ => None }).collect();
            prop_assert_eq!(numbers, number.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(found, texts.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(fields.last().map_or(0, |field| field.end), bytes.len());
        }

        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Fields::new(&bytes).count() <= bytes.len());
        }
    }
}
