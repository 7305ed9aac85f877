//! Any bytes as `marshal` data. They are decoded or refused, and never cause a panic; a decoded
//! value survives a round trip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roda::lab::python::marshal::{read, write};

fuzz_target!(|bytes: &[u8]| {
    let Ok((value, taken)) = read(bytes) else {
        return;
    };
    assert!(taken <= bytes.len());
    let written = write(&value).expect("no instance comes out of these bytes");
    let (again, taken) = read(&written).expect("we read what we write");
    // Compares the printed form, because not-a-number equals nothing.
    assert_eq!(
        (again.to_string(), taken),
        (value.to_string(), written.len())
    );
});
