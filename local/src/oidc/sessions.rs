//! Who is signed in: refresh tokens of clients and cookies of browsers, kept across restarts as hashes.

use super::{IssuerError, files, random};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Cognito's default, and what template.yaml sets for the page's client.
pub(super) const REFRESH_LIFETIME: u64 = 30 * 24 * 60 * 60;

/// How long a browser stays signed in to the sign-in page itself: an hour, as in Cognito's managed login.
pub(super) const BROWSER_LIFETIME: u64 = 60 * 60;

/// A sign-in that can be refreshed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Refresh {
    hash: String,
    pub(super) client_id: String,
    pub(super) name: String,
    pub(super) scope: String,
    pub(super) auth_time: u64,
    pub(super) origin_jti: String,
    expires_at: u64,
    /// Kept until it expires, so that access tokens which came of it are known as revoked too.
    revoked: bool,
}

/// A browser that need not ask again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Browser {
    hash: String,
    pub(super) name: String,
    pub(super) auth_time: u64,
    expires_at: u64,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct State {
    refresh: Vec<Refresh>,
    browsers: Vec<Browser>,
}

/// All of them, with the file that outlives the process.
pub(super) struct Sessions {
    path: PathBuf,
    state: Mutex<State>,
}

impl Sessions {
    /// Reads the sessions at `path`. A file that cannot be understood costs everybody a sign-in, not the start.
    pub(super) fn open(path: &Path) -> Result<Self, IssuerError> {
        let text = files::read(path).map_err(|error| IssuerError::file(path, error))?;
        let state = text.map_or_else(State::default, |text| {
            serde_json::from_str(&text).unwrap_or_else(|error| {
                tracing::warn!(path = %path.display(), %error, "sign-ins unreadable: everybody signs in again");
                State::default()
            })
        });
        Ok(Self { path: path.to_owned(), state: Mutex::new(state) })
    }

    /// A refresh token for a sign-in of `client_id`.
    pub(super) fn add_refresh(&self, grant: &super::codes::Grant, now: u64) -> Result<String, IssuerError> {
        let token = random::secret();
        let session = Refresh {
            hash: random::hash(&token),
            client_id: grant.client_id.clone(),
            name: grant.name.clone(),
            scope: grant.scope.clone(),
            auth_time: grant.auth_time,
            origin_jti: grant.origin_jti.clone(),
            expires_at: now + REFRESH_LIFETIME,
            revoked: false,
        };
        self.change(now, |state| state.refresh.push(session))?;
        Ok(token)
    }

    /// The sign-in that `token` refreshes, if it is good.
    pub(super) fn refresh(&self, token: &str, now: u64) -> Option<Refresh> {
        let hash = random::hash(token);
        let found = |session: &&Refresh| session.hash == hash && !session.revoked && session.expires_at > now;
        self.lock().refresh.iter().find(found).cloned()
    }

    /// Ends a sign-in and all that came of it.
    pub(super) fn revoke(&self, origin_jti: &str, now: u64) -> Result<(), IssuerError> {
        self.change(now, |state| {
            for session in state.refresh.iter_mut().filter(|session| session.origin_jti == origin_jti) {
                session.revoked = true;
            }
        })
    }

    pub(super) fn is_revoked(&self, origin_jti: &str) -> bool {
        self.lock().refresh.iter().any(|session| session.revoked && session.origin_jti == origin_jti)
    }

    /// A cookie's value for a browser in which `name` has just signed in.
    pub(super) fn add_browser(&self, name: &str, now: u64) -> Result<String, IssuerError> {
        let cookie = random::secret();
        let (hash, name) = (random::hash(&cookie), name.to_owned());
        let session = Browser { hash, name, auth_time: now, expires_at: now + BROWSER_LIFETIME };
        self.change(now, |state| state.browsers.push(session))?;
        Ok(cookie)
    }

    /// Who is signed in with `cookie`.
    pub(super) fn browser(&self, cookie: &str, now: u64) -> Option<Browser> {
        let hash = random::hash(cookie);
        let found = |session: &&Browser| session.hash == hash && session.expires_at > now;
        self.lock().browsers.iter().find(found).cloned()
    }

    /// Forgets a browser.
    pub(super) fn remove_browser(&self, cookie: &str, now: u64) -> Result<(), IssuerError> {
        let hash = random::hash(cookie);
        self.change(now, |state| state.browsers.retain(|session| session.hash != hash))
    }

    /// One change, on disk before anybody sees it; what has expired goes along.
    fn change(&self, now: u64, edit: impl FnOnce(&mut State)) -> Result<(), IssuerError> {
        let mut state = self.lock();
        let mut next = state.clone();
        edit(&mut next);
        next.refresh.retain(|session| session.expires_at > now);
        next.browsers.retain(|session| session.expires_at > now);
        let text = serde_json::to_vec(&next).map_err(std::io::Error::other);
        text.and_then(|text| files::replace(&self.path, &text))
            .map_err(|error| IssuerError::file(&self.path, error))?;
        *state = next;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::codes::Grant;

    fn grant() -> Grant {
        Grant {
            client_id: "page".into(),
            redirect_uri: String::new(),
            code_challenge: String::new(),
            scope: "openid".into(),
            nonce: None,
            name: "ada".into(),
            auth_time: 100,
            origin_jti: "origin".into(),
        }
    }

    #[test]
    fn refresh_tokens_end_after_thirty_days_and_browsers_after_an_hour() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(&dir.path().join("sessions.json")).unwrap();
        let token = sessions.add_refresh(&grant(), 100).unwrap();
        let cookie = sessions.add_browser("ada", 100).unwrap();
        assert!(sessions.refresh(&token, 99 + REFRESH_LIFETIME).is_some());
        assert!(sessions.refresh(&token, 100 + REFRESH_LIFETIME).is_none());
        assert!(sessions.browser(&cookie, 99 + BROWSER_LIFETIME).is_some());
        assert!(sessions.browser(&cookie, 100 + BROWSER_LIFETIME).is_none());
    }

    #[test]
    fn no_secret_is_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sessions.json");
        let sessions = Sessions::open(&path).unwrap();
        let token = sessions.add_refresh(&grant(), 100).unwrap();
        let cookie = sessions.add_browser("ada", 100).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(!text.contains(&token) && !text.contains(&cookie));
    }

    #[test]
    fn an_unreadable_file_costs_a_sign_in_and_not_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sessions.json");
        std::fs::write(&path, "{").unwrap();
        let sessions = Sessions::open(&path).unwrap();
        assert!(sessions.add_refresh(&grant(), 100).is_ok());
    }
}
