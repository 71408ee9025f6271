//! `/oauth2/authorize`: reads what a client wants (RFC 6749, section 4.1.1; RFC 7636, section 4.3; `OpenID` Connect
//! Core, section 3.1.2.1), and either sends the browser back with a code or on to the sign-in page.

use super::{
    Client, Issuer,
    codes::Grant,
    pages, params,
    params::{Params, Repeated},
    random, scope,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

/// A request that may be granted once somebody has signed in.
#[derive(Debug)]
pub(super) struct Authorization {
    client_id: String,
    pub(super) redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    scope: String,
    code_challenge: String,
    prompt: Prompt,
}

/// Whether the person is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prompt {
    IfNeeded,
    Never,
    Always,
}

/// A request that is not granted.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It does not say credibly where it comes from, so the browser stays here: sent on, it could be sent anywhere
    /// (RFC 6749, section 4.1.2.1).
    Here {
        why: &'static str,
        /// The page that people probably wanted.
        home: Option<String>,
    },
    /// The client is told.
    Back { address: String },
}

impl Authorization {
    pub(super) fn read(issuer: &Issuer, query: &str) -> Result<Self, Refusal> {
        let here = |why| Refusal::Here { why, home: home(issuer) };
        let params = Params::parse(query.as_bytes())
            .map_err(|Repeated| here("The sign-in link says something twice. Start again from Tintype."))?;
        let client = params
            .get("client_id")
            .and_then(|client_id| issuer.client(client_id))
            .ok_or_else(|| here("The sign-in link comes from a program that this Tintype does not know."))?;
        let redirect_uri = params
            .get("redirect_uri")
            .filter(|address| client.redirect_uris.iter().any(|known| known == address))
            .ok_or_else(|| here("The sign-in link leads back to an address that is not registered."))?;
        Self::read_rest(client, redirect_uri, &params)
            .map_err(|(error, description)| back(redirect_uri, params.get("state"), error, description))
    }

    /// The part of which the client may be told.
    fn read_rest(
        client: &Client,
        redirect_uri: &str,
        params: &Params,
    ) -> Result<Self, (&'static str, &'static str)> {
        if params.get("response_type") != Some("code") {
            return Err(("unsupported_response_type", "response_type must be code"));
        }
        let code_challenge = params.get("code_challenge").filter(|challenge| is_challenge(challenge));
        if params.get("code_challenge_method") != Some("S256") {
            return Err(("invalid_request", "code_challenge_method must be S256"));
        }
        let code_challenge =
            code_challenge.ok_or(("invalid_request", "code_challenge must be 43 characters of base64url"))?;
        let scope = scope::granted(params.get("scope")).ok_or(("invalid_scope", "unknown scope"))?;
        let prompt = match params.get("prompt") {
            None | Some("consent") => Prompt::IfNeeded,
            Some("none") => Prompt::Never,
            Some("login" | "select_account") => Prompt::Always,
            Some(_) => return Err(("invalid_request", "unknown prompt")),
        };
        Ok(Self {
            client_id: client.client_id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            state: params.get("state").map(str::to_owned),
            nonce: params.get("nonce").map(str::to_owned),
            scope,
            code_challenge: code_challenge.to_owned(),
            prompt,
        })
    }

    /// Sends the browser back to the client with a code for `name`.
    pub(super) fn grant(self, issuer: &Issuer, name: &str, auth_time: u64, now: u64) -> Response {
        let grant = Grant {
            client_id: self.client_id,
            redirect_uri: self.redirect_uri.clone(),
            code_challenge: self.code_challenge,
            scope: self.scope,
            nonce: self.nonce,
            name: name.to_owned(),
            auth_time,
            origin_jti: random::jti(),
        };
        let code = issuer.0.codes.issue(grant, now);
        let mut answer = vec![("code", code.as_str())];
        answer.extend(self.state.as_deref().map(|state| ("state", state)));
        found(&params::with_params(&self.redirect_uri, &answer))
    }

    /// The origin that the browser is sent back to.
    pub(super) fn client_origin(&self) -> String {
        let uri: Option<Uri> = self.redirect_uri.parse().ok();
        let parts = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.authority()?)));
        parts.map_or_else(String::new, |(scheme, authority)| format!("{scheme}://{authority}"))
    }
}

pub(super) async fn authorize(State(issuer): State<Issuer>, uri: Uri, headers: HeaderMap) -> Response {
    let query = uri.query().unwrap_or_default();
    let authorization = match Authorization::read(&issuer, query) {
        Ok(authorization) => authorization,
        Err(refusal) => return refusal.into_response(),
    };
    let now = jsonwebtoken::get_current_timestamp();
    let browser = issuer.signed_in(&headers, now);
    match (authorization.prompt, browser) {
        (Prompt::IfNeeded | Prompt::Never, Some(browser)) => {
            authorization.grant(&issuer, &browser.name, browser.auth_time, now)
        }
        (Prompt::Never, None) => {
            let state = authorization.state.as_deref();
            back(&authorization.redirect_uri, state, "login_required", "nobody is signed in").into_response()
        }
        (Prompt::IfNeeded, None) | (Prompt::Always, _) => found(&format!("/login?{query}")),
    }
}

/// The page of Tintype, for people who have lost their way.
pub(super) fn home(issuer: &Issuer) -> Option<String> {
    issuer.0.config.clients.iter().find_map(|client| client.allowed_origins.first()).cloned()
}

/// 302, and the browser goes there with GET.
pub(super) fn found(address: &str) -> Response {
    // Addresses are registered ones with percent-encoded additions; one that is no header value leads nowhere.
    match HeaderValue::from_str(address) {
        Ok(address) => (StatusCode::FOUND, [(header::LOCATION, address)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn back(redirect_uri: &str, state: Option<&str>, error: &str, description: &str) -> Refusal {
    let mut answer = vec![("error", error), ("error_description", description)];
    answer.extend(state.map(|state| ("state", state)));
    Refusal::Back { address: params::with_params(redirect_uri, &answer) }
}

/// SHA-256 in base64url has this form, and nothing else can ever match a verifier.
fn is_challenge(challenge: &str) -> bool {
    challenge.len() == 43 && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Here { why, home } => pages::refusal(StatusCode::BAD_REQUEST, why, home.as_deref()),
            Self::Back { address } => found(&address),
        }
    }
}
