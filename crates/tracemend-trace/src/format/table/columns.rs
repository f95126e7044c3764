//! Columns of a table by the names in its first row.

use crate::decode::bytes::trim;
use crate::format::text_source::Parsed;

/// Maximum number of columns of a file.
const MAX_COLUMNS: usize = 64;

/// What each column of a file is: the index of its name among the known ones.
pub(crate) struct Columns(Vec<Option<usize>>);

impl Columns {
    /// The columns by the names in a first row; `None` unless those `needed` are there.
    pub(super) fn of<'r>(names: impl Iterator<Item = &'r [u8]>, known: &[&[u8]], needed: [usize; 2]) -> Option<Self> {
        let index = |name: &[u8]| known.iter().position(|known| *known == name);
        let columns: Vec<_> = names.take(MAX_COLUMNS).map(index).collect();
        needed.iter().all(|&wanted| columns.contains(&Some(wanted))).then_some(Self(columns))
    }

    /// The known fields of a row, by the index of their names; `None` where the row has fewer fields than the first one.
    pub(super) fn fields<'r, const N: usize>(&self, row: impl IntoIterator<Item = &'r [u8]>) -> Option<[&'r [u8]; N]> {
        let mut fields: [&[u8]; N] = [b""; N];
        let mut values = row.into_iter();
        for column in &self.0 {
            let value = values.next()?;
            if let Some(column) = column {
                fields[*column] = value;
            }
        }
        Some(fields)
    }
}

/// The first row of a file, which names its columns, once it was read.
#[derive(Default)]
pub(super) struct FirstRow(Option<Columns>);

impl FirstRow {
    /// The columns, for a line below the first row. The first row itself, read by `read`, is no event; a file that begins
    /// with another line is not understood.
    pub(super) fn columns(&mut self, line: &[u8], read: fn(&[u8]) -> Option<Columns>) -> Result<&Columns, Parsed> {
        if self.0.is_none() {
            self.0 = read(line);
            return Err(if self.0.is_some() { Parsed::Nothing } else { Parsed::Unknown });
        }
        self.0.as_ref().ok_or(Parsed::Unknown)
    }
}

/// The names in a first row, trimmed.
pub(super) fn names(row: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    row.split(move |&b| b == separator).map(trim)
}
