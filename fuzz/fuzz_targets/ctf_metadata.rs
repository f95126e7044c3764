#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tracemend_trace::fuzzing::ctf_metadata(data));
