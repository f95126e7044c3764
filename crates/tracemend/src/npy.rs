//! NumPy arrays of the published layout: windows are `[windows, L, 1]` 32-bit integers.

use std::io::{self, Write};

/// Writes the header of format 1.0: magic, version, header length, and a Python dict, padded so that the elements begin at a
/// multiple of 64. `kind` is NumPy's name for the type of the elements.
pub(crate) fn begin(out: &mut dyn Write, kind: &str, shape: [usize; 3]) -> io::Result<()> {
    let [first, second, third] = shape;
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({first}, {second}, {third}), }}");
    const BEFORE: usize = 10;
    while !(BEFORE + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&(header.len() as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())
}

/// Writes windows of `length` tokens.
#[cfg(feature = "nets")]
pub(crate) fn write<'a>(
    out: &mut dyn Write,
    windows: impl Iterator<Item = &'a [u32]>,
    count: usize,
    length: usize,
) -> io::Result<()> {
    begin(out, "<i4", [count, length, 1])?;
    for window in windows {
        for token in window {
            out.write_all(&token.to_le_bytes())?;
        }
    }
    Ok(())
}

#[cfg(all(test, feature = "nets"))]
mod tests {
    use super::*;
    use tracemend_trace::npy::load_array;

    #[test]
    fn the_reader_of_published_windows_reads_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("w.npy");
        let mut bytes = Vec::new();
        write(&mut bytes, [[1u32, 2, 3], [4, 5, 70_000]].iter().map(|w| w.as_slice()), 2, 3).expect("written");
        std::fs::write(&path, bytes).expect("a file");
        let array = load_array(&path).expect("an array");
        assert_eq!(array.shape, [2, 3, 1]);
        assert_eq!(array.data, [1.0, 2.0, 3.0, 4.0, 5.0, 70_000.0]);
    }
}
