//! Names of users. On one machine the name is the whole account.

use sha2::{Digest, Sha256};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The longest name, in characters.
const LONGEST: usize = 64;

/// A name in the one form in which names are compared: case-folded, then NFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

/// Why a name cannot be used, as a sentence for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but spaces.
    #[error("Type a name, such as ada.")]
    Empty,
    /// Longer than a name may be.
    #[error("That name is too long: use at most {LONGEST} characters.")]
    TooLong,
    /// A character that names do not have.
    #[error("A name has letters, digits and . _ - @ only: leave the others out, spaces too.")]
    Character,
    /// Punctuation alone.
    #[error("A name needs at least one letter or digit.")]
    NoLetter,
}

impl Name {
    /// Reads what a person typed; spaces around it are a slip of the hand.
    pub(super) fn parse(typed: &str) -> Result<Self, NameError> {
        let name: String = typed.trim().nfc().collect();
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.chars().count() > LONGEST {
            return Err(NameError::TooLong);
        }
        if !name.chars().all(may_stand_in_a_name) {
            return Err(NameError::Character);
        }
        if !name.chars().any(char::is_alphanumeric) {
            return Err(NameError::NoLetter);
        }
        Ok(Self(caseless::default_case_fold_str(&name).nfc().collect()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that looks like an address is taken for one.
    pub(super) fn email(&self) -> Option<&str> {
        let (before, after) = self.0.split_once('@')?;
        (!before.is_empty() && after.contains('.') && !after.contains('@')).then_some(&self.0)
    }

    /// The user's id: `sub` in the tokens, the user's part of every object key. It follows from the name alone, so
    /// that a lost folder of sign-ins loses nobody's photos. In the shape of Cognito's, a UUID; version 8 is the one
    /// that RFC 9562 (section 5.8) leaves to such uses.
    pub(super) fn user_id(&self) -> String {
        let digest = Sha256::digest(format!("tintype local user\n{}", self.0));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        super::random::uuid(bytes, 8)
    }
}

/// Letters and digits of any script, with the marks that many scripts write letters with.
fn may_stand_in_a_name(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '.' | '_' | '-' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> String {
        Name::parse(name).unwrap().user_id()
    }

    #[test]
    fn names_of_any_script_are_names() {
        for name in ["ada", "Ада", "明日香", "हिन्दी", "عائشة", "ada.b_c-2", "ada@example.net", "7"]
        {
            assert!(Name::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn one_person_is_one_user_however_the_name_is_typed() {
        assert_eq!(id("ada"), id(" ADA "));
        assert_eq!(id("caf\u{e9}"), id("cafe\u{301}"));
        assert_eq!(id("Straße"), id("STRASSE"));
        assert_eq!(id("Οδυσσεύς"), id("ΟΔΥΣΣΕΎΣ"));
        assert_ne!(id("ada"), id("bob"));
    }

    #[test]
    fn ids_are_uuids_and_never_change() {
        // Written down: were this to change, everybody's photos would be somebody else's.
        assert_eq!(id("ada"), "8db6c729-b8a2-874b-8537-21eadbc752e5");
    }

    #[test]
    fn what_is_not_a_name_is_told_why() {
        let why = |typed: &str| Name::parse(typed).unwrap_err();
        assert_eq!(why("  "), NameError::Empty);
        assert_eq!(why(&"a".repeat(65)), NameError::TooLong);
        assert!(Name::parse(&"é".repeat(64)).is_ok());
        for typed in ["ada lovelace", "../ada", "ada<b>", "a\u{0}b", "a\u{202e}b", "🙂"] {
            assert_eq!(why(typed), NameError::Character, "{typed:?}");
        }
        assert_eq!(why(".."), NameError::NoLetter);
    }

    #[test]
    fn a_name_that_looks_like_an_address_is_one() {
        assert_eq!(Name::parse("Ada@Example.net").unwrap().email(), Some("ada@example.net"));
        assert_eq!(Name::parse("ada@home").unwrap().email(), None);
        assert_eq!(Name::parse("ada").unwrap().email(), None);
    }
}
