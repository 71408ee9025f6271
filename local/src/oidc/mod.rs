//! An OIDC issuer for one machine, in Cognito's place: authorization code with PKCE, refresh, revocation, sign-out.
//!
//! It makes the tokens that a Cognito user pool makes, with the same claims, so that the functions that verify them
//! know no difference. It asks for a name and believes it: whoever sits at this machine has its disk anyway. What it
//! does take seriously is everything that a client can get wrong or that a foreign page could abuse: exact redirect
//! addresses, PKCE, single use of codes, hosts, origins.
//!
//! It listens on a port of its own, as Cognito's pages have a domain of their own: the page of Tintype then meets here
//! whatever it will meet in the cloud (CORS, CSP, third-party storage).

mod authorize;
mod claims;
mod codes;
mod discovery;
mod files;
mod key;
mod login;
mod logout;
mod name;
mod pages;
mod params;
mod random;
mod revoke;
mod scope;
mod sessions;
mod token;
mod user_info;

pub use name::NameError;
pub use scope::SCOPE;

use crate::host;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, Method, header},
    middleware,
    response::Response,
    routing::{get, post},
};
use claims::SignIn;
use codes::Codes;
use key::SigningKey;
use name::Name;
use sessions::Sessions;
use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// What an issuer has to know.
#[derive(Clone, Debug)]
pub struct IssuerConfig {
    /// Its own origin, `http://localhost:{port}`: the `iss` of every token.
    pub issuer_url: String,
    /// Who may send people here. The first is the one that [`Issuer::access_token`] speaks for.
    pub clients: Vec<Client>,
    /// How long an access token is good: an hour, unless a test is in a hurry.
    pub access_token_lifetime: Duration,
}

/// A public client, as an app client of a user pool. Addresses are compared character by character.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its name in requests and tokens.
    pub client_id: String,
    /// Where people may be sent back to with a code.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after signing out.
    pub logout_uris: Vec<String>,
    /// Origins whose scripts may call the token endpoint.
    pub allowed_origins: Vec<String>,
}

/// Why an issuer cannot do what it should.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// Its folder is not usable.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file in question.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The key on disk is not one, or none could be made.
    #[error("the signing key {} is of no use: {source} (without it a new one is made at the next start)", path.display())]
    Key {
        /// The file in question.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The issuer's address is not one of this machine.
    #[error("the issuer's address must be http://localhost:<port>, not {0}")]
    Address(String),
    /// There is nobody to issue a token for.
    #[error("the issuer has no client")]
    NoClient,
    /// The name is not a name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A token could not be signed.
    #[error("cannot sign a token: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

impl IssuerError {
    fn file(path: &Path, source: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }

    fn key(path: &Path, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Key { path: path.to_owned(), source: source.into() }
    }
}

/// The issuer. Clones share everything.
#[derive(Clone)]
pub struct Issuer(Arc<Inner>);

struct Inner {
    config: IssuerConfig,
    port: u16,
    key: SigningKey,
    codes: Codes,
    sessions: Sessions,
}

impl Issuer {
    /// Opens the issuer that lives in `dir`, which is made if need be. The first time this makes a key.
    ///
    /// Another process may open the same folder while a server runs, to ask for an [access token](Self::access_token):
    /// it reads the same key and writes nothing.
    pub fn open(dir: &Path, config: IssuerConfig) -> Result<Self, IssuerError> {
        let port = host::port_of(&config.issuer_url)
            .ok_or_else(|| IssuerError::Address(config.issuer_url.clone()))?;
        std::fs::create_dir_all(dir).map_err(|error| IssuerError::file(dir, error))?;
        let key = SigningKey::open(&dir.join("signing-key.pem"))?;
        let sessions = Sessions::open(&dir.join("sign-ins.json"))?;
        Ok(Self(Arc::new(Inner { config, port, key, codes: Codes::default(), sessions })))
    }

    /// Everything under the issuer's origin.
    pub fn router(&self) -> Router {
        let called_by_scripts = Router::new()
            .route("/.well-known/openid-configuration", get(discovery::configuration))
            .route("/.well-known/jwks.json", get(discovery::keys))
            .route("/oauth2/token", post(token::exchange))
            .route("/oauth2/revoke", post(revoke::revoke))
            .route("/oauth2/userInfo", get(user_info::user_info).post(user_info::user_info))
            .layer(self.cors());
        let seen_by_people = Router::new()
            .route("/oauth2/authorize", get(authorize::authorize))
            .route("/login", get(login::form).post(login::submit))
            .route("/logout", get(logout::logout))
            .route("/style.css", get(pages::style))
            .route("/favicon.svg", get(pages::favicon));
        let routes = called_by_scripts
            .merge(seen_by_people)
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(self.clone());
        host::only_localhost(routes, self.0.port).layer(middleware::map_response(harden))
    }

    /// An access token for `name`, as if they had just signed in to the first client.
    pub fn access_token(&self, name: &str) -> Result<String, IssuerError> {
        let client = self.0.config.clients.first().ok_or(IssuerError::NoClient)?;
        let name = Name::parse(name)?;
        let now = jsonwebtoken::get_current_timestamp();
        let origin_jti = random::jti();
        let sign_in =
            SignIn { client_id: &client.client_id, scope: SCOPE, auth_time: now, origin_jti: &origin_jti };
        self.sign_access_token(&name, &sign_in, now)
    }

    /// The `sub` of `name`: the user's part of every object key.
    pub fn user_id(&self, name: &str) -> Result<String, NameError> {
        Name::parse(name).map(|name| name.user_id())
    }

    fn client(&self, client_id: &str) -> Option<&Client> {
        self.0.config.clients.iter().find(|client| client.client_id == client_id)
    }

    fn cors(&self) -> CorsLayer {
        let origins = self.0.config.clients.iter().flat_map(|client| &client.allowed_origins);
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins.filter_map(|origin| origin.parse().ok())))
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
    }
}

/// A sign-in is a few hundred bytes.
const LARGEST_BODY: usize = 16 * 1024;

/// What every answer says unless it says something of its own. The referrer stays inside, but is not `no-referrer`:
/// with that, browsers send `Origin: null` along with a form, and the form's origin could not be checked.
async fn harden(mut response: Response) -> Response {
    const DEFAULTS: [(HeaderName, HeaderValue); 6] = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(pages::SCRIPTLESS)),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ];
    for (name, value) in DEFAULTS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}
