//! What is refused and why, fragment by fragment.

use crate::format::ctf::metadata::check;
use crate::format::ctf::outline::outline;

const PREAMBLE: &str = r#"{"type":"preamble","version":2}"#;
const STREAM: &str = r#"{"type":"data-stream-class"}"#;
const U8: &str = r#"{"type":"fixed-length-unsigned-integer","length":8,"byte-order":"little-endian"}"#;

/// Metadata of these fragments after a preamble.
fn fragments(texts: &[&str]) -> String {
    let mut sequence = format!("\x1e{PREAMBLE}\n");
    texts.iter().for_each(|text| sequence.push_str(&format!("\x1e{text}\n")));
    sequence
}

/// Metadata with one event whose payload has these members.
fn members(list: &[(&str, &str)]) -> String {
    let list: Vec<String> =
        list.iter().map(|(name, class)| format!(r#"{{"name":"{name}","field-class":{class}}}"#)).collect();
    let payload = format!(r#"{{"type":"structure","member-classes":[{}]}}"#, list.join(","));
    fragments(&[STREAM, &format!(r#"{{"type":"event-record-class","payload-field-class":{payload}}}"#)])
}

/// Metadata with one field of this class.
fn class(text: &str) -> String {
    members(&[("f", text)])
}

fn expect_refusals(refusals: &[(String, &str)]) {
    let mut different = String::new();
    for (text, reason) in refusals {
        let found = match check(text.as_bytes()) {
            Ok(schema) => format!("accepted\n{}", outline(&schema)),
            Err(error) => error.to_string(),
        };
        if !found.contains(reason) {
            different.push_str(&format!("{text}\nfound: {found}\nexpected: {reason}\n\n"));
        }
    }
    assert!(different.is_empty(), "{different}");
}

#[test]
fn faulty_fragments_are_refused() {
    let clock = r#"{"type":"clock-class","id":"c","frequency":10}"#;
    let alias = format!(r#"{{"type":"field-class-alias","name":"a","field-class":{U8}}}"#);
    let header = |class: &str| {
        let members = format!(r#"{{"name":"a","field-class":{U8}}},{{"name":"b","field-class":{class}}}"#);
        let structure = format!(r#"{{"type":"structure","member-classes":[{members}]}}"#);
        fragments(&[&format!(r#"{{"type":"trace-class","packet-header-field-class":{structure}}}"#)])
    };
    let with_role = |role: &str, length: u8| {
        format!(
            r#"{{"type":"fixed-length-unsigned-integer","length":{length},"byte-order":"big-endian","roles":["{role}"]}}"#
        )
    };
    expect_refusals(&[
        ("\x1e\n\x1e  ".into(), "holds no fragment"),
        ("\x1e{\"type\":\"preamble\"".into(), "byte 18: this is no complete JSON text"),
        ("\x1e{\"type\":\"preamble\",\n  \"version\": 2,}".into(), "byte 36: this is no complete JSON text"),
        ("\x1e[]".into(), "byte 1: each fragment is an object with a `type`"),
        (format!("\x1e{STREAM}"), "begins with a preamble"),
        ("\x1e{\"type\":\"preamble\",\"version\":3}".into(), "`version` of the preamble is 2"),
        ("\x1e{\"type\":\"preamble\",\"version\":2,\"uuid\":[1]}".into(), "array of 16 bytes"),
        ("\x1e{\"type\":\"preamble\",\"version\":2,\"uuid\":\"x\"}".into(), "is an array"),
        (fragments(&[PREAMBLE]), "byte 34: the preamble comes twice"),
        (
            "\x1e{\"type\":\"preamble\",\"version\":2,\"extensions\":{\"my.tracer\":{\"piano\":1}}}".into(),
            "extension of CTF 2 by `my.tracer`",
        ),
        (fragments(&[r#"{"type":"what"}"#]), "the fragment type `what` is not known"),
        (fragments(&[r#"{"type":"trace-class"}"#, r#"{"type":"trace-class"}"#]), "the trace class comes once"),
        (fragments(&[STREAM, r#"{"type":"trace-class"}"#]), "before all data stream classes"),
        (fragments(&[r#"{"type":"trace-class","environment":{"a":[]}}"#]), "entry `a` is an integer or a text"),
        (fragments(&[clock, clock]), "two clock classes have the id `c`"),
        (fragments(&[r#"{"type":"clock-class","frequency":10}"#]), "a clock class has an `id`"),
        (fragments(&[r#"{"type":"clock-class","id":"c","frequency":0}"#]), "an integer of at least 1"),
        (fragments(&[r#"{"type":"clock-class","id":"c","frequency":1,"origin":"epoch"}"#]), "\"unix-epoch\""),
        (fragments(&[r#"{"type":"clock-class","id":"c","frequency":1,"origin":{"name":"x"}}"#]), "has a `uid`"),
        (
            fragments(&[r#"{"type":"clock-class","id":"c","frequency":7,"offset-from-origin":{"cycles":7}}"#]),
            "between 0 and its frequency",
        ),
        (fragments(&[&alias, &alias]), "alias `a` comes twice"),
        (fragments(&[STREAM, STREAM]), "two data stream classes have the id 0"),
        (fragments(&[r#"{"type":"data-stream-class","id":-1}"#]), "an integer of at least 0"),
        (fragments(&[r#"{"type":"data-stream-class","default-clock-class-id":"c"}"#]), "no clock class `c`"),
        (
            fragments(&[&format!(r#"{{"type":"data-stream-class","packet-context-field-class":{U8}}}"#)]),
            "is a structure",
        ),
        (fragments(&[r#"{"type":"data-stream-class","packet-context-field-class":"a"}"#]), "no field class alias `a`"),
        (fragments(&[r#"{"type":"event-record-class"}"#]), "no data stream class with the id 0"),
        (
            fragments(&[STREAM, r#"{"type":"event-record-class","id":4}"#, r#"{"type":"event-record-class","id":4}"#]),
            "two event record classes of the stream 0 have the id 4",
        ),
        (header(&with_role("packet-magic-number", 32)), "comes first in packet headers"),
        (header(&with_role("packet-magic-number", 16)), "role `packet-magic-number` has no place here"),
        (header(&with_role("event-record-class-id", 16)), "role `event-record-class-id` has no place here"),
        (header(r#"{"type":"static-length-blob","length":16,"roles":["metadata-stream-uuid"]}"#), "needs a `uuid`"),
        (header(r#"{"type":"static-length-blob","length":15,"roles":["metadata-stream-uuid"]}"#), "has 16 bytes"),
        (header(r#"{"type":"static-length-blob","length":16,"roles":["data-stream-id"]}"#), "take only the role"),
        (
            fragments(&[&format!(
                r#"{{"type":"data-stream-class","event-record-header-field-class":{{"type":"structure","member-classes":[{{"name":"t","field-class":{}}}]}}}}"#,
                with_role("default-clock-timestamp", 8)
            )]),
            "needs a `default-clock-class-id`",
        ),
    ]);
}

#[test]
fn faulty_field_classes_are_refused() {
    let fixed = |rest: &str| class(&format!(r#"{{"type":"fixed-length-unsigned-integer",{rest}}}"#));
    expect_refusals(&[
        (class("7"), "a field class has a `type`"),
        (class(r#"{"type":"none"}"#), "type `none` is not known"),
        (class(r#""alias""#), "no field class alias `alias`"),
        (class(r#"{"type":"structure","extensions":{"x":{"y":1}}}"#), "extension of CTF 2 by `x`"),
        (fixed(r#""byte-order":"little-endian""#), "`length` is missing"),
        (fixed(r#""length":0,"byte-order":"little-endian""#), "at least 1"),
        (fixed(r#""length":8.0,"byte-order":"little-endian""#), "at least 1"),
        (fixed(r#""length":65,"byte-order":"little-endian""#), "fields of 65 bits are not known here"),
        (fixed(r#""length":8"#), "`byte-order` is"),
        (fixed(r#""length":8,"byte-order":"le""#), "`byte-order` is"),
        (fixed(r#""length":8,"byte-order":"big-endian","bit-order":"up""#), "`bit-order` is"),
        (fixed(r#""length":8,"byte-order":"big-endian","alignment":3"#), "power of two, not 3"),
        (fixed(r#""length":8,"byte-order":"big-endian","alignment":4294967296"#), "power of two"),
        (fixed(r#""length":8,"byte-order":"big-endian","preferred-display-base":3"#), "is 2, 8, 10 or 16"),
        (
            fixed(r#""length":8,"byte-order":"big-endian","mappings":{"a":[]}"#),
            "in `a`: a set of ranges holds at least one",
        ),
        (fixed(r#""length":8,"byte-order":"big-endian","mappings":{"a":[[2,1]]}"#), "ends before it begins"),
        (fixed(r#""length":8,"byte-order":"big-endian","mappings":{"a":[[1]]}"#), "array of two integers"),
        (fixed(r#""length":8,"byte-order":"big-endian","mappings":{"a":[[1,1e3]]}"#), "array of two integers"),
        (fixed(r#""length":8,"byte-order":"big-endian","roles":["data-stream-id"]"#), "has no place here"),
        (class(r#"{"type":"fixed-length-bit-map","length":8,"byte-order":"big-endian"}"#), "at least one flag"),
        (
            class(r#"{"type":"fixed-length-floating-point-number","length":128,"byte-order":"big-endian"}"#),
            "of 128 bits are not known here",
        ),
        (class(r#"{"type":"null-terminated-string","encoding":"latin1"}"#), "encoding `latin1`"),
        (class(r#"{"type":"static-length-string"}"#), "`length` is missing"),
        (class(r#"{"type":"structure","member-classes":{}}"#), "is an array"),
        (class(r#"{"type":"structure","member-classes":[{"name":"x"}]}"#), "`field-class` is missing"),
        (class(r#"{"type":"structure","minimum-alignment":0}"#), "at least 1"),
        (members(&[("x", U8), ("x", U8)]), "member `x` comes twice"),
        (class(r#"{"type":"static-length-array","length":2}"#), "`element-field-class` is missing"),
    ]);
}

#[test]
fn faulty_locations_are_refused() {
    let text = |location: &str| format!(r#"{{"type":"dynamic-length-string","length-field-location":{location}}}"#);
    let after = |location: &str| members(&[("n", U8), ("s", &text(location)), ("late", U8)]);
    let boolean = r#"{"type":"fixed-length-boolean","length":8,"byte-order":"little-endian"}"#;
    let bits = r#"{"type":"fixed-length-bit-array","length":8,"byte-order":"little-endian"}"#;
    let signed = r#"{"type":"variable-length-signed-integer"}"#;
    let by = |name: &str, kind: &str, rest: &str| {
        format!(r#"{{"type":"{kind}","selector-field-location":{{"path":["{name}"]}},{rest}}}"#)
    };
    let option = |range: &str| format!(r#"{{"selector-field-ranges":{range},"field-class":{U8}}}"#);
    let inside = format!(r#"{{"type":"structure","member-classes":[{{"name":"k","field-class":{U8}}}]}}"#);
    let array = format!(r#"{{"type":"static-length-array","length":2,"element-field-class":{inside}}}"#);
    expect_refusals(&[
        (class(r#"{"type":"dynamic-length-string"}"#), "`length-field-location` is missing"),
        (after(r#"{"path":[]}"#), "ends with the name of a field"),
        (after(r#"{"path":["n",null]}"#), "ends with the name of a field"),
        (after(r#"{"path":[1,"n"]}"#), "holds names and nulls"),
        (after(r#"{"origin":"nowhere","path":["n"]}"#), "no part of a packet is called `nowhere`"),
        (after(r#"{"origin":"packet-header","path":["n"]}"#), "in a part that is not there"),
        (after(r#"{"path":["late"]}"#), "names no field before this one"),
        (after(r#"{"path":["s"]}"#), "this field itself"),
        (after(r#"{"path":[null,"n"]}"#), "further out than the outermost structure"),
        (after(r#"{"path":["n","x"]}"#), "names no integer"),
        (
            fragments(&[&format!(
                r#"{{"type":"data-stream-class","packet-context-field-class":{{"type":"structure","member-classes":[{{"name":"s","field-class":{}}}]}}}}"#,
                text(r#"{"origin":"event-record-payload","path":["n"]}"#)
            )]),
            "lies in a part that comes after",
        ),
        (members(&[("n", boolean), ("s", &text(r#"{"path":["n"]}"#))]), "a length is an unsigned integer"),
        (members(&[("n", signed), ("s", &text(r#"{"path":["n"]}"#))]), "a length is an unsigned integer"),
        (members(&[("n", bits), ("s", &text(r#"{"path":["n"]}"#))]), "no length or selector"),
        (members(&[("a", &array), ("s", &text(r#"{"path":["a","k"]}"#))]), "into an array that is complete"),
        (members(&[("n", boolean), ("v", &by("n", "variant", r#""options":[]"#))]), "not a boolean"),
        (members(&[("n", U8), ("v", &by("n", "variant", r#""options":[]"#))]), "at least one option"),
        (
            members(&[
                ("n", U8),
                ("v", &by("n", "variant", &format!(r#""options":[{},{}]"#, option("[[1,3]]"), option("[[3,4]]")))),
            ]),
            "share a selector value",
        ),
        (
            members(&[("n", U8), ("o", &by("n", "optional", &format!(r#""field-class":{U8}"#)))]),
            "has `selector-field-ranges`",
        ),
    ]);
}

#[test]
fn texts_without_record_separators_are_read() {
    let schema = check(format!("{PREAMBLE}\n{STREAM}").as_bytes()).unwrap();
    assert_eq!(schema.streams.len(), 1);
}
