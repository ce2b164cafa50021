//! `targets::smpp` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nyckelbud_fuzz::run("smpp", data));
