//! A picture made small enough for a terminal: decoded with limits, turned upright, and reduced to
//! one colour for each half of a cell. Pure, and slow: for a thread of its own.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgba};

use crate::protocol::wire::preview::{PREVIEW_SIDE_MAX, Pixels, Preview};

/// Most pixels along a side.
const SIDE_MAX_PIXELS: u32 = 16_384;

/// Most bytes of a decoded picture: 32 megapixels with four channels.
const DECODED_MAX_BYTES: u64 = 128 << 20;

/// Most bytes that a decoder may take besides.
const WORKING_MAX_BYTES: u64 = 128 << 20;

/// The ground behind what is transparent: most such pictures are drawn for paper.
const GROUND: f32 = 255.0;

/// Why a picture is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RasterFault {
    /// It is no PNG, JPEG, GIF or WebP.
    OtherFormat,
    /// It has more pixels than are decoded.
    TooLarge,
    /// It cannot be decoded.
    Broken,
}

/// The colours of a small picture, row by row from the upper left corner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    width: u16,
    pixels: Vec<[u8; 3]>,
}

impl Raster {
    /// Decodes a picture, and reduces it to fit into so many pixels across and down. Of one that
    /// moves, the first image.
    ///
    /// # Errors
    /// Why it is not shown.
    pub fn decode(bytes: &[u8], width: u16, height: u16) -> Result<Self, RasterFault> {
        let image = decode(bytes)?;
        let (width, height) = (u32::from(width.max(1)), u32::from(height.max(1)));
        let fits = image.width() <= width && image.height() <= height;
        // A small picture keeps its size: each pixel is a square already.
        let small = match fits {
            true => image.into_rgba8(),
            false => image.thumbnail(width, height).into_rgba8(),
        };
        let width = u16::try_from(small.width()).map_err(|_| RasterFault::TooLarge)?;
        Ok(Self {
            width,
            pixels: small.pixels().map(on_ground).collect(),
        })
    }

    /// Pixels across.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Pixels down.
    #[must_use]
    pub fn height(&self) -> u16 {
        let height = self.pixels.len() / usize::from(self.width.max(1));
        u16::try_from(height).unwrap_or(u16::MAX)
    }

    /// The colour of a pixel; `None` outside.
    #[must_use]
    pub fn pixel(&self, x: u16, y: u16) -> Option<[u8; 3]> {
        let row = usize::from(y).checked_mul(self.width.into())?;
        let inside = x < self.width;
        inside
            .then(|| self.pixels.get(row + usize::from(x)).copied())
            .flatten()
    }
}

/// The preview of a picture; `None` of what is not shown.
#[must_use]
pub fn preview(bytes: &[u8]) -> Option<Preview> {
    let side = u16::from(PREVIEW_SIDE_MAX);
    let raster = Raster::decode(bytes, side, side).ok()?;
    Preview::of_pixels(&Pixels {
        width: u8::try_from(raster.width).ok()?,
        pixels: raster.pixels,
    })
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, RasterFault> {
    let format = image::guess_format(bytes).map_err(|_| RasterFault::OtherFormat)?;
    let is_shown = matches!(
        format,
        ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP
    );
    if !is_shown {
        return Err(RasterFault::OtherFormat);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX_PIXELS);
    limits.max_image_height = Some(SIDE_MAX_PIXELS);
    limits.max_alloc = Some(WORKING_MAX_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| fault(&error))?;
    let (width, height) = decoder.dimensions();
    if width > SIDE_MAX_PIXELS || height > SIDE_MAX_PIXELS {
        return Err(RasterFault::TooLarge);
    }
    if decoder.total_bytes() > DECODED_MAX_BYTES {
        return Err(RasterFault::TooLarge);
    }
    let orientation = decoder.orientation();
    let image = DynamicImage::from_decoder(decoder);
    let mut image = image.map_err(|error| fault(&error))?;
    image.apply_orientation(orientation.unwrap_or(Orientation::NoTransforms));
    Ok(image)
}

fn fault(error: &image::ImageError) -> RasterFault {
    match error {
        image::ImageError::Limits(_) => RasterFault::TooLarge,
        _ => RasterFault::Broken,
    }
}

fn on_ground(Rgba([red, green, blue, alpha]): &Rgba<u8>) -> [u8; 3] {
    let share = f32::from(*alpha) / 255.0;
    let mixed = |part: &u8| (f32::from(*part) * share + GROUND * (1.0 - share)).round() as u8;
    [mixed(red), mixed(green), mixed(blue)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageBuffer, Rgb, RgbaImage};
    use proptest::prelude::*;

    fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.into().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn halves(width: u32, height: u32) -> ImageBuffer<Rgb<u8>, Vec<u8>> {
        ImageBuffer::from_fn(width, height, |x, _| match x < width / 2 {
            true => Rgb([250, 0, 0]),
            false => Rgb([0, 0, 250]),
        })
    }

    #[test]
    fn each_format_is_shown_at_its_size_or_smaller() {
        for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
            let bytes = encoded(halves(4, 2), format);
            let raster = Raster::decode(&bytes, 80, 40).unwrap();
            assert_eq!((raster.width(), raster.height()), (4, 2), "{format:?}");
            let [red, _, blue] = raster.pixel(0, 0).unwrap();
            assert!(red > 200 && blue < 50, "{format:?}");
            assert_eq!(raster.pixel(4, 0), None);
            assert_eq!(raster.pixel(0, 2), None);
        }
        let wide = encoded(halves(400, 100), ImageFormat::Jpeg);
        let raster = Raster::decode(&wide, 80, 40).unwrap();
        assert_eq!((raster.width(), raster.height()), (80, 20));
        let [red, _, blue] = raster.pixel(79, 19).unwrap();
        assert!(red < 50 && blue > 200);
    }

    #[test]
    fn a_preview_shows_a_picture_upright_and_small() {
        for (width, height) in [(400, 100), (3, 2), (1, 4000), (640, 480)] {
            let bytes = encoded(halves(width, height), ImageFormat::Png);
            let seen = preview(&bytes).unwrap().pixels();
            assert!(seen.width <= PREVIEW_SIDE_MAX && seen.height() <= PREVIEW_SIDE_MAX);
            let [_, _, blue] = seen.mean((1, 0), (2, 1)).unwrap();
            assert!(blue > 150, "{width} × {height}: {blue}");
        }
        assert_eq!(preview(b"<svg>"), None);
    }

    #[test]
    fn what_is_transparent_shows_the_ground() {
        let clear = RgbaImage::from_pixel(1, 1, Rgba([9, 9, 9, 0]));
        let bytes = encoded(clear, ImageFormat::Png);
        let raster = Raster::decode(&bytes, 1, 1).unwrap();
        assert_eq!(raster.pixel(0, 0), Some([255; 3]));
    }

    #[test]
    fn what_is_no_picture_or_a_bomb_is_not_decoded() {
        let decode = |bytes: &[u8]| Raster::decode(bytes, 10, 10);
        assert_eq!(decode(b"<svg>"), Err(RasterFault::OtherFormat));
        assert_eq!(decode(b"BM\x46\0\0\0\0\0"), Err(RasterFault::OtherFormat));
        assert_eq!(decode(b""), Err(RasterFault::OtherFormat));
        let whole = encoded(halves(40, 20), ImageFormat::Png);
        assert_eq!(decode(&whole[..60]), Err(RasterFault::Broken));
        // A head that promises 60,000 × 60,000 pixels.
        let mut bomb = whole;
        bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let crc = crc_of(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(decode(&bomb), Err(RasterFault::TooLarge));
    }

    fn crc_of(bytes: &[u8]) -> u32 {
        let step = |crc: u32| match crc & 1 {
            1 => 0xedb8_8320 ^ crc >> 1,
            _ => crc >> 1,
        };
        let all = bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc))
        });
        !all
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_picture_or_none(
            at in 0_usize..200,
            with in proptest::collection::vec(any::<u8>(), 0..40),
            which in 0_usize..4,
        ) {
            use ImageFormat::{Gif, Jpeg, Png, WebP};
            let mut bytes = encoded(halves(9, 7), [Png, Jpeg, Gif, WebP][which]);
            let at = at.min(bytes.len());
            bytes.splice(at..(at + with.len()).min(bytes.len()), with);
            if let Ok(raster) = Raster::decode(&bytes, 12, 8) {
                prop_assert!(raster.width() <= 12 && raster.height() <= 8);
            }
        }
    }
}
