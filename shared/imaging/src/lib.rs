//! A photo's bytes in; its facts and its variants out.
//!
//! Two functions. [`inspect`] reads what a file says about itself, and never fails. [`render`] makes the pictures
//! that the page shows, and its body is the list of steps, one file each:
//!
//! | step | file | what it settles |
//! |---|---|---|
//! | probe | `probe.rs` | what the bytes are: kind, size, orientation, where metadata and pixels lie |
//! | limits | `limits.rs` | whether it fits the budget, and at which scale to decode; nothing is decoded before |
//! | decode | `decode.rs` | samples, already reduced where the decoder can do so cheaply |
//! | resize | `resize.rs` | samples at the preview's size |
//! | orient | `orient.rs` | samples as the photo is to be looked at |
//! | colour | `colour.rs` | sRGB, as the planes that WebP stores |
//! | encode | `encode.rs` | the variants' bytes, each made from the one before |
//! | placeholder | `placeholder.rs` | the thumbhash |
//!
//! Orientation and colour come after the resize because they cost by the pixel, and then there are few pixels left.
//!
//! *Invariants.* No I/O, no clock, no environment, no async. The kind is read from the bytes, never from a name.
//! Memory is bounded from the header before anything is decoded. Whatever the bytes are, the worst outcome is a
//! [`Rejected`] with a reason: a decoder's panic is caught, a C library's error is returned. A decoded picture proves
//! nothing about the file's integrity; its checksum does.

mod colour;
mod decode;
mod encode;
mod exif;
mod facts;
mod kind;
mod limits;
mod orient;
mod placeholder;
mod probe;
mod raster;
mod rejected;
mod resize;
mod tiff;
mod variants;
mod webp;
mod xmp;

use std::panic::catch_unwind;

pub use facts::{Camera, Facts, FoundTime, Place, Times};
pub use kind::{Kind, Raw, Video};
pub use limits::Budget;
pub use orient::Orientation;
pub use rejected::Rejected;
pub use variants::{Rendering, Variant, VariantName};

/// Reads the kind, the size and the metadata of a file.
///
/// Accepts any bytes, decodes no pixels, and never fails: what cannot be read is absent from the answer.
///
/// ```
/// let facts = tintype_imaging::inspect(b"not a photo");
/// assert_eq!(facts.kind, tintype_imaging::Kind::Unknown);
/// assert_eq!(facts.width, None);
/// ```
pub fn inspect(bytes: &[u8]) -> Facts {
    facts::gather(bytes, &probe::probe(bytes))
}

/// Decodes a photo once and makes every variant of it, with the placeholder.
///
/// The memory it uses, with the file itself, stays within `budget`. Variants are oriented, in sRGB, without
/// metadata, and never larger than the original. Fails only with a permanent reason: the same bytes under the same
/// budget always end the same way.
///
/// ```
/// use tintype_imaging::{Budget, Rejected, render};
///
/// assert!(matches!(render(b"", &Budget::default()), Err(Rejected::NotAnImage)));
/// ```
pub fn render(bytes: &[u8], budget: &Budget) -> Result<Rendering, Rejected> {
    // Decoders and colour profiles are other people's code over strangers' bytes: one that panics has met a broken file.
    catch_unwind(|| steps(bytes, *budget)).unwrap_or_else(|_| Err(Rejected::broken("its decoder gave up")))
}

fn steps(bytes: &[u8], budget: Budget) -> Result<Rendering, Rejected> {
    let found = probe::probe(bytes);
    let plan = limits::plan(&found, bytes, budget)?;
    let decoded = decode::decode(bytes, &found, &plan)?;
    let sizes = variants::sizes(decoded.width, decoded.height, found.orientation);
    let reduced = resize::to_largest(decoded.raster, &sizes, found.orientation)?;
    let upright = orient::upright(reduced, found.orientation);
    let mut planes = colour::to_srgb(upright, decoded.icc.as_deref());
    let mut made = Vec::with_capacity(sizes.len());
    for &(name, width, height) in &sizes {
        planes = resize::planes(planes, width, height)?;
        made.push(encode::variant(name, &planes)?);
    }
    let thumbhash = placeholder::thumbhash(&planes)?;
    let (width, height) = found.shown_size().unwrap_or((decoded.width, decoded.height));
    Ok(Rendering { width, height, variants: made, thumbhash })
}
