#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tracemend_fuzz::read(
    tracemend_trace::Format::Perfetto,
    data
));
