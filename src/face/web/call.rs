//! What a page asks about its call: a connection for sound and pictures, and what it sends on it.
//! Pure.

use serde::Deserialize;

use crate::chat::guests::GuestSession;
use crate::chat::media::Source;
use crate::protocol::wire::compact::StreamId;

/// Longest body of these, in bytes: a browser's proposal with every line end written as an escape.
pub(super) const CALL_BODY_MAX_BYTES: usize = 320 << 10;

/// Most streams that a page chooses to see.
const CHOSEN_MAX: usize = 16;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The person.
    Person,
    /// A guest who came by https, and may speak.
    Guest(GuestSession),
    /// A guest who came by plain http, and only watches.
    Watcher(GuestSession),
}

impl Caller {
    /// The guest's session, if it is a guest.
    #[must_use]
    pub fn guest(self) -> Option<GuestSession> {
        match self {
            Self::Person => None,
            Self::Guest(session) | Self::Watcher(session) => Some(session),
        }
    }
}

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub enum CallAsk {
    /// To connect: the body of `POST /offer`.
    Connect {
        /// The room's name; none means the first room.
        room: Option<String>,
        /// What the page proposes, as SDP.
        sdp: String,
    },
    /// To do something on a connection: the body of `POST /call`.
    Act {
        /// The connection's number, which the answer to the offer named.
        peer: u64,
        /// What.
        act: CallAct,
    },
}

/// What is done on a connection.
#[derive(Debug, PartialEq, Eq)]
pub enum CallAct {
    /// What the page captures there is sent from now on.
    Begin(Source),
    /// It is sent no more.
    End(Source),
    /// These streams are to be shown before all others.
    Choose(Vec<StreamId>),
    /// The connection is over.
    Leave,
}

/// The body of an offer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Offered {
    room: Option<String>,
    sdp: String,
}

/// The body of an act: one of these.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acted {
    peer: u64,
    begin: Option<String>,
    end: Option<String>,
    choose: Option<Vec<String>>,
    leave: Option<bool>,
}

impl CallAsk {
    /// Reads an offer.
    ///
    /// # Errors
    /// A body that is none.
    pub(super) fn offer(body: &[u8]) -> Result<Self, ()> {
        let Offered { room, sdp } = serde_json::from_slice(body).map_err(|_| ())?;
        Ok(Self::Connect { room, sdp })
    }

    /// Reads an act.
    ///
    /// # Errors
    /// A body that is none, or several.
    pub(super) fn act(body: &[u8]) -> Result<Self, ()> {
        let acted: Acted = serde_json::from_slice(body).map_err(|_| ())?;
        let act = match acted {
            Acted {
                begin: Some(source),
                end: None,
                choose: None,
                leave: None,
                ..
            } => CallAct::Begin(source_of(&source).ok_or(())?),
            Acted {
                begin: None,
                end: Some(source),
                choose: None,
                leave: None,
                ..
            } => CallAct::End(source_of(&source).ok_or(())?),
            Acted {
                begin: None,
                end: None,
                choose: Some(streams),
                leave: None,
                ..
            } if streams.len() <= CHOSEN_MAX => {
                let streams = streams.iter().map(|digits| stream_of(digits));
                CallAct::Choose(streams.collect::<Option<_>>().ok_or(())?)
            }
            Acted {
                begin: None,
                end: None,
                choose: None,
                leave: Some(true),
                ..
            } => CallAct::Leave,
            _ => return Err(()),
        };
        let peer = acted.peer;
        Ok(Self::Act { peer, act })
    }
}

/// What a source is called in JSON.
fn name_of(source: Source) -> &'static str {
    match source {
        Source::Sound => "sound",
        Source::Camera => "camera",
        Source::Screen => "screen",
    }
}

fn source_of(name: &str) -> Option<Source> {
    Source::ALL
        .into_iter()
        .find(|source| name_of(*source) == name)
}

fn stream_of(digits: &str) -> Option<StreamId> {
    let is_name = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u64::from_str_radix(digits, 16).ok();
    number.filter(|_| is_name).map(StreamId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_asks_for_one_thing_at_a_time() {
        let sdp = "v=0\r\n".to_owned();
        let room = Some("turma-a".to_owned());
        let offer = CallAsk::offer(br#"{"room": "turma-a", "sdp": "v=0\r\n"}"#);
        assert_eq!(offer, Ok(CallAsk::Connect { room, sdp }));
        let act = |body: &str| CallAsk::act(body.as_bytes());
        let acts = |act| Ok(CallAsk::Act { peer: 3, act });
        let begin = act(r#"{"peer": 3, "begin": "camera"}"#);
        assert_eq!(begin, acts(CallAct::Begin(Source::Camera)));
        let end = act(r#"{"peer": 3, "end": "sound"}"#);
        assert_eq!(end, acts(CallAct::End(Source::Sound)));
        let choose = act(r#"{"peer": 3, "choose": ["00000000000000ff"]}"#);
        assert_eq!(choose, acts(CallAct::Choose(vec![StreamId(255)])));
        assert_eq!(act(r#"{"peer": 3, "leave": true}"#), acts(CallAct::Leave));
        for wrong in [
            "",
            "{}",
            r#"{"peer": 3}"#,
            r#"{"peer": 3, "begin": "all"}"#,
            r#"{"peer": 3, "begin": "sound", "end": "sound"}"#,
            r#"{"peer": 3, "leave": false}"#,
            r#"{"peer": -1, "leave": true}"#,
            r#"{"peer": 3, "choose": ["ff"]}"#,
            r#"{"peer": 3, "choose": ["+0000000000000ff"]}"#,
        ] {
            assert_eq!(act(wrong), Err(()), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = CallAsk::offer(&body);
            let _ = CallAsk::act(&body);
        }
    }
}
