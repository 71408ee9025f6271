//! The screen of a GIF (`GIF89a`, 18).

use super::{Probe, Still, le16, size};
use crate::Kind;

/// Reads a GIF's logical screen descriptor.
pub(crate) fn probe(bytes: &[u8]) -> Probe {
    let screen =
        le16(bytes, 6).zip(le16(bytes, 8)).and_then(|(width, height)| size(width.into(), height.into()));
    Probe { kind: Kind::Gif, size: screen, still: Some(Still::Gif), ..Probe::default() }
}
