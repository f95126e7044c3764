//! Whole metadata files: what other readers accept and refuse, and that no damage does harm.

use super::{check, parse};
use crate::TraceResult;
use crate::format::ctf::schema::Schema;
use std::path::{Path, PathBuf};

/// A file beside the repository that a fresh checkout may lack; says so where it does.
pub(super) fn shared(name: &str) -> Option<PathBuf> {
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
pub(super) fn metadata_below(folder: &Path) -> Vec<(String, PathBuf)> {
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

fn is_metadata(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tsdl" || extension == "json")
}

/// One tracer, asked for one format and for the other.
#[test]
fn both_languages_describe_the_same_fields() {
    let Some(folder) = shared("samples") else { return };
    let fields = |trace: &str| {
        let schema = super::read(&folder.join(trace).join("ust/uid/0/64-bit/metadata")).unwrap();
        let text = crate::format::ctf::outline::outline(&schema);
        let (_, fields) = text.split_once("  packet header").unwrap();
        fields.replace("extended=[65535] compact=[0..65534]", "compact=[0..65534] extended=[65535]")
    };
    assert_eq!(fields("ctf18-from-lttng216"), fields("ctf2-ust-paired"));
}

/// Our own metadata files and what they describe: `name.expect` beside each. `TRACEMEND_BLESS=1` writes it anew.
#[test]
fn fixtures_are_read_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ctf/metadata");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !is_metadata(&path) {
            continue;
        }
        let schema = check(&std::fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let found = crate::format::ctf::outline::outline(&schema);
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

/// Metadata packets of `text`, in either byte order.
fn packets(text: &[u8], each: usize, big: bool) -> Vec<u8> {
    let word = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut bytes = Vec::new();
    for part in text.chunks(each) {
        let size = (37 + part.len()) as u32;
        let padding = 5;
        bytes.extend(word(0x75D1_1D57));
        bytes.extend([7; 16]);
        [0, size * 8, (size + padding) * 8].iter().for_each(|&value| bytes.extend(word(value)));
        bytes.extend([0, 0, 0, 1, 8]);
        bytes.extend(part);
        bytes.extend([0xFF; 5]);
    }
    bytes
}

const TEXT: &[u8] = b"/* CTF 1.8 */ trace { major = 1; minor = 8; byte_order = le; };";

#[test]
fn packets_are_joined_in_either_byte_order() {
    for (each, big) in [(7, false), (20, true), (1000, false)] {
        assert!(check(&packets(TEXT, each, big)).is_ok());
    }
    // A header that was being written when the tracer died.
    let mut cut = packets(TEXT, 20, false);
    cut.extend_from_slice(&packets(TEXT, 20, false)[..36]);
    assert!(check(&cut).is_ok());
}

#[test]
fn faults_in_packets_are_placed_in_the_file() {
    let text = [TEXT, b" struct none x;"].concat();
    let at = text.windows(6).position(|word| word == b"struct").unwrap();
    for each in [5, 16, 4096] {
        let before = at / each;
        let error = check(&packets(&text, each, true)).unwrap_err().to_string();
        assert!(error.starts_with(&format!("metadata, byte {}: ", at + before * (37 + 5) + 37)), "{error}");
    }
}

#[test]
fn damaged_packets_are_refused_where_they_are() {
    let good = packets(TEXT, 40, false);
    let damaged = [
        (82, 82, 0, "no metadata packet begins here"),
        (90, 86, 9, "another UUID"),
        (102, 116, 1, "checksums are not known"),
        (116, 116, 1, "checksums are not known"),
        (114, 114, 1, "compression are not known"),
        (115, 115, 1, "encryption are not known"),
        (118, 117, 9, "metadata packet of CTF 1.9"),
        (107, 106, 9, "the file is damaged"),
        (106, 106, 1, "the file is damaged"),
    ];
    for (byte, at, value, reason) in damaged {
        let mut bytes = good.clone();
        bytes[byte] = value;
        let error = check(&bytes).unwrap_err().to_string();
        assert!(error.contains(reason) && error.starts_with(&format!("metadata, byte {at}: ")), "{error}");
    }
    let error = check(&good[..good.len() - 6]).unwrap_err().to_string();
    assert!(error.contains("the file ends before"), "{error}");
}

#[test]
fn hostile_texts_end_soon() {
    let trace = "trace { major = 1; minor = 8; byte_order = le; }; typealias integer { size = 8; } := u8;\n";
    let mut doubling = String::from(trace);
    doubling.push_str("struct s0 { u8 a; u8 b; };\n");
    for level in 1..60 {
        doubling.push_str(&format!("struct s{level} {{ struct s{0} a; struct s{0} b; }};\n", level - 1));
    }
    doubling.push_str("event { name = e; fields := struct s59; };");
    let mut chain = format!("{trace}typedef u8 t0[2];");
    (1..70).for_each(|level| chain.push_str(&format!("typedef t{} t{level}[2];\n", level - 1)));
    let many: String = (0..300_000).map(|n| format!("u8 a{n};")).collect();
    let lookups: String = (0..5000).map(|n| format!("u8 s{n}[a0];")).collect();
    let preamble = "\x1e{\"type\":\"preamble\",\"version\":2}\x1e{\"type\":\"data-stream-class\"}";
    let mut aliases = format!(
        "{preamble}\x1e{{\"type\":\"field-class-alias\",\"name\":\"a0\",\"field-class\":{{\"type\":\"structure\"}}}}"
    );
    for level in 1..60 {
        let member = |name| format!("{{\"name\":\"{name}\",\"field-class\":\"a{}\"}}", level - 1);
        let class = format!("{{\"type\":\"structure\",\"member-classes\":[{},{}]}}", member("x"), member("y"));
        aliases
            .push_str(&format!("\x1e{{\"type\":\"field-class-alias\",\"name\":\"a{level}\",\"field-class\":{class}}}"));
    }
    aliases.push_str("\x1e{\"type\":\"event-record-class\",\"payload-field-class\":\"a59\"}");
    let entries = |count: usize| (0..count).map(|n| format!("e{n} = 1;")).collect::<String>();
    let clocks: String = (0..50_000).map(|n| format!("clock {{ name = c{n}; }};")).collect();
    let mapped = |n| format!("integer {{ size = 8; map = clock.c49999.value; }} a{n}[env.e99999];");
    let mapped: String = (0..50_000).map(mapped).collect();
    let searches =
        format!("{trace}env {{ {} }}; {clocks} struct s {{ {mapped} u8 none[env.none]; }};", entries(100_000));
    let hostile = [
        (searches, "no length is set as `none`"),
        (doubling, "more than a million fields"),
        (chain, "nested more than 64 deep"),
        (format!("{trace}{}", "struct { ".repeat(100_000)), "nested more than 64 deep"),
        (format!("{trace}struct s {{ u8 {}", "(".repeat(100_000)), "nested more than 64 deep"),
        (format!("{trace}env {{ a = {}", "(".repeat(100_000)), "nested more than 64 deep"),
        (format!("{trace}env {{ a = {}", "b.".repeat(2_200_000)), "more than 2097152 declarations"),
        (format!("{trace}event {{ name = e; fields := struct {{ {lookups} {many} }}; }};"), "names no field before"),
        (format!("{preamble}\x1e{}", "[".repeat(100_000)), "recursion limit exceeded"),
        (aliases, "more than a million fields"),
        (format!("{preamble}\x1e[{}0]", "0,".repeat(5_000_000)), "more than 4194304 values"),
    ];
    for (text, reason) in hostile {
        let start = std::time::Instant::now();
        let error = check(text.as_bytes()).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
        assert!(start.elapsed().as_secs() < 10, "{reason}: {:?}", start.elapsed());
    }
}

/// Metadata to damage: our own, its packets, and the samples where they are.
fn originals() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ctf/metadata");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = files.filter(|path| is_metadata(path)).collect();
    paths.sort();
    let mut texts: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    texts.push(packets(&texts[1], 500, true));
    let samples = shared("samples").map(|folder| metadata_below(&folder)).unwrap_or_default();
    texts.extend(samples.iter().map(|(_, path)| std::fs::read(path).unwrap()));
    texts
}

#[test]
fn damaged_metadata_does_no_harm() {
    use proptest::prelude::*;
    let originals = originals();
    let damage = (0u8..5, any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1usize..200, any::<u8>());
    let cases = (any::<prop::sample::Index>(), prop::collection::vec(damage, 1..6));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(600));
    let (read, start) = (std::cell::Cell::new(0), std::time::Instant::now());
    runner
        .run(&cases, |(original, damages)| {
            let mut bytes = originals[original.index(originals.len())].clone();
            for (kind, at, from, length, value) in damages {
                if bytes.is_empty() {
                    break;
                }
                let (at, from) = (at.index(bytes.len()), from.index(bytes.len()));
                let piece = bytes[from..bytes.len().min(from + length)].to_vec();
                match kind {
                    0 => bytes[at] ^= 1 << (value % 8),
                    1 => bytes[at] = value,
                    2 => bytes.truncate(at),
                    3 => drop(bytes.splice(at..at, piece)),
                    _ => drop(bytes.drain(at..bytes.len().min(at + length))),
                }
            }
            read.set(read.get() + usize::from(check(&bytes).is_ok()));
            Ok(())
        })
        .unwrap();
    println!("{} of 600 damaged metadata texts still made sense", read.get());
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
