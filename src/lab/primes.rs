//! `primes`: the client sends a number N as Python's struct `i` (4 bytes) or `q` (8 bytes),
//! little-endian as on every machine of the course. The server answers in the same size with the
//! product of the nearest primes below and above N, or of N and the next one if N is prime. It
//! refuses with 0 if no prime lies below, or if the product does not fit. Four bytes may be the
//! first half of eight, so they are a message only once nothing follows.

use num_prime::nt_funcs::is_prime64;

use super::{Act, Dialogue, Expected, Finding, ended_early, unexpected};

/// Length of a struct `q`, in bytes.
const WIDE_BYTES: usize = 8;

/// Why there is no product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoProduct {
    /// No prime lies below 2.
    NoPrimeBelow,
    /// The product does not fit 4 bytes, but 8.
    NeedsWide,
    /// The product does not fit 8 bytes.
    TooLarge,
}

/// The product of the primes around a number, if it fits this many bytes.
///
/// # Errors
/// Why there is no such product.
pub fn product(number: i64, bytes: usize) -> Result<i64, NoProduct> {
    let number = u64::try_from(number).ok().filter(|number| *number >= 2);
    let number = number.ok_or(NoProduct::NoPrimeBelow)?;
    // Above 2^32 every product is too large, so there is no need to search for primes.
    if number > u64::from(u32::MAX) {
        return Err(NoProduct::TooLarge);
    }
    let is_prime = |candidate: &u64| is_prime64(*candidate);
    let below = (2..=number).rev().find(is_prime);
    let above = (number + 1..).find(is_prime);
    let product = below
        .zip(above)
        .and_then(|(below, above)| below.checked_mul(above));
    let product = product.and_then(|product| i64::try_from(product).ok());
    let product = product.ok_or(NoProduct::TooLarge)?;
    match bytes < WIDE_BYTES && i32::try_from(product).is_err() {
        true => Err(NoProduct::NeedsWide),
        false => Ok(product),
    }
}

/// Parses a typed number that must fit this many bytes.
#[must_use]
pub fn parse(typed: &str, bytes: usize) -> Option<i64> {
    let number: i64 = typed.parse().ok()?;
    let is_fit = bytes >= WIDE_BYTES || i32::try_from(number).is_ok();
    is_fit.then_some(number)
}

/// Encodes a number in this many bytes.
fn encode(number: i64, bytes: usize) -> Vec<u8> {
    let wide = number.to_le_bytes();
    wide.get(..bytes).unwrap_or(&wide).to_owned()
}

fn decode(message: &[u8]) -> Option<i64> {
    match message.len() {
        4 => Some(i32::from_le_bytes(message.try_into().ok()?).into()),
        WIDE_BYTES => Some(i64::from_le_bytes(message.try_into().ok()?)),
        _ => None,
    }
}

/// Eight bytes are complete without waiting.
fn whole(waiting: &[u8]) -> Option<usize> {
    (waiting.len() >= WIDE_BYTES).then_some(WIDE_BYTES)
}

/// The server's side.
#[derive(Debug)]
pub struct Server;

impl Dialogue for Server {
    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        whole(waiting)
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        let Some(number) = decode(message) else {
            return unexpected(Expected::Integer, message);
        };
        let product = product(number, message.len()).unwrap_or(0);
        vec![
            Act::show(format!("{number} → {product}")),
            Act::Send(encode(product, message.len())),
        ]
    }
}

/// The client's side.
#[derive(Debug)]
pub struct Client {
    /// The number to send.
    pub number: i64,
    /// Its length on the wire in bytes: 4 or 8.
    pub bytes: usize,
}

impl Dialogue for Client {
    fn begin(&mut self) -> Vec<Act> {
        vec![Act::Send(encode(self.number, self.bytes))]
    }

    fn whole(&self, waiting: &[u8]) -> Option<usize> {
        (waiting.len() >= self.bytes).then_some(self.bytes)
    }

    fn on_message(&mut self, message: &[u8]) -> Vec<Act> {
        let answer = decode(message).filter(|_| message.len() == self.bytes);
        match (answer, product(self.number, self.bytes)) {
            (None, _) => unexpected(Expected::IntegerOf(self.bytes), message),
            (Some(0), Err(why)) => vec![Act::tell(Finding::NoProduct(why)), Act::Close],
            (Some(answer), right) => {
                super::answered(answer.to_string(), right.unwrap_or(0).to_string())
            }
        }
    }

    fn on_end(&mut self) -> Vec<Act> {
        ended_early(Expected::IntegerOf(self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_the_primes_around_a_number() {
        for (number, expected) in [(10, 77), (7, 77), (2, 6), (3, 15), (4, 15), (100, 9797)] {
            assert_eq!(product(number, 4), Ok(expected), "{number}");
        }
        for number in [1, 0, -5, i64::MIN] {
            assert_eq!(product(number, 8), Err(NoProduct::NoPrimeBelow), "{number}");
        }
        assert_eq!(product(46_330, 4), Ok(46_327 * 46_337), "just below 2^31");
        assert_eq!(product(46_340, 4), Err(NoProduct::NeedsWide));
        assert_eq!(product(50_000, 4), Err(NoProduct::NeedsWide));
        assert_eq!(product(50_000, 8), Ok(49_999 * 50_021));
        assert_eq!(product(3_037_000_460, 8), Ok(3_037_000_453 * 3_037_000_493));
        for number in [3_037_000_493, 3_100_000_000, i64::MAX] {
            assert_eq!(product(number, 8), Err(NoProduct::TooLarge), "{number}");
        }
    }

    #[test]
    fn the_answer_has_the_size_that_was_asked() {
        let answer = |message: &[u8]| Server.on_message(message).pop().unwrap();
        assert_eq!(
            answer(&10_i32.to_le_bytes()),
            Act::Send(77_i32.to_le_bytes().into())
        );
        assert_eq!(
            answer(&10_i64.to_le_bytes()),
            Act::Send(77_i64.to_le_bytes().into())
        );
        assert_eq!(
            answer(&1_i32.to_le_bytes()),
            Act::Send(0_i32.to_le_bytes().into())
        );
        assert_eq!(
            Server.on_message(b"10"),
            unexpected(Expected::Integer, b"10")
        );
        assert_eq!(Server.whole(&[0; 4]), None, "four may be the half of eight");
        assert_eq!(Server.whole(&[0; 9]), Some(8));
    }

    #[test]
    fn the_client_says_why_it_was_refused() {
        let mut client = Client {
            number: 1,
            bytes: 4,
        };
        let why = Finding::NoProduct(NoProduct::NoPrimeBelow);
        assert_eq!(client.on_message(&[0; 4]), [Act::tell(why), Act::Close]);
        let mut client = Client {
            number: 10,
            bytes: 4,
        };
        let wrong = |got: &str| {
            let (expected, got) = ("77".into(), got.to_owned());
            vec![
                Act::show(got.clone()),
                Act::tell(Finding::Wrong { expected, got }),
                Act::Close,
            ]
        };
        assert_eq!(client.on_message(&78_i32.to_le_bytes()), wrong("78"));
        assert_eq!(client.on_message(&[0; 4]), wrong("0"));
        let got = [0; 8];
        assert_eq!(
            client.on_message(&got),
            unexpected(Expected::IntegerOf(4), &got)
        );
    }
}
