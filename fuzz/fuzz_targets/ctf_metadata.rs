#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tracemend_trace::source::fuzzing::ctf_metadata(data));
