//! How things look. Pure. No meaning is in a colour alone: each has a sign or a word beside it.

use ratatui::style::{Color, Modifier, Style};

use crate::chat::event::Person;

/// How many colours there are to choose from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colors {
    /// None: `NO_COLOR`.
    None,
    /// The terminal's own 16.
    #[default]
    Sixteen,
    /// 256.
    Indexed,
    /// All.
    True,
}

/// Of the 16, those that every usual scheme shows readably on dark and on light.
const SIXTEEN: [Color; 5] = [
    Color::Red,
    Color::Green,
    Color::Magenta,
    Color::Cyan,
    Color::Blue,
];

/// Colours of a person where there are more.
const HUES: u32 = 24;

/// The luminance of a person's colour, as WCAG measures it: its contrast to black and to white is
/// then the same, 4.6.
const LUMINANCE: f64 = 0.179;

/// Of the 16, those that are readable on white.
const SIXTEEN_ON_LIGHT: [Color; 3] = [Color::Red, Color::Magenta, Color::Blue];

/// The luminance of a person's colour on a light screen: its contrast to white is 8.
const LUMINANCE_ON_LIGHT: f64 = 0.08;

/// How everything is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Scheme {
    /// Readable on dark and on light.
    #[default]
    Default,
    /// White on black, and nothing is dim.
    HighContrast,
    /// For a light screen.
    Light,
    /// Without colours.
    None,
}

/// How things look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// As many as the terminal has, if they are wanted at all.
    colors: Colors,
    scheme: Scheme,
}

impl Theme {
    /// With these colours.
    #[must_use]
    pub fn new(colors: Colors) -> Self {
        Self {
            colors,
            scheme: Scheme::Default,
        }
    }

    /// The same in another scheme.
    #[must_use]
    pub fn with(self, scheme: Scheme) -> Self {
        Self { scheme, ..self }
    }

    fn colors(self) -> Colors {
        match self.scheme {
            Scheme::None | Scheme::HighContrast => Colors::None,
            Scheme::Default | Scheme::Light => self.colors,
        }
    }

    /// What has no style of its own; in high contrast, all that is no other colour.
    pub(super) fn ground(self) -> Style {
        match (self.scheme, self.colors) {
            (Scheme::HighContrast, Colors::Sixteen | Colors::Indexed | Colors::True) => {
                Style::new().fg(Color::White).bg(Color::Black)
            }
            _ => Style::new(),
        }
    }

    /// A person's name, in a colour of its own, the same in every run.
    pub(super) fn person(self, who: &Person) -> Style {
        let seed = match &who.key {
            Some(key) => hash(&key.0),
            None => hash(who.name.as_bytes()),
        };
        let name = Style::new().add_modifier(Modifier::BOLD);
        let is_light = self.scheme == Scheme::Light;
        let of_hue = || match is_light {
            true => of_hue(seed % HUES, LUMINANCE_ON_LIGHT),
            false => of_hue(seed % HUES, LUMINANCE),
        };
        match self.colors() {
            Colors::None => name,
            Colors::Sixteen => {
                let colors: &[Color] = if is_light {
                    &SIXTEEN_ON_LIGHT
                } else {
                    &SIXTEEN
                };
                let color = colors.get(seed as usize % colors.len());
                name.fg(color.copied().unwrap_or_default())
            }
            Colors::Indexed => name.fg(nearest_indexed(of_hue())),
            Colors::True => {
                let (red, green, blue) = of_hue();
                name.fg(Color::Rgb(red, green, blue))
            }
        }
    }

    /// The colour of a pixel, where there are enough.
    pub(super) fn pixel(self, [red, green, blue]: [u8; 3]) -> Option<Color> {
        match self.colors() {
            Colors::None | Colors::Sixteen => None,
            Colors::Indexed => Some(nearest_indexed((red, green, blue))),
            Colors::True => Some(Color::Rgb(red, green, blue)),
        }
    }

    /// A style of some colour, where there are colours.
    fn colored(self, style: Style, color: Color) -> Style {
        match self.colors() {
            Colors::None => style,
            _ => style.fg(color),
        }
    }

    /// What stands beside the conversation.
    pub(super) fn dim(self) -> Style {
        match self.scheme {
            Scheme::HighContrast => Style::new(),
            _ => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// The title and the status.
    pub(super) fn bar(self) -> Style {
        let bar = Style::new().add_modifier(Modifier::REVERSED);
        match self.scheme {
            Scheme::HighContrast => bar.add_modifier(Modifier::BOLD),
            _ => bar,
        }
    }

    /// The conversation that is looked at, among the others.
    pub(super) fn tab(self, is_shown: bool, is_called: bool) -> Style {
        let tab = match is_shown {
            true => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            false => Style::new(),
        };
        match is_called {
            true => self.colored(tab.add_modifier(Modifier::BOLD), Color::Red),
            false => tab,
        }
    }

    /// What is asked, and what has the focus.
    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What is chosen of a list.
    pub(super) fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// This person's name in a message.
    pub(super) fn mention(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED)
    }

    /// What only one person can read.
    pub(super) fn private(self) -> Style {
        self.colored(Style::new().add_modifier(Modifier::ITALIC), Color::Magenta)
    }

    /// A link.
    pub(super) fn link(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// What was searched for.
    pub(super) fn found(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED | Modifier::UNDERLINED)
    }

    /// Where this person stopped reading.
    pub(super) fn unread(self) -> Style {
        self.colored(Style::new().add_modifier(Modifier::BOLD), Color::Red)
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// A colour of some hue and luminance.
fn of_hue(number: u32, wanted: f64) -> (u8, u8, u8) {
    let hue = f64::from(number) / f64::from(HUES) * 6.0;
    let pure = [0.0, 4.0, 2.0].map(|shift| ramp_of((hue + shift) % 6.0));
    // From black to the pure hue, and from there to white, the luminance only grows.
    let (mut low, mut high) = (0.0, 2.0);
    for _ in 0..24 {
        let middle = (low + high) / 2.0;
        match luminance(tint(pure, middle)) < wanted {
            true => low = middle,
            false => high = middle,
        }
    }
    let [red, green, blue] = tint(pure, low).map(|part| (part * 255.0).round() as u8);
    (red, green, blue)
}

/// How much of a primary colour a hue from 0 to 6 has, that of red at 0.
fn ramp_of(at: f64) -> f64 {
    let distance = (at - 6.0 * (at / 6.0).round()).abs();
    (2.0 - distance).clamp(0.0, 1.0)
}

/// A pure colour, darkened below 1 and lightened above it.
fn tint(pure: [f64; 3], amount: f64) -> [f64; 3] {
    match amount <= 1.0 {
        true => pure.map(|part| part * amount),
        false => pure.map(|part| part + (1.0 - part) * (amount - 1.0)),
    }
}

fn luminance(color: [f64; 3]) -> f64 {
    let [red, green, blue] = color.map(|part| match part <= 0.040_45 {
        true => part / 12.92,
        false => ((part + 0.055) / 1.055).powf(2.4),
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The colour of the 256 that is nearest to one, among those of the cube.
fn nearest_indexed((red, green, blue): (u8, u8, u8)) -> Color {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest = |part: u8| -> u8 {
        let all = (0_u8..).zip(STEPS);
        let nearest = all.min_by_key(|(_, step)| step.abs_diff(part));
        nearest.map_or(0, |(index, _)| index)
    };
    Color::Indexed(16 + 36 * nearest(red) + 6 * nearest(green) + nearest(blue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::frame::Key;

    #[test]
    fn every_colour_of_a_person_is_readable_on_dark_and_on_light() {
        let mut all: Vec<_> = (0..HUES).map(|hue| of_hue(hue, LUMINANCE)).collect();
        for (red, green, blue) in &all {
            let parts = [red, green, blue].map(|part| f64::from(*part) / 255.0);
            let bright = luminance(parts);
            let (on_black, on_white) = ((bright + 0.05) / 0.05, 1.05 / (bright + 0.05));
            assert!(on_black > 4.4 && on_white > 4.4, "{red} {green} {blue}");
        }
        all.dedup();
        assert_eq!(all.len(), HUES as usize);
        for (red, green, blue) in (0..HUES).map(|hue| of_hue(hue, LUMINANCE_ON_LIGHT)) {
            let bright = luminance([red, green, blue].map(|part| f64::from(part) / 255.0));
            assert!(1.05 / (bright + 0.05) > 7.5, "{red} {green} {blue}");
        }
    }

    #[test]
    fn a_person_keeps_a_colour_and_without_colours_has_none() {
        let person = |number: u8| Person {
            key: Some(Key([number; 32])),
            ..Person::unproven("ana")
        };
        for colors in [Colors::Sixteen, Colors::Indexed, Colors::True] {
            let theme = Theme::new(colors);
            assert_eq!(theme.person(&person(1)), theme.person(&person(1)));
            let all: Vec<_> = (0..40)
                .map(|number| theme.person(&person(number)))
                .collect();
            assert!(all.iter().any(|style| *style != all[0]), "{colors:?}");
        }
        for plain in [
            Theme::new(Colors::None),
            Theme::new(Colors::True).with(Scheme::None),
            Theme::new(Colors::True).with(Scheme::HighContrast),
        ] {
            assert_eq!(plain.person(&person(1)).fg, None);
            assert_eq!(plain.unread().fg, None);
            assert_eq!(plain.private().fg, None);
        }
        let light = Theme::new(Colors::Sixteen).with(Scheme::Light);
        let colors = (0..40).filter_map(|number| light.person(&person(number)).fg);
        assert!(
            colors
                .into_iter()
                .all(|color| SIXTEEN_ON_LIGHT.contains(&color))
        );
        let contrast = Theme::new(Colors::Sixteen).with(Scheme::HighContrast);
        assert_eq!(contrast.ground().bg, Some(Color::Black));
        assert_eq!(contrast.dim(), Style::new());
        // Without colours, its ground has none either.
        let plain = Theme::new(Colors::None).with(Scheme::HighContrast);
        assert_eq!(plain.ground(), Style::new());
    }
}
