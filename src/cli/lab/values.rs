//! How lessons and encodings are typed, and what `--help` says of each. The pure `lab` room knows
//! no argument parser, so the parser's trait is implemented here.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::lab::divisors::Encoding;
use crate::lab::lesson::Lesson;

impl ValueEnum for Lesson {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Hello => "Version 1: the server shows that a client came",
            Self::Exchange => "Version 2: the server speaks first, the client answers",
            Self::Object => "Version 3: an object by Python's pickle",
            Self::Products => "Versions 4 and 5: products, added, listed and looked up",
            Self::Quiz => "Three questions, and what was right",
            Self::Uppercase => "Text in, upper case out",
            Self::Oracle => "A question in; sim, não or talvez",
            Self::Primes => "The product of the primes around a number",
            Self::Divisors => "The divisors of a number",
            Self::Person => "A person as a JSON object",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

impl ValueEnum for Encoding {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Json, Self::Marshal, Self::Pickle]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Json => ("json", "As JSON"),
            Self::Marshal => ("marshal", "As Python's marshal"),
            Self::Pickle => ("pickle", "As Python's pickle"),
        };
        Some(PossibleValue::new(name).help(help))
    }
}
