//! Python's own pickles, hostile ones, and round trips.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::PythonFault::{self, Incomplete, Malformed, Refused, TooLarge};
use super::super::tests::{Instances, any_value, unhex};
use super::super::{NESTING_MAX, Value};
use super::samples::{PICKLED, SHOWN};
use super::{read, write};

#[test]
fn every_protocol_of_python_s_own_reads_the_same() {
    for (protocol, pickled) in PICKLED.iter().enumerate() {
        let bytes = unhex(pickled);
        let (value, taken) = read(&bytes).unwrap();
        assert_eq!(value.to_string(), SHOWN, "protocol {protocol}");
        assert_eq!(taken, bytes.len(), "protocol {protocol}");
        // Bytes after the end belong to someone else, and what we write reads the same again.
        let written = write(&value);
        let (again, taken) = read(&[&written, b"cos\n".as_slice()].concat()).unwrap();
        assert_eq!(again.to_string(), SHOWN, "protocol {protocol}, written");
        assert_eq!(taken, written.len(), "protocol {protocol}, written");
    }
}

#[test]
fn a_beginning_is_incomplete_wherever_it_ends() {
    for pickled in PICKLED {
        let bytes = unhex(pickled);
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), Err(Incomplete), "{end} bytes");
        }
    }
}

/// Some pickles of protocol 2, without their memo: `pickletools.optimize(pickle.dumps(v, 2))`.
const WORD_FOR_WORD: &[(&str, &[u8])] = &[
    (
        "[None, True, False, 0, 255, 256, -1, 2147483648, -2147483648, -2147483649]",
        b"\x80\x02](N\x88\x89K\x00K\xffM\x00\x01J\xff\xff\xff\xff\x8a\x05\x00\x00\x00\x80\x00\
          J\x00\x00\x00\x80\x8a\x05\xff\xff\xff\x7f\xffe.",
    ),
    (
        "[9223372036854775808, -9223372036854775808, 18446744073709551616]",
        b"\x80\x02](\x8a\t\x00\x00\x00\x00\x00\x00\x00\x80\x00\x8a\x08\x00\x00\x00\x00\x00\x00\
          \x00\x80\x8a\t\x00\x00\x00\x00\x00\x00\x00\x00\x01e.",
    ),
    (
        "-170141183460469231731687303715884105728",
        b"\x80\x02\x8a\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80.",
    ),
    ("'aç😀'", b"\x80\x02X\x07\0\0\0a\xc3\xa7\xf0\x9f\x98\x80."),
    (
        r"b'\x00\xff'",
        b"\x80\x02c_codecs\nencode\nX\x03\0\0\0\x00\xc3\xbfX\x06\0\0\0latin1\x86R.",
    ),
    ("b''", b"\x80\x02c__builtin__\nbytes\n)R."),
    ("[]", b"\x80\x02]."),
    ("[1]", b"\x80\x02]K\x01a."),
    ("()", b"\x80\x02)."),
    ("(1,)", b"\x80\x02K\x01\x85."),
    ("(1, 2)", b"\x80\x02K\x01K\x02\x86."),
    ("(1, 2, 3)", b"\x80\x02K\x01K\x02K\x03\x87."),
    ("(1, 2, 3, 4)", b"\x80\x02(K\x01K\x02K\x03K\x04t."),
    ("{}", b"\x80\x02}."),
    ("{'a': 1}", b"\x80\x02}X\x01\0\0\0aK\x01s."),
    (
        "{'a': 1, 'b': 2.5}",
        b"\x80\x02}(X\x01\0\0\0aK\x01X\x01\0\0\0bG@\x04\0\0\0\0\0\0u.",
    ),
    ("{3}", b"\x80\x02c__builtin__\nset\n]K\x03a\x85R."),
    ("set()", b"\x80\x02c__builtin__\nset\n]\x85R."),
    (
        "produto.Produto(codigo=1, nome='Caneta')",
        b"\x80\x02cproduto\nProduto\n)\x81}(X\x06\0\0\0codigoK\x01X\x04\0\0\0nome\
          X\x06\0\0\0Canetaub.",
    ),
];

#[test]
fn what_is_written_is_what_python_writes_without_its_memo() {
    for (shown, bytes) in WORD_FOR_WORD {
        let (value, taken) = read(bytes).unwrap();
        assert_eq!((value.to_string().as_str(), taken), (*shown, bytes.len()));
        assert_eq!(write(&value), *bytes, "{shown}");
    }
}

#[test]
fn rarer_ways_to_say_the_same_are_taken() {
    let same: &[(&[u8], &str)] = &[
        // Slots, and slots beside a dictionary.
        (
            b"\x80\x02cm\nPonto\n)\x81N}X\x01\0\0\0xK\x03s\x86b.",
            "m.Ponto(x=3)",
        ),
        (
            b"\x80\x02cm\nP\n)\x81}X\x01\0\0\0yK\x04s}X\x01\0\0\0xK\x03s\x86b.",
            "m.P(y=4, x=3)",
        ),
        (b"\x80\x04\x8c\x01m\x8c\x05A.B.C\x93)}\x92.", "m.A.B.C()"),
        // The instances of Python 2's plain classes.
        (b"(im\nP\n(dVx\nI3\nsb.", "m.P(x=3)"),
        (b"(cm\nP\no}b.", "m.P()"),
        (
            b"ccopy_reg\n_reconstructor\n(cm\nP\nc__builtin__\nobject\nNtR.",
            "m.P()",
        ),
        (b"(I1\nI2\nl.", "[1, 2]"),
        (b"(Va\nI2\nd.", "{'a': 2}"),
        (b"\x80\x04(K\x01K\x02\x91.", "{1, 2}"),
        (
            b"c__builtin__\nbytearray\n(V\xe9\nVlatin-1\ntR.",
            r"b'\xe9'",
        ),
        (b"\x80\x05\x96\x01\0\0\0\0\0\0\0a.", "b'a'"),
        (b"\x8a\x00.", "0"),
        (b"\x8b\x01\0\0\0\xff.", "-1"),
        // A pushed value that is popped again leaves no trace.
        (b"K\x01(0K\x02200K\x03(K\x0410.", "1"),
        // A list that grows after it was shared.
        (b"\x80\x02]q\x00h\x00\x86q\x01h\x00K\x07a0.", "([7], [7])"),
    ];
    for (bytes, shown) in same {
        let read = read(bytes).map(|(value, _)| value.to_string());
        assert_eq!(read, Ok((*shown).to_owned()), "{}", bytes.escape_ascii());
    }
}

const MORE_THAN_DATA: &[(&[u8], PythonFault)] = &[
    // Calls.
    (b"cos\nsystem\n(Vecho\ntR.", Refused),
    (
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04echo\x85R.",
        Refused,
    ),
    (b"c__builtin__\neval\n(V1\ntR.", Refused),
    (b"c__builtin__\ngetattr\n(NVx\ntR.", Refused),
    (b"ccollections\nOrderedDict\n)R.", Refused),
    (b"c_codecs\ndecode\n(Va\nVlatin1\ntR.", Refused),
    (b"c_codecs\nencode\n(Va\nVrot13\ntR.", Refused),
    (b"c_codecs\nencode\n(I1\nVlatin1\ntR.", Refused),
    (b"c_codecs\nencode\n(V\\u0100\nVlatin1\ntR.", Malformed),
    (b"c__builtin__\nset\n(Va\ntR.", Refused),
    (
        b"ccopy_reg\n_reconstructor\n(cm\nP\nc__builtin__\nlist\n]tR.",
        Refused,
    ),
    (
        b"ccopy_reg\n_reconstructor\n(Vm.P\nc__builtin__\nobject\nNtR.",
        Refused,
    ),
    (b"Vos.system\n)R.", Refused),
    // Classes: as a value, with arguments, with a state or items that only they understand.
    (b"cos\nsystem\n.", Refused),
    (b"\x80\x02cm\nP\nK\x01\x85\x81.", Refused),
    (b"(im\nP\n0(I1\nim\nP\n.", Refused),
    (b"\x80\x02K\x01)\x81.", Refused),
    (b"\x80\x02cm\nP\n)\x81K\x01b.", Refused),
    (b"\x80\x02cm\nP\n)\x81}K\x01K\x02sb.", Refused),
    (b"\x80\x02cm\nP\n)\x81K\x01a.", Refused),
    (b"]}b.", Refused),
    // Out of band.
    (b"P1\n.", Refused),
    (b"K\x01Q.", Refused),
    (b"\x82\x01.", Refused),
    (b"\x97.", Refused),
    (b"S'a'\n.", Refused),
];

const NO_PICKLES: &[(&[u8], PythonFault)] = &[
    // Out of proportion.
    (b"\x80\x02]q\x00h\x00a.", TooLarge),
    (b"\x8a\x11aaaaaaaaaaaaaaaaa.", TooLarge),
    (b"\x8b\xff\xff\xff\x7f", Incomplete),
    (b"L170141183460469231731687303715884105728L\n.", TooLarge),
    (b"I170141183460469231731687303715884105728\n.", TooLarge),
    // What follows a large integer is read too: this is no pickle.
    (b"\x8a\x11aaaaaaaaaaaaaaaaa\xff", Malformed),
    (b"L170141183460469231731687303715884105728L\n", Incomplete),
    (b"L17014118346046923173168730371588410572x\n.", Malformed),
    (b"L-\n.", Malformed),
    (b"g99999999999999999999\n", Malformed),
    (b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f", Incomplete),
    (b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff", Incomplete),
    (b"\x95\xff\xff\xff\xff\xff\xff\xff\xff", Incomplete),
    // Invalid programs.
    (b".", Malformed),
    (b"N(.", Malformed),
    (b"\xff", Malformed),
    (b"\x80\x06N.", Malformed),
    (b"]N(a", Malformed),
    (b"](ae", Malformed),
    (b"}K\x01a", Refused),
    (b"}K\x01s", Malformed),
    (b"}(K\x01u", Malformed),
    (b"(K\x01d", Malformed),
    (b"h\x00", Malformed),
    (b"g-1\n", Malformed),
    (b"\x94", Malformed),
    (b"I1x\n", Malformed),
    (b"Fx\n", Malformed),
    (b"V\\ud800\n", Malformed),
    (b"V\\u00\n", Malformed),
    (b"X\x03\0\0\0\xed\xa0\x80", Malformed),
    (b"\x8b\xff\xff\xff\xff", Malformed),
    (b"", Incomplete),
];

#[test]
fn nothing_is_imported_called_or_trusted() {
    for (bytes, fault) in MORE_THAN_DATA.iter().chain(NO_PICKLES) {
        assert_eq!(read(bytes), Err(*fault), "{}", bytes.escape_ascii());
    }
}

#[test]
fn shared_references_blow_nothing_up() {
    // Ten references to the same list, ten levels deep: 10^20 numbers in 600 bytes.
    let mut laughs = b"\x80\x02K\x01q\x00".to_vec();
    for level in 0..20 {
        laughs.extend(b"](");
        (0..10).for_each(|_| laughs.extend([b'h', level]));
        laughs.extend([b'e', b'q', level + 1]);
    }
    laughs.push(b'.');
    // A long text, a long class, a long state and a long list, each referred to often.
    let (long, nones) = ("x".repeat(60_000), "N".repeat(60_000));
    let often = |what: &str| what.repeat(10_000);
    let bombs = [
        format!("V{long}\np0\n({}l.", often("g0\n")),
        format!("c{long}\nP\np0\n({}l.", often("(g0\no")),
        format!(
            "(im\nP\n{}p0\n({}l.",
            nones.replace('N', "Nb"),
            often("g0\n")
        ),
        format!("({nones}lp0\n({}l.", often("c__builtin__\nset\n(g0\ntR")),
    ];
    for bomb in bombs
        .iter()
        .map(String::as_bytes)
        .chain([laughs.as_slice()])
    {
        assert_eq!(read(bomb), Err(TooLarge));
    }
}

#[test]
fn honest_sharing_and_many_values_fit() {
    let shared = format!("(Vcaneta\np0\n({}l.", "g0\n".repeat(60_000));
    assert!(read(shared.as_bytes()).is_ok());
    let single = [b"(".as_slice(), &[b'N'; 1 << 20], b"l."].concat();
    assert!(read(&single).is_ok());
}

#[test]
fn nesting_ends_at_its_limit() {
    let nested = |depth| [b"N".as_slice(), &vec![0x85; depth], b"."].concat();
    assert!(read(&nested(NESTING_MAX)).is_ok());
    assert_eq!(read(&nested(NESTING_MAX + 1)), Err(TooLarge));
    assert_eq!(read(&nested(1_000_000)), Err(TooLarge));
    assert_eq!(read(&[b'('; 1_000_000]), Err(Incomplete));
}

#[test]
fn a_name_cannot_smuggle_instructions_into_what_is_written() {
    let class = "os\nsystem\n(Vecho\ntR.P".to_owned();
    let value = Value::Instance {
        class,
        fields: Vec::new(),
    };
    let written = write(&value);
    assert_eq!(read(&written), Ok((value, written.len())));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(value in any_value(Instances::Included)) {
        let written = write(&value);
        let taken = written.len();
        prop_assert_eq!(read(&written), Ok((value, taken)));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_change_makes_it_panic(protocol in 0..6_usize, at in any::<usize>(), byte: u8) {
        let mut bytes = unhex(PICKLED[protocol]);
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok((value, taken)) = read(&bytes) {
            prop_assert!(taken <= bytes.len());
            let _ = (value.printed(), write(&value));
        }
    }
}
