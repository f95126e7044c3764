//! Describes schemas as `babeltrace2`'s `sink.text.details` does, and compares: fields, types, labels and options.

use super::tests::{metadata_below, shared};
use crate::format::ctf::schema::{EventClass, Field, Integer, Length, Mappings, Meaning, Member, Schema, Size, Struct};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Text of a field's class, from after its name.
fn field(out: &mut String, field_: &Field, depth: usize) {
    let indent = "  ".repeat(depth + 1);
    match field_ {
        Field::Integer(integer) => number(out, integer, &indent),
        Field::Float(float) if float.bits == 32 => out.push_str("Single-precision real\n"),
        Field::Float(_) => out.push_str("Double-precision real\n"),
        Field::String(_) | Field::Text { .. } => out.push_str("String\n"),
        Field::Struct(structure) => members(out, structure, depth),
        Field::Array { element, length, .. } => {
            match length {
                Length::Static(length) => writeln!(out, "Static array (Length {length}):").unwrap(),
                Length::Register(_) => out.push_str("Dynamic array (with length field) ():\n"),
            }
            write!(out, "{indent}Element: ").unwrap();
            field(out, element, depth + 1);
        }
        Field::Variant(variant) => {
            let sign = if variant.signed { "signed" } else { "unsigned" };
            let options = plural(variant.options.len(), "option");
            writeln!(out, "Variant ({sign} integer selector) ({options}, ):").unwrap();
            for option in &variant.options {
                write!(out, "{indent}{}: {}: ", option.member.name, ranges(&option.ranges)).unwrap();
                field(out, &option.member.field, depth + 1);
            }
        }
        Field::Blob { .. } | Field::Optional(_) => out.push_str("not of CTF 1.8\n"),
    }
}

fn number(out: &mut String, integer: &Integer, indent: &str) {
    let Size::Bits(bits) = integer.size else { return };
    let sign = if integer.signed { "Signed" } else { "Unsigned" };
    let (kind, labels) = match &integer.meaning {
        Meaning::Enumeration(mappings) => ("enumeration", Some(mappings)),
        _ => ("integer", None),
    };
    write!(out, "{sign} {kind} ({bits}-bit, Base {}", integer.base).unwrap();
    let Some(labels) = labels else { return out.push_str(")\n") };
    writeln!(out, ", {}):", plural(labels.labels.len(), "mapping")).unwrap();
    let Mappings { labels } = &**labels;
    let mut sorted: Vec<_> = labels.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    for (label, set) in sorted {
        writeln!(out, "{indent}{label}: {}", ranges(set)).unwrap();
    }
}

fn members(out: &mut String, structure: &Struct, depth: usize) {
    let list: Vec<&Member> = structure.members.iter().collect();
    let end = if list.is_empty() { "" } else { ":" };
    writeln!(out, "Structure ({}){end}", plural(list.len(), "member")).unwrap();
    for member in list {
        write!(out, "{}{}: ", "  ".repeat(depth + 1), member.name).unwrap();
        field(out, &member.field, depth + 1);
    }
}

fn ranges(set: &[(i128, i128)]) -> String {
    let mut set = set.to_vec();
    set.sort_unstable();
    let texts = set.iter().map(
        |&(first, last)| {
            if first == last { format!("[{first}]") } else { format!("[{first}, {last}]") }
        },
    );
    texts.collect::<Vec<_>>().join(" ")
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn event(out: &mut String, event: &EventClass) {
    writeln!(out, "    Event class `{}` (ID {}):", event.name, event.id).unwrap();
    for (name, part) in [("Specific context", &event.context), ("Payload", &event.payload)] {
        if let Some(part) = part {
            write!(out, "      {name} field class: ").unwrap();
            members(out, part, 3);
        }
    }
}

/// The lines of `babeltrace2` about stream classes, without what our schema has no place for.
fn theirs(text: &str) -> String {
    let mut kept = String::new();
    let mut skipped = usize::MAX;
    for line in text.lines() {
        let depth = line.len() - line.trim_start().len();
        if depth > skipped {
            continue;
        }
        skipped = usize::MAX;
        let stream = line.starts_with("  Stream class (ID ");
        let event = line.starts_with("    Event class `") || line.starts_with("    Event common context field class");
        if line.starts_with("    Packet context") || line.starts_with("    Default clock class") {
            skipped = depth;
        } else if stream || event || depth > 4 && !line.contains("Log level: ") && !line.contains("EMF URI: ") {
            kept.push_str(&without_path(line));
            kept.push('\n');
        }
    }
    kept
}

/// Leaves out where a length or selector lies: that shows in the decoded values.
fn without_path(line: &str) -> String {
    for name in ["Length field path [", "Selector field path ["] {
        if let Some((before, after)) = line.split_once(name) {
            return format!("{before}{}", after.split_once(']').unwrap().1);
        }
    }
    line.to_owned()
}

fn ours(schema: &Schema, only: &str) -> String {
    let mut out = String::new();
    let mut streams: Vec<_> = schema.streams.iter().collect();
    streams.sort_by_key(|stream| stream.id);
    for stream in streams {
        let head = format!("  Stream class (ID {}):\n", stream.id);
        // A stream class of which there is no stream file is not shown.
        if !only.contains(&head) {
            continue;
        }
        out.push_str(&head);
        if let Some(context) = &stream.event_context {
            out.push_str("    Event common context field class: ");
            members(&mut out, context, 2);
        }
        stream.events.iter().for_each(|class| event(&mut out, class));
    }
    out
}

/// Whether there is a `babeltrace2` of the version that was compared with; says so where not.
pub(in crate::format::ctf) fn babeltrace2_is_here() -> bool {
    let version = Command::new("babeltrace2").arg("--version").output();
    let here = version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).starts_with("Babeltrace 2.0."));
    if !here {
        eprintln!("skipped: babeltrace2 2.0 is not installed");
    }
    here
}

#[test]
fn fields_are_those_that_babeltrace2_describes() {
    if !babeltrace2_is_here() {
        return;
    }
    let (mut compared, mut different) = (0, String::new());
    // A stream of one packet without events goes with our own metadata, as classes without streams are not shown.
    let own = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ctf/metadata/types.tsdl");
    std::fs::copy(fixture, own.path().join("metadata")).unwrap();
    std::fs::write(own.path().join("stream"), 0xC1FC_1FC1_u32.to_be_bytes()).unwrap();
    let folders = ["ctf-conformance/ctf-traces", "samples"].into_iter().filter_map(shared);
    for folder in folders.chain([own.path().to_path_buf()]) {
        for (name, path) in metadata_below(&folder) {
            let Ok(schema) = super::read(&path) else { continue };
            let inputs = format!("inputs=[\"{}\"]", path.parent().unwrap().canonicalize().unwrap().display());
            let arguments =
                ["-c", "source.ctf.fs", "-p", &inputs, "-c", "sink.text.details", "-p", "with-data=no,color=\"never\""];
            let output = Command::new("babeltrace2").args(arguments).output().unwrap();
            let text = theirs(&String::from_utf8_lossy(&output.stdout));
            if text.is_empty() {
                continue;
            }
            compared += 1;
            let mine = ours(&schema, &text);
            if mine != text {
                let at = mine.lines().zip(text.lines()).position(|(mine, theirs)| mine != theirs);
                let line = |text: &str| at.and_then(|at| text.lines().nth(at)).unwrap_or("the end").to_owned();
                writeln!(different, "{name}:\n ours:  {}\n theirs:{}", line(&mine), line(&text)).unwrap();
            }
        }
    }
    println!("{compared} traces compared");
    assert!(compared > 0, "babeltrace2 showed nothing");
    assert!(different.is_empty(), "{different}");
}
