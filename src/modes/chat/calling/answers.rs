//! What a page is answered that asks something about its call.

use crate::face::web::Refused;
use crate::net::conference::OfferFault;
use crate::text::{self, Lang};

/// The answer to what needs no other.
pub(super) fn said() -> Vec<u8> {
    b"{\"event\":\"said\"}\n".to_vec()
}

/// Why an offer is not taken, in words.
pub(super) fn words_of(lang: Lang, fault: OfferFault) -> (Refused, String) {
    let no = |cause: String| text::no_call_connection(lang, &cause);
    match fault {
        OfferFault::TooLong | OfferFault::Malformed | OfferFault::Unfit => {
            (Refused::Wrong, no(text::offer_is_unfit(lang)))
        }
        OfferFault::Full => (Refused::NoRoom, no(text::calls_are_full(lang))),
        OfferFault::Busy => (Refused::NoRoom, text::page_comes_too_early(lang)),
    }
}
