//! What a page proposes, as SDP (RFC 8866, RFC 8829), read once and bounded before anything is
//! made of it.

use str0m::change::SdpOffer;

use super::frame::{PICTURES, VOICES};

/// Longest offer, in bytes: a browser's has 70,000 with all its codecs.
pub const OFFER_MAX_BYTES: usize = 256 << 10;

/// Most media of an offer: what a page sends, and what it is shown.
const MEDIA_MAX: usize = 3 + VOICES + PICTURES;

/// Most lines of an offer: a browser's has 1500.
const LINES_MAX: usize = 8 << 10;

/// What a page proposes.
#[derive(Debug)]
pub struct Proposal(pub(super) SdpOffer);

/// Why an offer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferFault {
    /// It is too long, or proposes too much.
    TooLong,
    /// It cannot be read.
    Malformed,
    /// It is none that this program answers.
    Unfit,
    /// Too many pages are connected.
    Full,
    /// There is too much to do.
    Busy,
}

impl Proposal {
    /// Reads an offer.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn parse(bytes: &[u8]) -> Result<Self, OfferFault> {
        if bytes.len() > OFFER_MAX_BYTES {
            return Err(OfferFault::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| OfferFault::Malformed)?;
        let media = text.lines().filter(|line| line.starts_with("m=")).count();
        if media > MEDIA_MAX || text.lines().count() > LINES_MAX {
            return Err(OfferFault::TooLong);
        }
        if media == 0 {
            return Err(OfferFault::Unfit);
        }
        let offer = SdpOffer::from_sdp_string(text).map_err(|_| OfferFault::Malformed)?;
        Ok(Self(offer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic;
    use crate::net::conference::PeerId;
    use crate::net::conference::frame::{Sends, Side};
    use crate::net::conference::peer::Peer;
    use crate::protocol::rng::Rng;
    use std::net::SocketAddr;

    /// An offer as a browser makes it: what a page sends, and the places where it is shown others.
    const OFFER: &str = include_str!("../../../tests/vectors/offer.sdp");

    /// Changed offers.
    const CHANGED: usize = 2000;

    fn answer(bytes: &[u8]) -> Result<String, OfferFault> {
        let address = SocketAddr::from(([127, 0, 0, 1], 4000));
        let proposal = Proposal::parse(bytes)?;
        let now = monotonic();
        let addresses = [address].into_iter();
        let of = (Side::Own, Sends::Everything);
        let accepted = Peer::accept(PeerId(1), of, proposal, addresses, now);
        let (mut peer, answer) = accepted?;
        // Whatever comes of it, it comes to its end.
        for _ in 0..100 {
            if let crate::net::conference::peer::Out::Wait = peer.poll(now) {
                return Ok(answer);
            }
        }
        panic!("it never waits");
    }

    #[test]
    fn a_browsers_offer_is_answered_for_every_place() {
        let answer = answer(OFFER.as_bytes()).unwrap();
        let count = |word: &str| answer.lines().filter(|line| *line == word).count();
        assert_eq!(
            answer.lines().filter(|line| line.starts_with("m=")).count(),
            15
        );
        assert_eq!((count("a=recvonly"), count("a=sendonly")), (3, 12));
        assert!(answer.contains("a=ice-lite"), "{answer}");
        assert!(answer.contains("127.0.0.1 4000 typ host"), "{answer}");
    }

    #[test]
    fn an_offer_of_anything_is_answered_or_refused() {
        for (bytes, fault) in [
            (&b""[..], OfferFault::Unfit),
            (b"v=0\r\n", OfferFault::Unfit),
            (b"m=video\r\n", OfferFault::Malformed),
            (b"\xff", OfferFault::Malformed),
        ] {
            assert_eq!(answer(bytes).unwrap_err(), fault, "{bytes:?}");
        }
        let long = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(16);
        assert_eq!(answer(long.as_bytes()).unwrap_err(), OfferFault::TooLong);
        let lines = OFFER.to_owned() + &"a=x\r\n".repeat(LINES_MAX);
        assert_eq!(answer(lines.as_bytes()).unwrap_err(), OfferFault::TooLong);
        let mut rng = Rng::new(7);
        let mut below = |bound: usize| usize::try_from(rng.below(bound as u64)).unwrap();
        let mut answered = 0;
        for _ in 0..CHANGED {
            let mut bytes = OFFER.as_bytes().to_vec();
            for _ in 0..=below(3) {
                let at = below(bytes.len());
                match below(4) {
                    0 => bytes[at] = u8::try_from(below(256)).unwrap(),
                    1 => bytes.truncate(at),
                    2 => {
                        let to = (at + below(200)).min(bytes.len());
                        bytes.drain(at..to);
                    }
                    _ => {
                        let to = (at + below(200)).min(bytes.len());
                        let again = bytes[at..to].to_vec();
                        bytes.splice(at..at, again);
                    }
                }
                if bytes.is_empty() {
                    break;
                }
            }
            answered += usize::from(answer(&bytes).is_ok());
        }
        assert!(
            answered > CHANGED / 10,
            "the test has gone blind: {answered}"
        );
    }
}
