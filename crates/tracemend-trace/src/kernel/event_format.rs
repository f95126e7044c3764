//! The kernel's description of an event: the text of `events/SYSTEM/EVENT/format`, which trace.dat and perf.data carry.
//!
//! ```text
//! name: sys_exit
//! ID: 356
//! format:
//!     field:unsigned short common_type;  offset:0;  size:2;  signed:0;
//!     field:__data_loc char[] filename;  offset:8;  size:4;  signed:0;
//!     field:unsigned long args[6];       offset:16; size:48; signed:0;
//! ```

use crate::decode::order::Order;

/// Longest text taken for a format.
pub(crate) const MAX_FORMAT: usize = 1 << 20;
/// Maximum number of fields of one event.
const MAX_FIELDS: usize = 512;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One number.
    Number,
    /// An array of fixed length; of characters, if so.
    Array { text: bool },
    /// Where in the record an array lies, and how long it is; counted from the field's own end if `relative`.
    Located { text: bool, relative: bool },
}

/// One field of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) offset: usize,
    pub(crate) size: usize,
    pub(crate) signed: bool,
    /// A pointer, which is printed in hexadecimal.
    pub(crate) pointer: bool,
    /// A C `long`, which is printed in hexadecimal where it has no sign.
    pub(crate) long: bool,
}

impl Field {
    /// The field's number, sign carried on where it has one.
    #[inline]
    pub(crate) fn number(&self, record: &[u8], order: Order) -> Option<i64> {
        if self.signed {
            order.signed(record, self.offset, self.size)
        } else {
            order.number(record, self.offset, self.size).map(|number| number as i64)
        }
    }

    /// The bytes of an array field.
    pub(crate) fn bytes<'r>(&self, record: &'r [u8], order: Order) -> Option<&'r [u8]> {
        let own = record.get(self.offset..self.offset.checked_add(self.size)?);
        match self.kind {
            Kind::Number => None,
            Kind::Array { .. } if self.size == 0 => record.get(self.offset..),
            Kind::Array { .. } => own,
            Kind::Located { relative, .. } => {
                let place = order.u32(record, self.offset)?;
                let base = if relative { self.offset + self.size } else { 0 };
                let start = base + (place & 0xffff) as usize;
                record.get(start..start + (place >> 16) as usize)
            }
        }
    }

    /// The text of a field of characters, up to its end mark.
    pub(crate) fn text<'r>(&self, record: &'r [u8], order: Order) -> Option<&'r [u8]> {
        let bytes = self.bytes(record, order)?;
        Some(&bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())])
    }
}

/// One event's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventFormat {
    pub(crate) name: Box<str>,
    pub(crate) id: u32,
    /// All fields, `common_` ones first.
    pub(crate) fields: Vec<Field>,
    /// How many of them are common to all events.
    pub(crate) common: usize,
}

impl EventFormat {
    /// Reads the text; `None` where it has no name or no number.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(&text[..text.len().min(MAX_FORMAT)]);
        let (mut name, mut id) = (None, None);
        let (mut common, mut own) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let line = line.trim();
            if let Some(rest) = line.strip_prefix("name:") {
                name = Some(rest.trim());
            } else if let Some(rest) = line.strip_prefix("ID:") {
                id = rest.trim().parse().ok();
            } else if let Some(field) = field(line) {
                let list = if field.name.starts_with("common_") { &mut common } else { &mut own };
                if list.len() < MAX_FIELDS {
                    list.push(field);
                }
            }
        }
        let name = name.filter(|name| !name.is_empty())?;
        let count = common.len();
        common.append(&mut own);
        Some(Self { name: name.into(), id: id?, fields: common, common: count })
    }

    /// The field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| &*field.name == name)
    }

    /// The event's own fields, without the common ones.
    pub(crate) fn own(&self) -> &[Field] {
        &self.fields[self.common..]
    }
}

/// `field:unsigned long args[6]; offset:16; size:48; signed:0;`, also of a header page.
pub(crate) fn field(line: &str) -> Option<Field> {
    let mut parts = line.trim().strip_prefix("field:")?.split(';');
    let declaration = parts.next()?.trim();
    let (mut offset, mut size, mut signed) = (None, None, false);
    for part in parts {
        match part.trim().split_once(':') {
            Some(("offset", value)) => offset = value.trim().parse::<usize>().ok(),
            Some(("size", value)) => size = value.trim().parse::<usize>().ok(),
            Some(("signed", value)) => signed = value.trim() == "1",
            _ => {}
        }
    }
    // No record is longer than a page of the ring; larger numbers are damage and would only overflow.
    let sane = |value: &usize| *value <= 1 << 24;
    let (offset, size) = (offset.filter(sane)?, size.filter(sane)?);
    let (without, array) = match (declaration.find('['), declaration.ends_with(']')) {
        (Some(bracket), true) => (&declaration[..bracket], true),
        (Some(_), false) | (None, _) => (declaration, false),
    };
    let cut = without.rfind([' ', '*', ']']).map_or(0, |at| at + 1);
    let (kind_text, name) = without.split_at(cut);
    let text = kind_text.split([' ', '[']).any(|word| matches!(word, "char" | "u8" | "s8" | "__u8"));
    let kind = if kind_text.starts_with("__data_loc") || kind_text.starts_with("__rel_loc") {
        Kind::Located { text, relative: kind_text.starts_with("__rel_loc") }
    } else if array {
        Kind::Array { text }
    } else {
        Kind::Number
    };
    let long = kind_text.split(' ').any(|word| word == "long") && !kind_text.contains("long long");
    let pointer = kind_text.contains('*');
    (!name.is_empty()).then(|| Field { name: name.into(), kind, offset, size, signed, pointer, long })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &[u8] = b"name: sys_enter_openat\nID: 701\nformat:\n\
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\
        \tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n\
        \tfield:const char * filename;\toffset:16;\tsize:8;\tsigned:0;\n\
        \tfield:__data_loc char[] __filename_val;\toffset:24;\tsize:4;\tsigned:0;\n\
        \tfield:unsigned long args[6];\toffset:32;\tsize:48;\tsigned:0;\n\n\
        print fmt: \"dfd: 0x%08lx\", ((unsigned long)(REC->dfd))\n";

    #[test]
    fn fields_keep_place_and_kind() {
        let format = EventFormat::parse(TEXT).unwrap();
        assert_eq!((&*format.name, format.id, format.common), ("sys_enter_openat", 701, 2));
        let names: Vec<&str> = format.own().iter().map(|field| &*field.name).collect();
        assert_eq!(names, ["__syscall_nr", "filename", "__filename_val", "args"]);
        assert!(format.field("filename").unwrap().pointer);
        assert_eq!(format.field("__filename_val").unwrap().kind, Kind::Located { text: true, relative: false });
        assert_eq!(format.field("args").unwrap().kind, Kind::Array { text: false });
    }

    #[test]
    fn a_place_outside_the_record_is_nothing() {
        let field = field("field:__data_loc char[] name;\toffset:0;\tsize:4;\tsigned:0;").unwrap();
        assert_eq!(field.text(&[4, 0, 3, 0, b'a', 0, b'b'], Order::Little), Some(&b"a"[..]));
        assert_eq!(field.text(&[4, 0, 9, 0, b'a', 0, b'b'], Order::Little), None);
    }
}
