//! Whole metadata files: what other readers accept and refuse, and that no damage does harm.

use super::super::schema::Schema;
use super::{check, parse};
use crate::TraceResult;
use std::path::{Path, PathBuf};

/// A file beside the repository that a fresh checkout may lack; says so where it does.
fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TRACEMEND_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not here", path.display());
    None
}

/// Files called `metadata` below `folder`, with their names from there.
fn metadata_below(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(inner) = folders.pop() {
        for entry in std::fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "metadata") {
                let name = path.parent().unwrap().strip_prefix(folder).unwrap().display().to_string();
                found.push((name, path));
            }
        }
    }
    found.sort();
    found
}

/// Traces whose metadata `babeltrace2` 2.0.4 refuses. It refuses more of `fail/`, but for the data.
const REFUSED: [&str; 9] = [
    "fail/fail1",
    "fail/fail2",
    "fail/integer-range",
    "fail/invalid-sequence-length-field-class",
    "fail/invalid-variant-selector-field-class",
    "fail/lttng-modules-2.0-pre1",
    "fail/metadata-syntax-error",
    "fail/packet-based-metadata",
    "fail/smalltrace",
];

#[test]
fn conformance_traces_are_accepted_and_refused_as_by_babeltrace2() {
    let Some(folder) = shared("ctf-conformance/ctf-traces") else { return };
    let mut wrong = Vec::new();
    let files = metadata_below(&folder);
    assert_eq!(files.len(), 62);
    for (name, path) in files {
        let result = super::read(&path);
        println!("{name}: {}", summary(&result));
        if result.is_err() != REFUSED.contains(&&*name) {
            wrong.push(format!("{name}: {}", summary(&result)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn summary(result: &TraceResult<Schema>) -> String {
    match result {
        Ok(schema) => format!(
            "{} streams, {} events, {} clocks, {} registers, {:?}",
            schema.streams.len(),
            schema.streams.iter().map(|stream| stream.events.len()).sum::<usize>(),
            schema.clocks.len(),
            schema.registers,
            schema.warnings
        ),
        Err(error) => error.to_string(),
    }
}

#[test]
fn samples_are_read() {
    let Some(folder) = shared("samples") else { return };
    for (name, path) in metadata_below(&folder) {
        let result = super::read(&path);
        println!("{name}: {}", summary(&result));
        assert!(result.is_ok(), "{name}: {}", summary(&result));
    }
}

#[test]
fn nothing_is_no_metadata() {
    let error = parse(b" \n", Path::new("metadata")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metadata, byte 0: the metadata is empty; the tracer wrote none, or it was not copied whole"
    );
}

/// Our own metadata files and what they describe: `name.expect` beside each. `TRACEMEND_BLESS=1` writes it anew.
#[test]
fn fixtures_are_read_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ctf/metadata");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension == "expect" || extension == "md") {
            continue;
        }
        let schema = check(&std::fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let found = super::super::outline::outline(&schema);
        let expect = path.with_extension("expect");
        if std::env::var_os("TRACEMEND_BLESS").is_some() {
            std::fs::write(&expect, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expect).unwrap_or_default();
        assert_eq!(found, expected, "{}", path.display());
        read += 1;
    }
    assert!(read >= 6, "only {read} fixtures");
}
