//! Media types that originals are served with.
//!
//! What a client declares is never trusted: a page served as `text/html` from the vault would be a script of the
//! uploader's. Only types of pictures and films that no browser executes pass; all else is a plain file.

const BY_EXTENSION: &[(&str, &str)] = &[
    ("3gp", "video/3gpp"),
    ("arw", "image/x-sony-arw"),
    ("avi", "video/x-msvideo"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("cr2", "image/x-canon-cr2"),
    ("cr3", "image/x-canon-cr3"),
    ("dng", "image/x-adobe-dng"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("jpe", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("jxl", "image/jxl"),
    ("m4v", "video/x-m4v"),
    ("mkv", "video/x-matroska"),
    ("mov", "video/quicktime"),
    ("mp4", "video/mp4"),
    ("mpg", "video/mpeg"),
    ("nef", "image/x-nikon-nef"),
    ("orf", "image/x-olympus-orf"),
    ("pef", "image/x-pentax-pef"),
    ("png", "image/png"),
    ("raf", "image/x-fuji-raf"),
    ("rw2", "image/x-panasonic-rw2"),
    ("srw", "image/x-samsung-srw"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
];

/// Media type of what nobody recognises.
pub const UNKNOWN: &str = "application/octet-stream";

/// The declared type if it is one that we serve, else the one of the file name's extension, else a plain file.
pub fn of_upload(declared: &str, file_name: &str) -> &'static str {
    let declared = declared.split(';').next().unwrap_or_default().trim();
    let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension);
    BY_EXTENSION
        .iter()
        .find(|(_, content_type)| content_type.eq_ignore_ascii_case(declared))
        .or_else(|| BY_EXTENSION.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension)))
        .map_or(UNKNOWN, |(_, content_type)| content_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_films_keep_their_type_and_all_else_is_a_plain_file() {
        for (declared, name, expected) in [
            ("image/jpeg", "a.jpg", "image/jpeg"),
            ("IMAGE/JPEG; charset=x", "a", "image/jpeg"),
            ("", "IMG.JPG", "image/jpeg"),
            ("", "a.CR3", "image/x-canon-cr3"),
            ("text/html", "a.html", UNKNOWN),
            ("image/svg+xml", "a.svg", UNKNOWN),
            ("text/html", "a.png", "image/png"),
            ("x/y\r\nz: 1", "", UNKNOWN),
        ] {
            assert_eq!(of_upload(declared, name), expected, "{declared} {name}");
        }
    }
}
