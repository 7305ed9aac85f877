//! Any bytes as `marshal` data: read or refused, never a panic; what was read is written again and
//! reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roda::lab::python::marshal::{read, write};

fuzz_target!(|bytes: &[u8]| {
    let Ok((value, taken)) = read(bytes) else { return };
    assert!(taken <= bytes.len());
    let written = write(&value).expect("no instance comes out of these bytes");
    let (again, taken) = read(&written).expect("we read what we write");
    // By what is shown: not-a-number equals nothing.
    assert_eq!((again.to_string(), taken), (value.to_string(), written.len()));
});
