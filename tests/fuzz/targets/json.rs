//! Any bytes as JSON as Python writes it. They are decoded or refused, and never cause a panic; a
//! decoded product survives a round trip, and its end is found.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roda::lab::products::Product;
use roda::lab::python::json;

fuzz_target!(|bytes: &[u8]| {
    let value = json::read(bytes);
    let Some(product) = Product::read(bytes) else {
        return;
    };
    assert!(value.is_ok());
    let written = product.json();
    let again = Product::read(written.as_bytes()).expect("we read what we write");
    // Compares the printed form, because not-a-number equals nothing.
    assert_eq!(again.to_string(), product.to_string());
});
