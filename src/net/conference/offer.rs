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
