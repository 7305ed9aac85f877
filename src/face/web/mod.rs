//! The page: the same rooms in a browser on this computer, as one more face of the running member.
//!
//! ```text
//! rules        who is heard, by the head of a request alone; pure
//! routes       everything that can be asked for, as one closed table; files: the page itself
//! token        what a page must know, and how the server shows that it knows it, too
//! asked        what bodies and queries ask for; call: the same for sound and pictures; pure
//! server       the thread: tokio and hyper; connections · handshakes (how many of TLS) ·
//!              visit (one of them) · answer · transfers (files that come and go)
//! queue        what waits for one page, bounded
//! face         the loop's side: state of the rooms, events, requests; lines · pending · uploads
//! guest_face   the same for guests, who have a listener of their own and sessions; guest_lines ·
//!              guest_files
//! ```
//!
//! The thread only blocks and sends: it reads heads and bodies, hands over what is asked, and
//! carries what waits for a page to its socket. The loop never waits for it.

mod answer;
mod asked;
mod call;
mod connections;
mod face;
mod files;
mod guest_face;
mod guest_files;
mod guest_lines;
#[cfg(feature = "conference")]
mod handshakes;
mod lines;
mod pending;
mod queue;
mod routes;
mod rules;
mod server;
mod sessions;
mod token;
mod transfers;
mod uploads;
mod visit;

use std::net::SocketAddr;

pub use self::asked::{Ask, HistoryAsk, OfferAsk};
pub use self::call::{CallAct, CallAsk, Caller};
pub use self::face::{CallLine, WebFace};
pub use self::guest_face::{GuestAsk, GuestFace, GuestFaceConfig};
pub use self::queue::Queue;
pub use self::server::{Answering, Audience, Finding, PageEvent, Refused, Server};
pub use self::token::{TOKEN_BYTES, Token};

/// The link of guests' page at an address of this computer.
#[must_use]
pub fn guest_link(address: SocketAddr, token: &Token) -> String {
    format!("http://{address}/#{}", token.digits())
}

/// The same by https.
#[must_use]
pub fn guest_link_by_tls(address: SocketAddr, token: &Token) -> String {
    format!("https://{address}/#{}", token.digits())
}

/// The link of the page with sound alone on this computer.
#[must_use]
pub fn voice_link(port: u16, token: &Token) -> String {
    format!("http://127.0.0.1:{port}/voice#{}", token.digits())
}

/// The link of a page on this computer: the token stands behind the `#`, which no browser sends.
#[must_use]
pub fn link(port: u16, token: &Token) -> String {
    format!("http://127.0.0.1:{port}/#{}", token.digits())
}
