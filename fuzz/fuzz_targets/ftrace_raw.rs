#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tracemend_fuzz::read_raw_folder(data));
