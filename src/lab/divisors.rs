//! `divisors`: the client sends a number in decimal digits, the server answers with the ascending
//! list of its divisors and closes. The document leaves the encoding of the list open: ours is JSON
//! as Python writes it (`[1, 2, 3, 6]`), or the same document's `marshal` or `pickle`, and both
//! sides are started with the same choice. A list may be longer than one `recv(1024)`; it is sent
//! in one piece, and a client that reads to the end gets all of it.

use num_prime::nt_funcs::factorize64;

use super::python::{Value, json, marshal, pickle, whole_value};
use super::{Act, Dialogue, Expected, answered, ended_early, unexpected};

/// The encoding of the list on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// JSON.
    #[default]
    Json,
    /// Python's marshal.
    Marshal,
    /// Python's pickle.
    Pickle,
}

impl Encoding {
    fn encode(self, divisors: &[u64]) -> Vec<u8> {
        let integers = || {
            divisors
                .iter()
                .map(|number| Value::Integer((*number).into()))
        };
        match self {
            Self::Json => {
                let list: Vec<String> = divisors.iter().map(u64::to_string).collect();
                format!("[{}]", list.join(", ")).into()
            }
            // Writing a list of numbers cannot fail.
            Self::Marshal => marshal::write(&Value::List(integers().collect())).unwrap_or_default(),
            Self::Pickle => pickle::write(&Value::List(integers().collect())),
        }
    }

    fn decode(self, list: &[u8]) -> Option<Vec<u64>> {
        let value = match self {
            Self::Json => return serde_json::from_slice(list).ok(),
            Self::Marshal => marshal::read(list),
            Self::Pickle => pickle::read(list),
        };
        let (Value::List(values) | Value::Tuple(values)) = value.ok()?.0 else {
            return None;
        };
        let number = |value: Value| match value {
            Value::Integer(number) => u64::try_from(number).ok(),
            _ => None,
        };
        values.into_iter().map(number).collect()
    }

    /// Counts the bytes of a complete list.
    fn whole(self, waiting: &[u8]) -> Option<usize> {
        match self {
            Self::Json => json::delimited(waiting),
            Self::Marshal => whole_value(waiting, marshal::read(waiting)),
            Self::Pickle => whole_value(waiting, pickle::read(waiting)),
        }
    }
}

/// Longest list, in bytes: 897,612,484,786,617,600 has 103,680 divisors, each of at most 18 digits
/// and two separators.
const LIST_MAX_BYTES: usize = 103_680 * 20;

/// The divisors of a number above 0, in ascending order.
#[must_use]
pub fn divisors(number: u64) -> Vec<u64> {
    let mut divisors = vec![1_u64];
    for (prime, power) in factorize64(number) {
        let before = divisors.clone();
        let mut factor = 1_u64;
        for _ in 0..power {
            factor = factor.saturating_mul(prime);
            divisors.extend(before.iter().map(|divisor| divisor.saturating_mul(factor)));
        }
    }
    divisors.sort_unstable();
    divisors
}

/// A list as the person sees it.
fn row(divisors: &[u64]) -> String {
    let divisors: Vec<String> = divisors.iter().map(u64::to_string).collect();
    divisors.join(" ")
}

/// The server's side.
#[derive(Debug)]
pub struct Server(pub Encoding);

impl Dialogue for Server {
    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        let text = str::from_utf8(message).unwrap_or_default();
        let number: Option<u64> = text.trim().parse().ok();
        let Some(number) = number.filter(|number| *number > 0) else {
            return unexpected(Expected::Decimal, message);
        };
        let divisors = divisors(number);
        vec![
            Act::show(format!("{number} → {}", divisors.len())),
            Act::Send(self.0.encode(&divisors)),
            Act::Close,
        ]
    }
}

/// The client's side.
#[derive(Debug)]
pub struct Client {
    /// The number to send.
    pub number: u64,
    /// The encoding that the server uses.
    pub encoding: Encoding,
}

impl Dialogue for Client {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Send(self.number.to_string().into())]
    }

    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        self.encoding.whole(waiting)
    }

    fn message_max_bytes(&self) -> usize {
        LIST_MAX_BYTES
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        match self.encoding.decode(message) {
            Some(list) => answered(row(&list), row(&divisors(self.number))),
            None => unexpected(Expected::NumberList(self.encoding), message),
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(Expected::NumberList(self.encoding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisors_of_any_number() {
        assert_eq!(divisors(1), [1]);
        assert_eq!(divisors(12), [1, 2, 3, 4, 6, 12]);
        assert_eq!(divisors(9), [1, 3, 9]);
        assert_eq!(divisors(u64::MAX).len(), 128);
        assert_eq!(divisors(897_612_484_786_617_600).len(), 103_680);
        let largest_prime = 18_446_744_073_709_551_557;
        assert_eq!(divisors(largest_prime), [1, largest_prime]);
        let two_large = 4_294_967_291 * 4_294_967_279;
        assert_eq!(divisors(two_large).len(), 4);
    }

    #[test]
    fn the_list_is_what_python_reads() {
        let encoding = Encoding::Json;
        let mut server = Server(encoding);
        let answer = server.on_message(b" 6\n");
        assert_eq!(answer[1], Act::Send("[1, 2, 3, 6]".into()));
        for bad in [&b"0"[..], b"-3", b"x", b"\xff", b"99999999999999999999"] {
            assert_eq!(server.on_message(bad), unexpected(Expected::Decimal, bad));
        }
        let number = 6;
        let mut client = Client { number, encoding };
        let shown = vec![Act::show("1 2 3 6"), Act::Close];
        assert_eq!(client.on_message(b"[1, 2, 3, 6]"), shown);
        assert_eq!(client.whole(b"[1, 2"), None);
        let refused = unexpected(Expected::NumberList(encoding), b"[1, x]");
        assert_eq!(client.on_message(b"[1, x]"), refused);
        let every = divisors(897_612_484_786_617_600);
        for encoding in [Encoding::Json, Encoding::Marshal, Encoding::Pickle] {
            let list = encoding.encode(&every);
            assert!(list.len() < LIST_MAX_BYTES, "{encoding:?}");
            assert_eq!(encoding.whole(&list), Some(list.len()), "{encoding:?}");
            assert_eq!(encoding.decode(&list), Some(every.clone()), "{encoding:?}");
        }
    }
}
