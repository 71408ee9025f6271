//! Finds the time in an XMP packet (ISO 16684-1).
//!
//! XMP is RDF in XML, and a time in it is an attribute or an element of a known name. Looking for the name is enough:
//! the worst that a strange packet can do is to hide its time, or to show a wrong one, which it could do anyway.

use crate::exif::parse_time;
use crate::facts::FoundTime;

/// When the photo was taken, by the first of the properties that says so.
pub(crate) fn taken(packet: &[u8]) -> Option<FoundTime> {
    [&b"exif:DateTimeOriginal"[..], b"photoshop:DateCreated", b"xmp:CreateDate"]
        .iter()
        .find_map(|name| parse_time(value(packet, name)?))
}

/// The value of `name="value"` or of `<name>value</name>`.
fn value<'a>(packet: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let mut rest = packet;
    while let Some(at) = find(rest, name) {
        rest = &rest[at + name.len()..];
        let after = rest.trim_ascii_start();
        let (value, end) = if let Some(after) = after.strip_prefix(b"=") {
            let after = after.trim_ascii_start();
            let Some(quote) = after.first().filter(|quote| matches!(quote, b'"' | b'\'')) else { continue };
            (&after[1..], *quote)
        } else if let Some(after) = after.strip_prefix(b">") {
            (after, b'<')
        } else {
            continue;
        };
        let ended = value.iter().take(64).position(|&byte| byte == end);
        if let Some(text) = ended.and_then(|length| std::str::from_utf8(&value[..length]).ok()) {
            return Some(text);
        }
    }
    None
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(packet: &str) -> Option<String> {
        taken(packet.as_bytes()).map(|found| found.local)
    }

    #[test]
    fn attributes_and_elements_are_read() {
        let expected = Some("2011-11-18T15:38:34.000".to_owned());
        assert_eq!(local(r#"<rdf:Description xmp:CreateDate="2011-11-18T15:38:34+01:00"/>"#), expected);
        assert_eq!(local("<rdf:Description xmp:CreateDate = '2011-11-18T15:38:34'/>"), expected);
        assert_eq!(local("<xmp:CreateDate>2011-11-18T15:38:34Z</xmp:CreateDate>"), expected);
        assert_eq!(local(r#"xmp:CreateDate=none xmp:CreateDate="2011-11-18T15:38:34""#), expected);
    }

    #[test]
    fn the_shutter_counts_before_the_file() {
        let packet = r#"xmp:CreateDate="2020-01-01T00:00:00" exif:DateTimeOriginal="2011-11-18T15:38:34""#;
        assert_eq!(local(packet).unwrap(), "2011-11-18T15:38:34.000");
    }

    #[test]
    fn a_packet_that_is_cut_or_empty_says_nothing() {
        for packet in ["", "xmp:CreateDate", "xmp:CreateDate=", "xmp:CreateDate=\"2011", "<xmp:CreateDate>"] {
            assert_eq!(local(packet), None, "{packet}");
        }
    }
}
