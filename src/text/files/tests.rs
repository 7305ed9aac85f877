//! How lengths, names and people read in the sentences about files.

use super::*;

#[test]
fn lengths_read_as_people_say_them() {
    for (bytes, expected) in [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (2_100_000, "2.1 MB"),
        (99_960_000, "100 MB"),
        (999_999, "1.0 MB"),
        (20_000_000_000, "20.0 GB"),
        (u64::MAX, "18446744 TB"),
    ] {
        assert_eq!(size(Lang::En, bytes), expected);
    }
    assert_eq!(size(Lang::Pt, 2_100_000), "2,1 MB");
    assert_eq!(minutes(Duration::from_secs(67)), "1:07");
    assert_eq!(minutes(Duration::from_secs(3_667)), "1:01:07");
}

#[test]
fn who_lacks_how_much_is_named_as_far_as_a_sentence_goes() {
    let waiting = |count: usize| {
        let names = ["rui", "eva", "gil", "ana", "bia"];
        let waiting = names
            .iter()
            .take(count)
            .map(|name| ((*name).to_owned(), 63));
        waiting.collect::<Vec<_>>()
    };
    assert_eq!(
        have_it(Lang::En, "mapa.png", 29, 30, &waiting(1)),
        "mapa.png: 29 of 30 have it, waiting for rui (63 %)"
    );
    assert_eq!(
        have_it(Lang::Pt, "mapa.png", 25, 30, &waiting(5)),
        "mapa.png: 25 de 30 têm, falta rui (63 %), eva (63 %), gil (63 %) e mais 2"
    );
}
