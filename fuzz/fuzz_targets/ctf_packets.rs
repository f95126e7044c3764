#![no_main]

use tracemend_trace::fuzzing;

/// Metadata of LTTng 2.13 (CTF 1.8), of LTTng 2.16 (CTF 2), and of every field class there is.
const METADATA: [&[u8]; 3] = [
    include_bytes!("../../crates/tracemend-trace/tests/fixtures/ctf/lttng-1.8/metadata"),
    include_bytes!("../../crates/tracemend-trace/tests/fixtures/ctf/lttng-2/metadata"),
    include_bytes!("../../crates/tracemend-trace/tests/fixtures/ctf/metadata/classes.json"),
];

// The first byte chooses the metadata and where the rest is cut into two streams.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((&choice, bytes)) = data.split_first() {
        let metadata = METADATA[usize::from(choice) % METADATA.len()];
        let (first, second) = bytes.split_at(bytes.len() * usize::from(choice / 3) / 86);
        fuzzing::ctf_packets(metadata, &[first, second]);
    }
});
