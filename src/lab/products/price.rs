//! A product's price: as it is typed, and as JSON.

use std::fmt;

use crate::lab::python::{Value, json};

/// A price. From other programs any number is accepted, even `NaN`, as Python accepts it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Price {
    /// A whole number.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
}

impl Price {
    /// Parses a typed price: 0 or more, with a point, or with a comma and one or two digits behind
    /// it. With three digits, some people would mean thousands by the comma.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let number = match typed.split_once(',') {
            Some((whole, cents)) => {
                let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
                let is_decimal = is_digits(whole) && is_digits(cents) && cents.len() <= 2;
                is_decimal.then(|| format!("{whole}.{cents}"))?
            }
            None => typed.to_owned(),
        };
        let price = Self::of(&json::number(&number)?)?;
        let value = price.value();
        (value.is_finite() && value >= 0.0).then_some(price)
    }

    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(integer) => Some(Self::Integer(*integer)),
            Value::Float(float) => Some(Self::Float(*float)),
            _ => None,
        }
    }

    fn value(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }

    /// Whether both are the same number; `NaN` is the same as itself.
    pub(super) fn is_same_as(self, other: Self) -> bool {
        let (value, other) = (self.value(), other.value());
        value == other || (value.is_nan() && other.is_nan())
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(f),
            Self::Float(float) => f.write_str(&json::float(*float)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_a_point_or_a_comma_and_is_not_below_zero() {
        for (typed, price) in [
            ("2.50", "2.5"),
            ("2,50", "2.5"),
            ("2,5", "2.5"),
            ("0,05", "0.05"),
            ("10", "10"),
            ("0", "0"),
            ("1e2", "100.0"),
        ] {
            let parsed = Price::parse(typed).map(|price| price.to_string());
            assert_eq!(parsed.as_deref(), Some(price), "{typed}");
        }
        for wrong in [
            "-1", "-2,50", "2,505", "1.234,50", "1,2,3", ",5", "5,", ",", "x", "", "NaN",
            "Infinity", "1e999", " 1", "+1",
        ] {
            assert_eq!(Price::parse(wrong), None, "{wrong}");
        }
    }
}
