//! What a file shows, on its way from the thread that has read it to the loop.

use super::raster::Raster;

/// What a file shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// A picture.
    Picture(Raster),
    /// A text, in lines that are clean.
    Text(Vec<String>),
}

/// Why a file shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewFault {
    /// It is not here, or has changed.
    NotHere,
    /// It is neither a picture of a known format nor a text.
    NothingToShow,
    /// It is longer, or has more pixels, than is read.
    TooLarge,
    /// It is a picture that cannot be decoded.
    Broken,
}

/// What came of looking at a file.
#[derive(Debug)]
pub struct Viewed {
    /// Which look it was.
    pub number: u64,
    /// What it shows.
    pub view: Result<View, ViewFault>,
}
