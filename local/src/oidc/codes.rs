//! Authorization codes: what stands between the sign-in page and the token endpoint. Kept in memory only, since a
//! restart within their minute costs one more click.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long a code may travel. Cognito gives five minutes; RFC 6749 (section 4.1.2) asks for ten at most.
pub(super) const LIFETIME: u64 = 60;

/// What a code stands for, and what its redemption must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: String,
    pub(super) scope: String,
    pub(super) nonce: Option<String>,
    pub(super) name: String,
    pub(super) auth_time: u64,
    /// Names the sign-in in every token that comes of it.
    pub(super) origin_jti: String,
}

/// What becomes of a code that is brought to the token endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redeemed {
    /// The first time.
    Granted(Box<Grant>),
    /// Once more: somebody else has it, so what came of it is to be revoked (RFC 6749, section 4.1.2).
    Again {
        /// The sign-in it belonged to.
        origin_jti: String,
    },
    /// Never issued, or too old.
    Unknown,
}

struct Issued {
    grant: Grant,
    expires_at: u64,
    redeemed: bool,
}

/// The codes of the last minute, by their hash.
#[derive(Default)]
pub(super) struct Codes(Mutex<HashMap<String, Issued>>);

impl Codes {
    /// A new code for `grant`.
    pub(super) fn issue(&self, grant: Grant, now: u64) -> String {
        let code = super::random::secret();
        let issued = Issued { grant, expires_at: now + LIFETIME, redeemed: false };
        let mut codes = self.lock();
        codes.retain(|_, issued| issued.expires_at > now);
        codes.insert(super::random::hash(&code), issued);
        code
    }

    /// Uses `code` up, whatever the rest of the request is worth: a wrong verifier has one try.
    pub(super) fn redeem(&self, code: &str, now: u64) -> Redeemed {
        let mut codes = self.lock();
        let Some(issued) = codes.get_mut(&super::random::hash(code)) else { return Redeemed::Unknown };
        if issued.redeemed {
            return Redeemed::Again { origin_jti: issued.grant.origin_jti.clone() };
        }
        issued.redeemed = true;
        if issued.expires_at <= now {
            return Redeemed::Unknown;
        }
        Redeemed::Granted(Box::new(issued.grant.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Issued>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            client_id: "page".into(),
            redirect_uri: "http://localhost:8460/callback".into(),
            code_challenge: String::new(),
            scope: "openid".into(),
            nonce: None,
            name: "ada".into(),
            auth_time: 100,
            origin_jti: "origin".into(),
        }
    }

    #[test]
    fn a_code_lives_for_a_minute() {
        let codes = Codes::default();
        let (young, old) = (codes.issue(grant(), 100), codes.issue(grant(), 100));
        assert_eq!(codes.redeem(&young, 159), Redeemed::Granted(Box::new(grant())));
        assert_eq!(codes.redeem(&old, 160), Redeemed::Unknown);
    }

    #[test]
    fn a_code_is_good_once_and_its_second_use_tells_whose_it_was() {
        let codes = Codes::default();
        let code = codes.issue(grant(), 100);
        assert!(matches!(codes.redeem(&code, 101), Redeemed::Granted(_)));
        assert_eq!(codes.redeem(&code, 102), Redeemed::Again { origin_jti: "origin".into() });
        assert_eq!(codes.redeem("never issued", 102), Redeemed::Unknown);
    }

    #[test]
    fn old_codes_are_forgotten() {
        let codes = Codes::default();
        codes.issue(grant(), 100);
        codes.issue(grant(), 200);
        assert_eq!(codes.lock().len(), 1);
    }
}
