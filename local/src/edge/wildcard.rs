//! The wildcards of a CloudFront policy's `Resource`: `*` stands for any number of characters, `?` for exactly one.

/// Whether `text` is what `pattern` describes.
///
/// Only the last `*` is ever gone back to: what an earlier one could take, this one can take as well. That keeps the
/// work below the product of the two lengths, however hostile the pattern.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut last_star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                last_star = Some((p, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match last_star {
                Some((star, taken)) => {
                    last_star = Some((star, taken + 1));
                    p = star + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_what_cloudfront_says() {
        for (pattern, text) in [
            ("http://a/media/ada/*", "http://a/media/ada/x/y.webp"),
            ("http://a/media/ada/*", "http://a/media/ada/"),
            ("http://a/*.webp", "http://a/b.webp/c.webp"),
            ("http*://a/?", "https://a/b"),
            ("http://a/b?c=*", "http://a/b?c=d"),
            ("*", ""),
            ("a*b*c", "a-b-b-c"),
        ] {
            assert!(matches(pattern, text), "{pattern} should match {text}");
        }
        for (pattern, text) in [
            ("http://a/media/ada/*", "http://a/media/adam/x"),
            ("http://a/media/ada/*", "http://b/media/ada/x"),
            ("http://a/media/ada/*", "http://a/media/ada"),
            ("a?c", "ac"),
            ("a", "ab"),
            ("", "a"),
            ("a*b*c", "a-b-b"),
        ] {
            assert!(!matches(pattern, text), "{pattern} should not match {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        let (pattern, text) = ("*a".repeat(1_000), "a".repeat(100_000));
        assert!(!matches(&(pattern + "b"), &text));
    }
}
