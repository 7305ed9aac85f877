//! Both codecs against what CPython writes (`vectors.txt`), against what an enemy writes, and
//! against themselves.

use proptest::prelude::*;

use super::{PythonFault, Value, marshal, pickle};

/// The lines of `vectors.txt` of one kind: version and bytes.
fn vectors(kind: &str) -> Vec<(u8, Vec<u8>)> {
    let lines = include_str!("vectors.txt").lines();
    let mut found = Vec::new();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        if words.next() == Some(kind) {
            let version = words.next().unwrap().parse().unwrap();
            found.push((version, hex(words.next().unwrap())));
        }
    }
    assert!(!found.is_empty(), "{kind}");
    found
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

const SAMPLE: &str = "None, True, False, 0, -1, 255, 65535, 70000, -2147483648, 1099511627776, \
    -9223372036854775808, 18446744073709551615, 1267650600228229401496703205376, 1.5, -0.0, \
    1e+16, 1e-05, '', 'olá\\n\\\\', '😀', b'', b'\\x00\\xff', (), (1,), (1, 2), (1, 2, 3), \
    (1, 2, 3, 4), [[1], [1]], {'a': 1, 'b': [2]}, {'k': {}}, 'a', 'a'";

#[test]
fn pickles_of_every_protocol_are_read() {
    for (protocol, bytes) in vectors("pickle") {
        let (value, taken) = pickle::read(&bytes).unwrap();
        assert_eq!(value.to_string(), format!("[{SAMPLE}]"), "{protocol}");
        assert_eq!(taken, bytes.len());
    }
    for (protocol, bytes) in vectors("inst") {
        let value = pickle::read(&bytes).unwrap().0.to_string();
        let instance = "produto.Produto(codigo=1, nome='Caneta', preco=2.5)";
        assert_eq!(value, instance, "{protocol}");
    }
    for (protocol, bytes) in vectors("slots") {
        let value = pickle::read(&bytes).unwrap().0.to_string();
        assert_eq!(value, "produto.Fixo(x=7)", "{protocol}");
    }
    for (protocol, bytes) in vectors("set") {
        let value = pickle::read(&bytes).unwrap().0.to_string();
        assert_eq!(value, "[{3}, {4}, set(), b'x', b'']", "{protocol}");
    }
}

#[test]
fn marshals_of_every_version_are_read() {
    for (version, bytes) in vectors("marshal") {
        let (value, taken) = marshal::read(&bytes).unwrap();
        assert_eq!(
            value.to_string(),
            format!("[{SAMPLE}, {{3}}, {{4}}]"),
            "{version}"
        );
        assert_eq!(taken, bytes.len());
    }
}

#[test]
fn what_is_cut_anywhere_is_incomplete() {
    for (_, bytes) in ["pickle", "inst", "set"].into_iter().flat_map(vectors) {
        for end in 0..bytes.len() {
            assert_eq!(pickle::read(&bytes[..end]), Err(PythonFault::Incomplete));
        }
    }
    for (_, bytes) in vectors("marshal") {
        for end in 0..bytes.len() {
            assert_eq!(marshal::read(&bytes[..end]), Err(PythonFault::Incomplete));
        }
    }
}

#[test]
fn what_would_run_or_import_something_is_refused() {
    for refused in [
        &b"cos\nsystem\n(S'true'\ntR."[..],
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
        b"c__builtin__\neval\n(S'1'\ntR.",
        b"(ios\nsystem\n(S'true'\ni__main__\nX\n.",
        b"(S'true'\nios\nsystem\n.",
        b"cos\nsystem\n.",
        b"\x80\x02cos\nX\nI1\n\x85\x81.",
        b"Pname\n.",
        b"\x82\x01.",
    ] {
        assert_eq!(
            pickle::read(refused),
            Err(PythonFault::Refused),
            "{refused:?}"
        );
    }
    for refused in [
        &b"c\0\0\0\0"[..],
        b"S",
        b".",
        b"y\0\0\0\0\0\0\0\0",
        b"\xdb\x01\0\0\0r\0\0\0\0",
    ] {
        assert_eq!(
            marshal::read(refused),
            Err(PythonFault::Refused),
            "{refused:?}"
        );
    }
}

#[test]
fn bombs_are_too_large() {
    // Each list holds the one before ten times.
    let mut bomb = b"]q\0".to_vec();
    for level in 1..40_u8 {
        bomb.extend([b']', b'q', level, b'(']);
        bomb.extend([b'h', level - 1].repeat(10));
        bomb.push(b'e');
    }
    bomb.push(b'.');
    assert_eq!(pickle::read(&bomb), Err(PythonFault::TooLarge));
    let deep = [
        vec![b'('; 100],
        b"N".to_vec(),
        b"t".repeat(100),
        b".".to_vec(),
    ]
    .concat();
    assert_eq!(pickle::read(&deep), Err(PythonFault::TooLarge));
    let cycle = b"]q\0h\0a.";
    assert_eq!(pickle::read(cycle), Err(PythonFault::TooLarge));
    let claimed = b"X\xff\xff\xff\xffabc";
    assert_eq!(pickle::read(claimed), Err(PythonFault::Incomplete));
    let long = [&b"\x8a\x11"[..], &[1; 17], b"."].concat();
    assert_eq!(pickle::read(&long), Err(PythonFault::TooLarge));

    let mut bomb = b"[\x28\0\0\0\xdb\0\0\0\0".to_vec();
    for level in 0..39_u8 {
        bomb.extend(b"\xdb\x0a\0\0\0");
        bomb.extend([b'r', level, 0, 0, 0].repeat(10));
    }
    assert_eq!(marshal::read(&bomb), Err(PythonFault::TooLarge));
    let deep = b"[\x01\0\0\0".repeat(100);
    assert_eq!(marshal::read(&deep), Err(PythonFault::TooLarge));
    assert_eq!(
        marshal::read(b"[\xff\xff\xff\xff"),
        Err(PythonFault::Incomplete)
    );
}

#[test]
fn broken_programs_are_malformed() {
    for broken in [
        &b"."[..],
        b"(.",
        b"e.",
        b"]a.",
        b"N(0",
        b"Ia\n.",
        b"\x80\x09N.",
        b"h\0.",
        b"\xff",
    ] {
        assert_eq!(
            pickle::read(broken),
            Err(PythonFault::Malformed),
            "{broken:?}"
        );
    }
    for broken in [
        &b"0"[..],
        b"?",
        b"{N0",
        b"[\x01\0\0\x000",
        b"l\x01\0\0\0\xff\xff",
        b"r\0\0\0\0",
    ] {
        assert_eq!(
            marshal::read(broken),
            Err(PythonFault::Malformed),
            "{broken:?}"
        );
    }
}

#[test]
fn values_are_written_as_python_writes_them() {
    let json = r#"{"nome":"d'Ana","idade":null,"x":[true,"a\\b\"'",{"y":1.0}],"z":4294967296}"#;
    let value = Value::from(&serde_json::from_str::<serde_json::Value>(json).unwrap());
    let python =
        r#"{'nome': "d'Ana", 'idade': None, 'x': [True, 'a\\b"\'', {'y': 1.0}], 'z': 4294967296}"#;
    assert_eq!(value.to_string(), python);
    assert_eq!(Value::Text("d'Ana".into()).printed(), "d'Ana");
    for (float, python) in [(2.5e-7, "2.5e-07"), (1e300, "1e+300"), (100.0, "100.0")] {
        assert_eq!(Value::Float(float).to_string(), python);
    }
    assert_eq!(Value::Float(f64::NEG_INFINITY).to_string(), "-inf");
    assert_eq!(
        Value::Text("\u{1b}\u{85}".into()).to_string(),
        r"'\x1b\x85'"
    );
}

fn values() -> impl Strategy<Value = Value> {
    let floats = any::<f64>().prop_filter("equal to itself", |float| !float.is_nan());
    let plain = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        (-i128::MAX..i128::MAX).prop_map(Value::Integer),
        any::<i32>().prop_map(|integer| Value::Integer(integer.into())),
        floats.prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        any::<Vec<u8>>().prop_map(Value::Bytes),
    ];
    plain.prop_recursive(4, 64, 8, |inner| {
        let items = proptest::collection::vec(inner.clone(), 0..8);
        let pairs = proptest::collection::vec((inner.clone(), inner), 0..8);
        prop_oneof![
            items.clone().prop_map(Value::List),
            items.clone().prop_map(Value::Tuple),
            items.prop_map(Value::Set),
            pairs.prop_map(Value::Dictionary),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(value in values(), behind in any::<Vec<u8>>()) {
        let pickled = pickle::write(&value);
        let all = [&pickled[..], &behind].concat();
        prop_assert_eq!(pickle::read(&all), Ok((value.clone(), pickled.len())));
        let instance = Value::Instance {
            class: "produto.Produto".into(),
            fields: vec![(Value::Text("x".into()), value.clone())],
        };
        prop_assert_eq!(pickle::read(&pickle::write(&instance)).map(|read| read.0), Ok(instance));
        let marshalled = marshal::write(&value);
        let all = [&marshalled[..], &behind].concat();
        prop_assert_eq!(marshal::read(&all), Ok((value, marshalled.len())));
    }

    #[test]
    fn any_bytes_are_a_value_or_a_fault(bytes in any::<Vec<u8>>()) {
        let _ = pickle::read(&bytes);
        let _ = marshal::read(&bytes);
    }
}
