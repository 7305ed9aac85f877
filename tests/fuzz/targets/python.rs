//! Any bytes as a pickle and as a marshal: nothing panics, and what was read is written and read
//! again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roda::lab::python::{Value, marshal, pickle};

/// Whether a value is equal to itself; `nan` is not.
fn is_whole(value: &Value) -> bool {
    #[allow(clippy::eq_op)]
    let is_equal = value == value;
    is_equal
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok((value, taken)) = pickle::read(bytes)
        && is_whole(&value)
    {
        assert!(taken <= bytes.len());
        let written = pickle::write(&value);
        // A class's name may hold what ends a line, and a text is then another.
        if !format!("{value:?}").contains("Instance") {
            assert_eq!(pickle::read(&written), Ok((value, written.len())));
        }
    }
    if let Ok((value, taken)) = marshal::read(bytes)
        && is_whole(&value)
    {
        assert!(taken <= bytes.len());
        let written = marshal::write(&value);
        assert_eq!(marshal::read(&written), Ok((value, written.len())));
    }
});
