//! Which addresses the owner has allowed.

use std::collections::BTreeSet;
use std::str::FromStr;

use tintype_function::{ConfigError, Environment};

/// Addresses and whole domains that may come in by way of another provider.
///
/// Only ASCII letters are compared without regard to case. Anything cleverer lets in strangers: Unicode's lower case
/// of the Kelvin sign is a plain k, and a Cyrillic а looks like a Latin a. An address that is written otherwise than
/// the owner wrote it is not the owner's: no plus tags, no dots left out, no quotes, no blanks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedEmails {
    addresses: BTreeSet<String>,
    domains: BTreeSet<String>,
}

/// An entry that is neither an address nor a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither an address nor an @domain")]
pub struct InvalidEntry;

impl AllowedEmails {
    /// `ALLOWED_EMAILS`: addresses and `@domains`, separated by commas; none lets nobody in.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let name = "ALLOWED_EMAILS";
        let expected = "must be addresses and @domains, separated by commas";
        let list = environment.optional(name).unwrap_or_default();
        list.parse().map_err(|InvalidEntry| ConfigError::Wrong { name, expected })
    }

    /// Whether this address, as a provider gave it, may come in.
    pub fn contains(&self, address: &str) -> bool {
        let Some((local, domain)) = parts(address) else { return false };
        let (local, domain) = (local.to_ascii_lowercase(), domain.to_ascii_lowercase());
        self.domains.contains(&domain) || self.addresses.contains(&format!("{local}@{domain}"))
    }
}

impl FromStr for AllowedEmails {
    type Err = InvalidEntry;

    fn from_str(list: &str) -> Result<Self, InvalidEntry> {
        let mut allowed = Self::default();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let entry = entry.to_ascii_lowercase();
            if let Some(domain) = entry.strip_prefix('@') {
                if !is_domain(domain) {
                    return Err(InvalidEntry);
                }
                allowed.domains.insert(domain.to_owned());
            } else {
                parts(&entry).ok_or(InvalidEntry)?;
                allowed.addresses.insert(entry);
            }
        }
        Ok(allowed)
    }
}

/// What stands before and after the one `@` of an address of plain form (RFC 5321's dot-string, letters and digits of
/// any script included).
fn parts(address: &str) -> Option<(&str, &str)> {
    let (local, domain) = address.split_once('@')?;
    let plain = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let is_local =
        local.len() <= 64 && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(plain));
    (is_local && is_domain(domain)).then_some((local, domain))
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allowed() -> AllowedEmails {
        "ada@example.com, Grace.Hopper@Example.ORG,@family.example ,jürgen@bücher.example,, kim@example.com"
            .parse()
            .unwrap()
    }

    #[test]
    fn an_allowed_address_comes_in_in_any_case() {
        for address in [
            "ada@example.com",
            "ADA@EXAMPLE.COM",
            "Ada@eXample.com",
            "grace.hopper@example.org",
            "jürgen@bücher.example",
            "JüRGEN@Bücher.EXAMPLE",
            "anyone@family.example",
            "Any.One+tag@FAMILY.example",
        ] {
            assert!(allowed().contains(address), "{address}");
        }
    }

    #[test]
    fn what_only_looks_like_an_allowed_address_stays_outside() {
        for address in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "eve@example.com",
            // Other spellings that some providers deliver to the same person, and others do not.
            "ada+photos@example.com",
            "a.da@example.com",
            "gracehopper@example.org",
            "grace.hopper.@example.org",
            ".grace.hopper@example.org",
            // Blanks and line ends, visible or not.
            " ada@example.com",
            "ada@example.com ",
            "ada@example.com\n",
            "ada@example.com\0",
            "ada@example.com\u{a0}",
            "ada\u{200b}@example.com",
            "ada@exam\u{ad}ple.com",
            "\u{feff}ada@example.com",
            "\u{202e}ada@example.com",
            // Quotes, comments, routes, names.
            "\"ada\"@example.com",
            "\"ada@example.com\"@evil.example",
            "\"x@evil.example\"@family.example",
            "ada(comment)@example.com",
            "Ada <ada@example.com>",
            "<ada@example.com>",
            "@relay.example:ada@example.com",
            "ada\\@example.com",
            "ada@example.com,eve@evil.example",
            "ada@example.com;eve@evil.example",
            // More than one @, in either order.
            "ada@example.com@evil.example",
            "eve@evil.example@family.example",
            "ada@@example.com",
            "x@family.example@",
            // The domain, and nothing below, above or beside it.
            "x@sub.family.example",
            "x@notfamily.example",
            "x@family.example.evil.example",
            "x@family.example.",
            "x@.family.example",
            "x@family",
            "ada@example.com.",
            "ada@[127.0.0.1]",
            "ada%example.com@evil.example",
            // Letters that look the same, or become the same in Unicode's lower case.
            "\u{430}da@example.com",
            "ada@ex\u{430}mple.com",
            "\u{ff41}da@example.com",
            "ada\u{ff20}example.com",
            "ada@example\u{3002}com",
            "\u{212a}im@example.com",
            "x@fam\u{131}ly.example",
            "x@fam\u{130}ly.example",
            "ju\u{308}rgen@bücher.example",
            "jürgen@xn--bcher-kva.example",
        ] {
            assert!(!allowed().contains(address), "{address:?} came in");
        }
    }

    #[test]
    fn an_empty_list_lets_nobody_in() {
        let nobody: AllowedEmails = " , ,".parse().unwrap();
        assert_eq!(nobody, AllowedEmails::default());
        assert!(!nobody.contains("ada@example.com"));
    }

    #[test]
    fn a_list_that_makes_no_sense_is_refused_by_name() {
        for list in [
            "ada",
            "@",
            "@example",
            "ada@",
            "*@example.com.",
            "@*.example.com",
            "a b@example.com",
            "a@b.example c@d.example",
        ] {
            let look_up = |_| Some(list.to_owned());
            let error = AllowedEmails::read(&Environment::new(&look_up)).unwrap_err().to_string();
            assert!(error.contains("ALLOWED_EMAILS"), "{list}: {error}");
        }
    }

    proptest! {
        /// Whatever anybody writes: who comes in wrote an allowed address, or one of an allowed domain.
        #[test]
        fn nothing_else_comes_in(address in "\\PC{0,12}@?\\PC{0,12}", wrapped in "\\PC{0,3}") {
            for address in [address.clone(), format!("{wrapped}ada@example.com"), format!("x@family.example{wrapped}")] {
                let lower = address.to_ascii_lowercase();
                let known = ["ada@example.com", "grace.hopper@example.org", "jürgen@bücher.example", "kim@example.com"];
                let member = lower.strip_suffix("@family.example").is_some_and(|local| !local.contains('@'));
                prop_assert!(!allowed().contains(&address) || known.contains(&lower.as_str()) || member);
            }
        }
    }
}
