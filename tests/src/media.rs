//! Images as the page gets them: cookies, and what a WebP file is made of.

use reqwest::header::SET_COOKIE;

use crate::Answer;

/// The signed cookies of a session, as a browser sends them back.
#[derive(Debug, Clone)]
pub struct Cookies {
    /// The `Cookie` header.
    pub header: String,
    /// The `Set-Cookie` headers that it comes from.
    pub set: Vec<String>,
}

impl Cookies {
    pub(crate) fn of(answer: &Answer) -> Self {
        let set: Vec<String> = answer
            .headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        let pairs: Vec<&str> = set.iter().map(|cookie| cookie.split(';').next().unwrap()).collect();
        Self { header: pairs.join("; "), set }
    }
}

/// Names of the chunks of a WebP file. <https://developers.google.com/speed/webp/docs/riff_container>
pub fn riff_chunks(webp: &[u8]) -> Vec<String> {
    assert_eq!((&webp[..4], &webp[8..12]), (&b"RIFF"[..], &b"WEBP"[..]), "not WebP");
    let mut chunks = Vec::new();
    let mut rest = &webp[12..];
    while rest.len() >= 8 {
        chunks.push(String::from_utf8_lossy(&rest[..4]).into_owned());
        let length = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
        rest = rest.get(8 + length.next_multiple_of(2)..).unwrap_or_default();
    }
    chunks
}
