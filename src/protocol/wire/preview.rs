//! The small picture that goes with the offer of a picture: at most 87 bytes, which tell roughly
//! what is to be seen.
//!
//! ```text
//! width 1 | height 1 | means of Y, Cb and Cr 3 | scales of Y, Cb and Cr 3 |
//! coefficients of Y, Cb and Cr, 4 bits each, the first in the upper half of its byte
//! ```
//!
//! Y, Cb and Cr are those of JPEG. Each is a sum of cosines over the whole picture, as JPEG has
//! them over a block. A side of `s` pixels has the frequencies below `⌈14 s / 20⌉` in Y and below
//! `⌈7 s / 20⌉` in Cb and Cr; of the pairs only those whose shares of these limits are below 1
//! together, row by row, without the mean. A coefficient is `scale · ((n - 8) / 7)²`, with the
//! sign of `n - 8`.
//!
//! Any bytes of the right length are a picture, so that a false one does no harm but to show
//! something else.

use std::f32::consts::PI;
use std::fmt;

/// Most pixels along a side.
pub const PREVIEW_SIDE_MAX: u8 = 20;

/// Longest preview, in bytes: a square one.
pub const PREVIEW_MAX_BYTES: usize = HEAD_BYTES + (104 + 2 * 27) / 2;

/// Length of what stands before the coefficients, in bytes.
const HEAD_BYTES: usize = 2 + 3 + 3;

/// Frequencies along a side of [`PREVIEW_SIDE_MAX`] pixels, of Y, Cb and Cr: eyes see less of
/// where a colour is than of where light is.
const TERMS: [usize; 3] = [14, 7, 7];

/// Greatest step of a coefficient.
const STEP_MAX: f32 = 7.0;

/// The step that is zero.
const ZERO: u8 = 8;

/// What Cb and Cr are where there is no colour.
const GREY: f32 = 128.0;

/// A preview whose length fits its sides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Preview {
    bytes: [u8; PREVIEW_MAX_BYTES],
    length: u8,
}

/// A picture, row by row from the upper left corner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels along a row.
    pub width: u8,
    /// Red, green and blue of each pixel.
    pub pixels: Vec<[u8; 3]>,
}

impl Preview {
    /// What was read of a record; `None` if it is no preview.
    #[must_use]
    pub fn of_bytes(read: &[u8]) -> Option<Self> {
        let (width, height) = (*read.first()?, *read.get(1)?);
        let is_side = |side: u8| (1..=PREVIEW_SIDE_MAX).contains(&side);
        if !is_side(width) || !is_side(height) || read.len() != length(width, height) {
            return None;
        }
        let mut bytes = [0; PREVIEW_MAX_BYTES];
        bytes.get_mut(..read.len())?.copy_from_slice(read);
        let length = u8::try_from(read.len()).ok()?;
        Some(Self { bytes, length })
    }

    /// As it stands in a record.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length.into()).unwrap_or_default()
    }

    /// Makes the preview of a picture with at most [`PREVIEW_SIDE_MAX`] pixels along a side; `None`
    /// if it has more, or none.
    #[must_use]
    pub fn of_pixels(picture: &Pixels) -> Option<Self> {
        let width = picture.width;
        let rows = picture.pixels.chunks_exact(usize::from(width).max(1));
        let height = u8::try_from(rows.len()).ok()?;
        let planes = planes(&picture.pixels);
        let mut bytes = vec![width, height];
        let mut scales = Vec::new();
        let mut steps = Vec::new();
        for (plane, terms) in planes.iter().zip(TERMS) {
            let waves = waves(width, height, terms);
            let mut coefficients = waves.iter().map(|wave| wave.strength(width, plane));
            bytes.push(coefficients.next()?.round() as u8);
            let coefficients: Vec<f32> = coefficients.collect();
            let greatest = coefficients.iter().fold(0.0, |most, it| it.abs().max(most));
            let scale = greatest.ceil() as u8; // as casts do, at most 255
            scales.push(scale);
            steps.extend(coefficients.into_iter().map(|it| step_of(it, scale)));
        }
        bytes.extend(scales);
        bytes.extend(steps.chunks(2).map(|pair| match pair {
            [first, second] => first << 4 | second,
            _ => pair.first().copied().unwrap_or_default() << 4 | ZERO,
        }));
        Self::of_bytes(&bytes)
    }

    /// The picture.
    #[must_use]
    pub fn pixels(&self) -> Pixels {
        let mut bytes = self.bytes().iter().copied();
        let mut next = || bytes.next().unwrap_or_default();
        let (width, height) = (next(), next());
        let means = [next(), next(), next()];
        let scales = [next(), next(), next()];
        let mut steps = bytes.flat_map(|byte| [byte >> 4, byte & 0xf]);
        let mut planes = Vec::new();
        for ((terms, mean), scale) in TERMS.into_iter().zip(means).zip(scales) {
            let waves = waves(width, height, terms);
            let first = [f32::from(mean)].into_iter();
            let others = steps.by_ref().map(|step| coefficient_of(step, scale));
            let strengths: Vec<f32> = first.chain(others.take(waves.len() - 1)).collect();
            planes.push(sum(width, height, &waves, &strengths));
        }
        let colours = match planes.as_slice() {
            [light, blue, red] => light.iter().zip(blue).zip(red),
            _ => return Pixels::none(),
        };
        let pixels = colours.map(|((light, blue), red)| rgb(*light, *blue, *red));
        Pixels {
            width,
            pixels: pixels.collect(),
        }
    }
}

/// Shows the sides alone.
impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [width, height, ..] = self.bytes;
        write!(f, "Preview({width} × {height})")
    }
}

/// Hexadecimal digits.
impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.bytes().iter();
        bytes.try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Pixels {
    fn none() -> Self {
        Self {
            width: 1,
            pixels: Vec::new(),
        }
    }

    /// Pixels along a column.
    #[must_use]
    pub fn height(&self) -> u8 {
        let height = self.pixels.len() / usize::from(self.width.max(1));
        u8::try_from(height).unwrap_or(u8::MAX)
    }

    /// The mean colour of the pixels in a part of the picture, which is cut into so many columns
    /// and rows; `None` outside.
    #[must_use]
    pub fn mean(&self, (column, row): (u16, u16), (columns, rows): (u16, u16)) -> Option<[u8; 3]> {
        let across = part(column, columns, self.width)?;
        let down = part(row, rows, self.height())?;
        let lines = self.pixels.chunks(usize::from(self.width.max(1)));
        let lines = lines.skip(down.start).take(down.len());
        let meant = lines.flat_map(|line| line.get(across.clone()).unwrap_or_default());
        let (mut sums, mut count) = ([0_u32; 3], 0_u32);
        for pixel in meant {
            for (sum, part) in sums.iter_mut().zip(pixel) {
                *sum += u32::from(*part);
            }
            count += 1;
        }
        (count > 0).then(|| sums.map(|sum| (sum / count) as u8))
    }
}

/// The pixels along a side that belong to one of so many parts: at least one.
fn part(number: u16, parts: u16, side: u8) -> Option<std::ops::Range<usize>> {
    let at = |number: u16| usize::from(number) * usize::from(side) / usize::from(parts.max(1));
    let start = at(number);
    (number < parts).then(|| start..at(number + 1).max(start + 1))
}

/// A cosine along each side, at its pixels.
struct Wave {
    across: Vec<f32>,
    down: Vec<f32>,
    /// What makes the strength of the wave of its product with a picture.
    norm: f32,
}

impl Wave {
    fn strength(&self, width: u8, plane: &[f32]) -> f32 {
        let rows = plane.chunks(usize::from(width).max(1)).zip(&self.down);
        let products = rows.map(|(row, down)| {
            let products = row.iter().zip(&self.across);
            down * products.map(|(pixel, across)| pixel * across).sum::<f32>()
        });
        self.norm * products.sum::<f32>()
    }
}

/// The waves of a picture with these sides, the mean first.
fn waves(width: u8, height: u8, terms: usize) -> Vec<Wave> {
    let (across, down) = (frequencies(width, terms), frequencies(height, terms));
    let norm = |frequency: usize, side: u8| match frequency {
        0 => 1.0 / f32::from(side.max(1)),
        _ => 2.0 / f32::from(side.max(1)),
    };
    let pairs = (0..down).flat_map(|vertical| {
        let horizontal = (0..across).map(move |horizontal| (horizontal, vertical));
        horizontal.filter(|(x, y)| x * down + y * across < across * down)
    });
    let pairs = pairs.map(|(horizontal, vertical)| Wave {
        across: cosines(horizontal, width),
        down: cosines(vertical, height),
        norm: norm(horizontal, width) * norm(vertical, height),
    });
    pairs.collect()
}

fn cosines(frequency: usize, side: u8) -> Vec<f32> {
    let turn = PI * frequency as f32 / f32::from(side.max(1));
    let pixels = (0..side).map(|pixel| (turn * (f32::from(pixel) + 0.5)).cos());
    pixels.collect()
}

/// Frequencies along a side, of which a longest side has so many.
fn frequencies(side: u8, terms: usize) -> usize {
    (usize::from(side) * terms).div_ceil(PREVIEW_SIDE_MAX.into())
}

/// Length of the preview of a picture with these sides, in bytes.
fn length(width: u8, height: u8) -> usize {
    let of_plane = |terms| {
        let (across, down) = (frequencies(width, terms), frequencies(height, terms));
        let pairs =
            (0..down).map(|y| (0..across).filter(move |x| x * down + y * across < across * down));
        pairs.map(Iterator::count).sum::<usize>() - 1
    };
    HEAD_BYTES + TERMS.into_iter().map(of_plane).sum::<usize>().div_ceil(2)
}

/// Weak waves are told more finely than strong ones: there are more of them.
fn step_of(coefficient: f32, scale: u8) -> u8 {
    let share = coefficient.abs() / f32::from(scale.max(1));
    let step = (share.sqrt() * STEP_MAX).round().min(STEP_MAX);
    (f32::from(ZERO) + step.copysign(coefficient)) as u8
}

fn coefficient_of(step: u8, scale: u8) -> f32 {
    let step = f32::from(step) - f32::from(ZERO);
    let share = (step / STEP_MAX).powi(2);
    f32::from(scale) * share.copysign(step)
}

/// Adds up waves of these strengths.
fn sum(width: u8, height: u8, waves: &[Wave], strengths: &[f32]) -> Vec<f32> {
    let width = usize::from(width);
    let mut plane = vec![0.0; width * usize::from(height)];
    for (wave, strength) in waves.iter().zip(strengths) {
        for (row, down) in plane.chunks_mut(width.max(1)).zip(&wave.down) {
            for (pixel, across) in row.iter_mut().zip(&wave.across) {
                *pixel += strength * down * across;
            }
        }
    }
    plane
}

/// Y, Cb and Cr.
fn planes(pixels: &[[u8; 3]]) -> [Vec<f32>; 3] {
    let weights = [
        (0.0, [0.299, 0.587, 0.114]),
        (GREY, [-0.168_736, -0.331_264, 0.5]),
        (GREY, [0.5, -0.418_688, -0.081_312]),
    ];
    weights.map(|(base, weights)| {
        let planes = pixels.iter().map(|pixel| {
            let parts = pixel.iter().zip(weights);
            base + parts
                .map(|(part, weight)| f32::from(*part) * weight)
                .sum::<f32>()
        });
        planes.collect()
    })
}

fn rgb(light: f32, blue: f32, red: f32) -> [u8; 3] {
    let (blue, red) = (blue - GREY, red - GREY);
    [
        light + 1.402 * red,
        light - 0.344_136 * blue - 0.714_136 * red,
        light + 1.772 * blue,
    ]
    .map(|part| part.round() as u8) // as casts do, from 0 to 255
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picture(width: u8, height: u8, pixel: impl Fn(u8, u8) -> [u8; 3]) -> Pixels {
        let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Pixels {
            width,
            pixels: rows.map(|(x, y)| pixel(x, y)).collect(),
        }
    }

    fn is_near(one: [u8; 3], other: [u8; 3], by: u8) -> bool {
        one.iter()
            .zip(other)
            .all(|(one, other)| one.abs_diff(other) <= by)
    }

    #[test]
    fn what_is_seen_roughly_comes_back() {
        let halves = picture(20, 15, |x, y| match (x < 10, y < 8) {
            (true, true) => [230, 30, 30],
            (false, true) => [30, 30, 230],
            (true, false) => [250, 250, 250],
            (false, false) => [10, 120, 10],
        });
        let preview = Preview::of_pixels(&halves).unwrap();
        assert!(preview.bytes().len() <= PREVIEW_MAX_BYTES);
        let seen = preview.pixels();
        assert_eq!((seen.width, seen.height()), (20, 15));
        for part in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (was, is) = (halves.mean(part, (2, 2)), seen.mean(part, (2, 2)));
            assert!(
                is_near(was.unwrap(), is.unwrap(), 30),
                "{part:?} {was:?} {is:?}"
            );
        }
        assert_eq!(seen.mean((2, 0), (2, 2)), None);
        assert_eq!(seen.mean((0, 2), (2, 2)), None);
    }

    #[test]
    fn a_square_one_is_the_longest_and_one_of_a_single_colour_keeps_it() {
        for (width, height) in [(20, 20), (1, 1), (20, 1), (3, 17)] {
            let plain = picture(width, height, |_, _| [200, 100, 50]);
            let preview = Preview::of_pixels(&plain).unwrap();
            assert!(preview.bytes().len() <= PREVIEW_MAX_BYTES);
            let seen = preview.pixels();
            assert_eq!(seen.pixels.len(), plain.pixels.len());
            assert!(
                seen.pixels.iter().all(|it| is_near(*it, [200, 100, 50], 2)),
                "{seen:?}"
            );
        }
        assert_eq!(length(20, 20), PREVIEW_MAX_BYTES);
    }

    #[test]
    fn what_has_no_sides_or_another_length_is_none() {
        let preview = Preview::of_pixels(&picture(4, 3, |x, y| [x, y, 0])).unwrap();
        let bytes = preview.bytes().to_vec();
        assert_eq!(Preview::of_bytes(&bytes), Some(preview));
        assert_eq!(Preview::of_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Preview::of_bytes(&[bytes.as_slice(), &[0]].concat()), None);
        assert_eq!(Preview::of_bytes(&[]), None);
        assert_eq!(Preview::of_bytes(&[0, 3]), None);
        assert_eq!(
            Preview::of_bytes(&[[21, 20].as_slice(), &[0; 85]].concat()),
            None
        );
        for (width, count) in [(0, 9), (21, 21), (1, 21), (1, 0), (200, 40_000)] {
            let pixels = vec![[0; 3]; count];
            assert_eq!(
                Preview::of_pixels(&Pixels { width, pixels }),
                None,
                "{width}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_of_the_right_length_are_a_picture(
            (width, height) in (0_u8..23, 0_u8..23),
            rest in proptest::collection::vec(any::<u8>(), 100),
        ) {
            let is_side = |side| (1..=PREVIEW_SIDE_MAX).contains(&side);
            let mut bytes = vec![width, height];
            bytes.extend(rest);
            if is_side(width) && is_side(height) {
                bytes.truncate(length(width, height));
                let preview = Preview::of_bytes(&bytes).unwrap();
                prop_assert_eq!(preview.bytes(), &bytes);
                let seen = preview.pixels();
                prop_assert_eq!(seen.pixels.len(), usize::from(width) * usize::from(height));
                prop_assert_eq!(seen.height(), height);
                prop_assert!(Preview::of_pixels(&seen).is_some());
            } else {
                prop_assert_eq!(Preview::of_bytes(&bytes), None);
            }
        }

        #[test]
        fn any_small_picture_has_a_preview_of_its_size(
            (width, height) in (1_u8..=20, 1_u8..=20),
            seed in proptest::collection::vec(any::<[u8; 3]>(), 400),
        ) {
            let count = usize::from(width) * usize::from(height);
            let pixels = Pixels { width, pixels: seed[..count].to_vec() };
            let preview = Preview::of_pixels(&pixels).unwrap();
            prop_assert!(preview.bytes().len() <= PREVIEW_MAX_BYTES);
            prop_assert_eq!(preview.pixels().pixels.len(), count);
        }
    }
}
