use super::*;
use crate::model::calibration::Belief;
use crate::model::testing::{bytes, trace, traces};
use crate::params::ModelParams;
use proptest::prelude::*;

fn load(bytes: &[u8]) -> Result<TraceModel, ModelError> {
    TraceModel::read(bytes, "m")
}

fn sample() -> Vec<u8> {
    let mut model = TraceModel::default();
    let names = ["read", "write", "poll", "read", "write", "futex"];
    let calls: Vec<(u32, i32, &str)> = (0..60).map(|i| (i as u32 % 2, i % 7 / 3, names[i as usize % 6])).collect();
    model.learn(&trace(&calls), 1);
    model.calibration.note(Belief { support: 0.5, lost: 7, place: 3 }, true);
    model.calibration.note_time(7, 0.1);
    bytes(&model)
}

/// Uses what a hostile file may have got past the checks.
fn use_it(model: &TraceModel) {
    let mut model = model.clone();
    model.trie.freeze();
    let params = ModelParams::default();
    let mut state = model.empty_state(Some("p0"), true);
    for token in 0..model.tokens.len() as u32 {
        model.trie.predict(state, model.tokens.len(), 0.9, 4, &params);
        model.trie.leave_probability(state, &params);
        model.timing.step_ns(token, &params);
        state = model.trie.advance(state, token);
    }
    model.learn(&trace(&[(0, 1, "read"), (0, 2, "write"), (0, 1, "poll")]), 1);
    let mut sum = TraceModel::default();
    sum.merge(&model);
    bytes(&sum);
}

proptest! {
    #[test]
    fn round_trip(trace in traces()) {
        let mut model = TraceModel::default();
        model.learn(&trace, 1);
        let model = model.canonical();
        let first = bytes(&model);
        let read = load(&first).unwrap();
        prop_assert_eq!(&bytes(&read), &first);
        prop_assert_eq!(read.events, model.events);
        let (vocabulary, params) = (model.tokens.len(), ModelParams::default());
        let mut state = model.empty_state(Some("p0"), true);
        prop_assert_eq!(state, read.empty_state(Some("p0"), true));
        for token in 0..vocabulary as u32 {
            let next = |model: &TraceModel| model.trie.predict(state, vocabulary, 0.99, 9, &params);
            prop_assert_eq!(next(&model), next(&read));
            let leave = |model: &TraceModel| model.trie.leave_probability(state, &params);
            prop_assert_eq!(leave(&model), leave(&read));
            prop_assert_eq!(model.timing.step_ns(token, &params), read.timing.step_ns(token, &params));
            let next = model.trie.advance(state, token);
            prop_assert_eq!(next, read.trie.advance(state, token));
            state = next;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn damaged_files_never_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        static SAMPLE: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(sample);
        let mut bytes = SAMPLE.clone();
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        for (place, value, part) in changes {
            // Half of the changes go to the data, where single numbers become other numbers.
            let place = if part < 2 { header + place.index(bytes.len() - header) } else { place.index(header) };
            bytes[place] = if part % 2 == 0 { value } else { bytes[place].wrapping_add(value % 3) };
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(model) = load(&bytes) {
            use_it(&model);
        }
    }
}

/// The sample with one number of one column changed.
fn altered(entry: &str, row: usize, value: u32) -> String {
    let mut bytes = sample();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let json: serde_json::Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    let at = 8 + header + json[entry]["data_offsets"][0].as_u64().unwrap() as usize + 4 * row;
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    // With a checksum that fits: what it cannot notice has to be noticed in the numbers.
    let old = json["__metadata__"]["crc32"].as_str().unwrap().as_bytes();
    let place = bytes.windows(8).position(|window| window == old).unwrap();
    let new = format!("{:08x}", crc32fast::hash(&bytes[8 + header..]));
    bytes[place..place + 8].copy_from_slice(new.as_bytes());
    load(&bytes).unwrap_err().to_string()
}

#[test]
fn says_what_is_damaged() {
    let advice = "copy the file again from its source, or train it again";
    for (entry, row, value, reason) in [
        ("trie.parent", 0, 1, "row 0 is not the empty context"),
        ("trie.parent", 1, 1, "row 1: out of order"),
        ("trie.parent", 5, u32::MAX, "row 5: out of order"),
        ("trie.link", 4, 9, "row 4: not the context without its oldest token"),
        ("trie.token", 2, 999, "row 2: no such token"),
        ("trie.count", 3, u32::MAX, "row 3: out of order"),
        ("trie.switched", 1, u32::MAX, "row 1: more than `followed`"),
        ("scheduler.chosen", 0, u32::MAX, "row 0: more than `present`"),
        ("timing.stays", 2, u32::MAX, "row 2: more than pauses"),
    ] {
        assert_eq!(altered(entry, row, value), format!("m: entry `{entry}` is damaged: {reason}; {advice}"));
    }
}

#[test]
fn calibration_is_kept_exactly() {
    let first = sample();
    let model = load(&first).unwrap();
    assert_ne!(model.calibration, TraceModel::default().calibration);
    assert_eq!(bytes(&model), first);
}

#[test]
fn refuses_other_files_and_versions() {
    let error = load(b"hello").unwrap_err();
    assert!(matches!(&error, ModelError::NotAModel { .. }), "{error}");
    let text = String::from_utf8_lossy(&sample()[8..]).into_owned();
    assert!(text.contains(r#""format_version":"3""#));
    let mut bytes = sample();
    let at = bytes.windows(20).position(|part| part == br#""format_version":"3""#).unwrap();
    bytes[at + 18] = b'9';
    let error = load(&bytes).unwrap_err();
    assert!(matches!(&error, ModelError::Version { entry: "format_version", .. }), "{error}");
}

#[test]
fn a_missing_folder_is_an_io_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none").join("model");
    let error = TraceModel::default().save(&path).unwrap_err();
    assert!(matches!(&error, ModelError::Io { .. }), "{error}");
    assert!(matches!(TraceModel::load(&path), Err(ModelError::Io { .. })));
}

#[test]
fn saving_replaces_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    std::fs::write(&path, "old").unwrap();
    TraceModel::default().save(&path).unwrap();
    assert_eq!(TraceModel::load(&path).unwrap().events, 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
