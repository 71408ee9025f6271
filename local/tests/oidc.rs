//! The issuer through its front door: a real listener, a client that follows no redirect by itself, and the library
//! that the API verifies tokens with.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use axum::http::StatusCode;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use reqwest::{Client as Http, Response, header, redirect};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, path::Path, sync::OnceLock, time::Duration};
use tempfile::TempDir;
use tintype_local::oidc::{Client, Issuer, IssuerConfig, IssuerError, NameError, SCOPE};
use tokio::{net::TcpListener, task::JoinHandle};

const CALLBACK: &str = "http://localhost:8460/callback";
const PAGE: &str = "http://localhost:8460";
const VERIFIER: &str = "a-verifier-has-at-least-43-characters-~._-0123456789";
const HOUR: Duration = Duration::from_hours(1);

fn config(issuer_url: &str, access_token_lifetime: Duration) -> IssuerConfig {
    let page = Client {
        client_id: "tintype-page".into(),
        redirect_uris: vec![CALLBACK.into()],
        logout_uris: vec![format!("{PAGE}/")],
        allowed_origins: vec![PAGE.into()],
    };
    let command_line = Client {
        client_id: "tintype-cli".into(),
        redirect_uris: vec!["http://localhost:8461/callback".into()],
        logout_uris: vec![],
        allowed_origins: vec![],
    };
    IssuerConfig { issuer_url: issuer_url.into(), clients: vec![page, command_line], access_token_lifetime }
}

/// The query of an authorization request of the page, with some of it changed or, where empty, left out.
fn authorize_query(changes: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut params = vec![
        ("response_type", "code"),
        ("client_id", "tintype-page"),
        ("redirect_uri", CALLBACK),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("scope", SCOPE),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    params.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    params.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish()
}

/// A running issuer and a browser with nothing in it.
struct Server {
    url: String,
    issuer: Issuer,
    http: Http,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start(dir: &Path) -> Self {
        Self::start_with(dir, HOUR).await
    }

    async fn start_with(dir: &Path, lifetime: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let issuer = Issuer::open(dir, config(&url, lifetime)).unwrap();
        let router = issuer.router();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let http = Http::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { url, issuer, http, task }
    }

    async fn authorize(&self, changes: &[(&str, &str)], cookie: &str) -> Response {
        let url = format!("{}/oauth2/authorize?{}", self.url, authorize_query(changes));
        self.http.get(url).header(header::COOKIE, cookie).send().await.unwrap()
    }

    async fn type_name(&self, name: &str) -> Response {
        let url = format!("{}/login?{}", self.url, authorize_query(&[]));
        self.http.post(url).header(header::ORIGIN, &self.url).form(&[("name", name)]).send().await.unwrap()
    }

    /// A code for `name`, and the cookie of the browser that has it now.
    async fn sign_in(&self, name: &str) -> (String, String) {
        let response = self.type_name(name).await;
        assert_eq!(response.status(), StatusCode::FOUND);
        let cookie = header_of(&response, header::SET_COOKIE).split(';').next().unwrap().to_owned();
        (query_of(&location(&response))["code"].clone(), cookie)
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.http.post(format!("{}{path}", self.url)).form(form).send().await.unwrap()
    }

    async fn exchange(&self, code: &str, changes: &[(&str, &str)]) -> Response {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", "tintype-page"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        form.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        form.extend(changes);
        self.post("/oauth2/token", &form).await
    }

    async fn refresh(&self, token: &str) -> Response {
        let form = [("grant_type", "refresh_token"), ("client_id", "tintype-page"), ("refresh_token", token)];
        self.post("/oauth2/token", &form).await
    }

    /// The tokens of a whole sign-in.
    async fn tokens(&self, name: &str) -> Value {
        let (code, _) = self.sign_in(name).await;
        let response = self.exchange(&code, &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    async fn get_json(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    /// What `token` says, verified with the published keys, as the API does it.
    async fn verified(&self, token: &str, audience: Option<&str>) -> Value {
        let keys: JwkSet = serde_json::from_value(self.get_json("/.well-known/jwks.json").await).unwrap();
        let key_id = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
        let key = DecodingKey::from_jwk(keys.find(&key_id).unwrap()).unwrap();
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&[&self.url]);
        match audience {
            Some(audience) => rules.set_audience(&[audience]),
            None => rules.validate_aud = false,
        }
        jsonwebtoken::decode::<Value>(token, &key, &rules).unwrap().claims
    }

    async fn user_info(&self, token: &str) -> Response {
        let url = format!("{}/oauth2/userInfo", self.url);
        self.http.get(url).bearer_auth(token).send().await.unwrap()
    }
}

fn header_of(response: &Response, name: header::HeaderName) -> String {
    response.headers().get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

fn location(response: &Response) -> String {
    header_of(response, header::LOCATION)
}

fn query_of(address: &str) -> HashMap<String, String> {
    let query = address.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

async fn error_of(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    (status, body["error"].as_str().unwrap().to_owned())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn bad(error: &str) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, error.to_owned())
}

/// An empty data folder but for the key: making one takes a while, and one serves all tests that do not care.
fn folder() -> TempDir {
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("signing-key.pem");
    let key = KEY.get_or_init(|| {
        Issuer::open(dir.path(), config("http://localhost:1", HOUR)).unwrap();
        std::fs::read(&path).unwrap()
    });
    std::fs::write(&path, key).unwrap();
    dir
}

#[tokio::test]
async fn a_person_signs_in_with_a_name_and_the_client_gets_tokens_like_those_of_cognito() {
    let dir = folder();
    let server = Server::start(dir.path()).await;

    let sent_on = server.authorize(&[], "").await;
    assert_eq!(sent_on.status(), StatusCode::FOUND);
    assert!(location(&sent_on).starts_with("/login?"));
    let page = server.http.get(format!("{}{}", server.url, location(&sent_on))).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("name=\"name\""));

    let sent_back = server.type_name("Ada").await;
    let answer = query_of(&location(&sent_back));
    assert!(location(&sent_back).starts_with(&format!("{CALLBACK}?")));
    assert_eq!(answer["state"], "the state");

    let response = server.exchange(&answer["code"], &[]).await;
    assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-store");
    let tokens: Value = response.json().await.unwrap();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);

    let sub = server.issuer.user_id("ada").unwrap();
    let access = server.verified(text(&tokens, "access_token"), None).await;
    assert_eq!(access["sub"], sub);
    assert_eq!(access["client_id"], "tintype-page");
    assert_eq!(access["token_use"], "access");
    assert_eq!(access["scope"], "openid tintype/read tintype/write tintype/upload");
    assert_eq!(access["username"], "ada");
    assert_eq!(access["exp"].as_u64().unwrap() - access["iat"].as_u64().unwrap(), 3600);
    assert!(access["aud"].is_null(), "an access token of Cognito has no audience");

    let id = server.verified(text(&tokens, "id_token"), Some("tintype-page")).await;
    assert_eq!(id["sub"], sub);
    assert_eq!(id["token_use"], "id");
    assert_eq!(id["nonce"], "the nonce");
    assert_eq!(id["cognito:username"], "ada");
    assert_eq!(id["origin_jti"], access["origin_jti"]);
    assert_ne!(id["jti"], access["jti"]);

    let user: Value = server.user_info(text(&tokens, "access_token")).await.json().await.unwrap();
    assert_eq!((&user["sub"], &user["username"]), (&access["sub"], &access["username"]));
}

#[tokio::test]
async fn discovery_names_endpoints_of_the_issuer_and_nothing_that_it_cannot_do() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let found = server.get_json("/.well-known/openid-configuration").await;
    assert_eq!(found["issuer"], server.url);
    for (name, path) in [
        ("authorization_endpoint", "/oauth2/authorize"),
        ("token_endpoint", "/oauth2/token"),
        ("revocation_endpoint", "/oauth2/revoke"),
        ("userinfo_endpoint", "/oauth2/userInfo"),
        ("end_session_endpoint", "/logout"),
        ("jwks_uri", "/.well-known/jwks.json"),
    ] {
        assert_eq!(found[name], format!("{}{path}", server.url));
    }
    assert_eq!(found["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(found["response_types_supported"], serde_json::json!(["code"]));
}

#[tokio::test]
async fn the_published_key_has_no_private_half() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let keys = server.get_json("/.well-known/jwks.json").await;
    let key = keys["keys"][0].as_object().unwrap();
    let mut members: Vec<&str> = key.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
}

#[tokio::test]
async fn a_wrong_verifier_gets_nothing_and_uses_the_code_up() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let (code, _) = server.sign_in("ada").await;
    let wrong = VERIFIER.replace('0', "1");
    assert_eq!(
        error_of(server.exchange(&code, &[("code_verifier", &wrong)]).await).await,
        bad("invalid_grant")
    );
    assert_eq!(error_of(server.exchange(&code, &[]).await).await, bad("invalid_grant"));
}

#[tokio::test]
async fn a_code_is_bound_to_its_client_and_its_redirect_address() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    for change in [("client_id", "tintype-cli"), ("redirect_uri", "http://localhost:8461/callback")] {
        let (code, _) = server.sign_in("ada").await;
        assert_eq!(
            error_of(server.exchange(&code, &[change]).await).await,
            bad("invalid_grant"),
            "{change:?}"
        );
    }
    let (code, _) = server.sign_in("ada").await;
    let stranger = server.exchange(&code, &[("client_id", "stranger")]).await;
    assert_eq!(error_of(stranger).await, bad("invalid_client"));
}

#[tokio::test]
async fn a_code_that_is_used_twice_takes_the_tokens_of_the_first_use_back() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let (code, _) = server.sign_in("ada").await;
    let tokens: Value = server.exchange(&code, &[]).await.json().await.unwrap();
    assert_eq!(error_of(server.exchange(&code, &[]).await).await, bad("invalid_grant"));
    assert_eq!(error_of(server.refresh(text(&tokens, "refresh_token")).await).await, bad("invalid_grant"));
}

#[tokio::test]
async fn an_address_that_is_not_registered_is_never_redirected_to() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let (_, cookie) = server.sign_in("ada").await;
    for changes in [
        [("redirect_uri", "http://evil.example/callback")],
        [("redirect_uri", "http://localhost:8460/callback/")],
        [("redirect_uri", "http://localhost:8460/callback?more=1")],
        [("redirect_uri", "http://LOCALHOST:8460/callback")],
        [("redirect_uri", "http://localhost:8461/callback")],
        [("redirect_uri", "")],
        [("client_id", "stranger")],
        [("client_id", "")],
    ] {
        let response = server.authorize(&changes, &cookie).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{changes:?}");
        assert_eq!(location(&response), "", "{changes:?}");
        assert!(response.text().await.unwrap().contains("Open Tintype"), "{changes:?}");
    }
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let query = authorize_query(&[]);
    let url = format!("{}/oauth2/authorize?{query}&redirect_uri=http://evil.example/", server.url);
    let response = server.http.get(url).send().await.unwrap();
    assert_eq!((response.status(), location(&response)), (StatusCode::BAD_REQUEST, String::new()));
}

#[tokio::test]
async fn what_a_client_gets_wrong_it_is_told_with_its_state() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    for (change, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("scope", "openid tintype/everything"), "invalid_scope"),
        (("prompt", "whatever"), "invalid_request"),
        (("prompt", "none"), "login_required"),
    ] {
        let response = server.authorize(&[change], "").await;
        let answer = query_of(&location(&response));
        assert!(location(&response).starts_with(&format!("{CALLBACK}?")), "{change:?}");
        assert_eq!((answer["error"].as_str(), answer["state"].as_str()), (error, "the state"), "{change:?}");
        assert!(!answer.contains_key("code"), "{change:?}");
    }
}

#[tokio::test]
async fn a_second_sign_in_in_the_same_browser_is_silent_until_it_signs_out() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let (_, cookie) = server.sign_in("ada").await;

    for changes in [&[][..], &[("prompt", "none")][..]] {
        let response = server.authorize(changes, &cookie).await;
        let code = query_of(&location(&response))["code"].clone();
        assert_eq!(server.exchange(&code, &[]).await.status(), StatusCode::OK);
    }
    let asked_again = server.authorize(&[("prompt", "login")], &cookie).await;
    assert!(location(&asked_again).starts_with("/login?"));

    let url =
        format!("{}/logout?client_id=tintype-page&logout_uri=http%3A%2F%2Flocalhost%3A8460%2F", server.url);
    let signed_out = server.http.get(url).header(header::COOKIE, &cookie).send().await.unwrap();
    assert_eq!(location(&signed_out), format!("{PAGE}/"));
    assert!(header_of(&signed_out, header::SET_COOKIE).contains("Max-Age=0"));
    let response = server.authorize(&[("prompt", "none")], &cookie).await;
    assert_eq!(query_of(&location(&response))["error"], "login_required");
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_names_its_port() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let cookie = header_of(&server.type_name("ada").await, header::SET_COOKIE);
    let port = server.url.rsplit(':').next().unwrap();
    assert!(cookie.starts_with(&format!("tintype-signed-in-{port}=")), "{cookie}");
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn sign_out_leads_to_registered_addresses_only() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    for query in [
        "client_id=tintype-page&logout_uri=http://evil.example/",
        "client_id=tintype-page&logout_uri=http://localhost:8460",
        "client_id=tintype-cli&logout_uri=http://localhost:8460/",
        "client_id=tintype-page",
        "",
    ] {
        let response = server.http.get(format!("{}/logout?{query}", server.url)).send().await.unwrap();
        let (status, target) = (response.status(), location(&response));
        assert_eq!((status, target.as_str()), (StatusCode::BAD_REQUEST, ""), "{query}");
    }
}

#[tokio::test]
async fn a_refresh_token_brings_new_tokens_of_the_same_sign_in() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let first = server.tokens("ada").await;
    let again: Value = server.refresh(text(&first, "refresh_token")).await.json().await.unwrap();
    assert!(again.get("refresh_token").is_none(), "without rotation the old one stays");
    let before = server.verified(text(&first, "access_token"), None).await;
    let after = server.verified(text(&again, "access_token"), None).await;
    for same in ["sub", "username", "scope", "auth_time", "origin_jti", "client_id"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_ne!(before["jti"], after["jti"]);
    assert_eq!(server.refresh(text(&first, "refresh_token")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_refresh_token_is_of_no_use_to_another_client() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let tokens = server.tokens("ada").await;
    let refresh_token = text(&tokens, "refresh_token");
    let form =
        [("grant_type", "refresh_token"), ("client_id", "tintype-cli"), ("refresh_token", refresh_token)];
    assert_eq!(error_of(server.post("/oauth2/token", &form).await).await, bad("invalid_grant"));
    let form = [("token", refresh_token), ("client_id", "tintype-cli")];
    assert_eq!(error_of(server.post("/oauth2/revoke", &form).await).await, bad("invalid_client"));
    assert_eq!(server.refresh(refresh_token).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_its_sign_in_and_no_other() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let (ended, other) = (server.tokens("ada").await, server.tokens("ada").await);
    let form = [("token", text(&ended, "refresh_token")), ("client_id", "tintype-page")];
    for _ in 0..2 {
        assert_eq!(server.post("/oauth2/revoke", &form).await.status(), StatusCode::OK);
    }
    assert_eq!(error_of(server.refresh(text(&ended, "refresh_token")).await).await, bad("invalid_grant"));
    assert_eq!(server.user_info(text(&ended, "access_token")).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(server.refresh(text(&other, "refresh_token")).await.status(), StatusCode::OK);
    assert_eq!(server.user_info(text(&other, "access_token")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn only_refresh_tokens_can_be_revoked() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let tokens = server.tokens("ada").await;
    let form = [("token", text(&tokens, "access_token")), ("client_id", "tintype-page")];
    assert_eq!(error_of(server.post("/oauth2/revoke", &form).await).await, bad("unsupported_token_type"));
}

#[tokio::test]
async fn a_restart_keeps_the_key_the_refresh_tokens_and_the_browsers() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let tokens = server.tokens("ada").await;
    let (_, cookie) = server.sign_in("ada").await;
    let revoked = server.tokens("bob").await;
    let form = [("token", text(&revoked, "refresh_token")), ("client_id", "tintype-page")];
    server.post("/oauth2/revoke", &form).await;
    let key = server.get_json("/.well-known/jwks.json").await;
    drop(server);

    let server = Server::start(dir.path()).await;
    assert_eq!(server.get_json("/.well-known/jwks.json").await, key);
    assert_eq!(server.refresh(text(&tokens, "refresh_token")).await.status(), StatusCode::OK);
    assert_eq!(error_of(server.refresh(text(&revoked, "refresh_token")).await).await, bad("invalid_grant"));
    // The new port has a cookie of another name: the browser's value is what is kept.
    let (_, value) = cookie.split_once('=').unwrap();
    let port = server.url.rsplit(':').next().unwrap();
    let silent = server.authorize(&[("prompt", "none")], &format!("tintype-signed-in-{port}={value}")).await;
    assert!(query_of(&location(&silent)).contains_key("code"));
}

#[tokio::test]
async fn an_access_token_ends_with_its_lifetime() {
    let dir = folder();
    let server = Server::start_with(dir.path(), Duration::from_secs(1)).await;
    let token = server.issuer.access_token("ada").unwrap();
    assert_eq!(server.user_info(&token).await.status(), StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(server.user_info(&token).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_id_token_is_no_access_token() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let tokens = server.tokens("ada").await;
    assert_eq!(server.user_info(text(&tokens, "id_token")).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_script_gets_a_token_from_the_same_folder_while_the_server_runs() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let beside = Issuer::open(dir.path(), config(&server.url, HOUR)).unwrap();
    let token = beside.access_token("ADA").unwrap();
    let claims = server.verified(&token, None).await;
    assert_eq!(claims["sub"], server.issuer.user_id("ada").unwrap());
    assert_eq!((claims["scope"].as_str(), claims["client_id"].as_str()), (Some(SCOPE), Some("tintype-page")));
    assert_eq!(server.user_info(&token).await.status(), StatusCode::OK);
    assert!(matches!(beside.access_token("ada lovelace"), Err(IssuerError::Name(NameError::Character))));
}

#[test]
fn processes_that_start_at_the_same_time_end_with_one_key() {
    let dir = tempfile::tempdir().unwrap();
    let open =
        || Issuer::open(dir.path(), config("http://localhost:1", HOUR)).unwrap().access_token("ada").unwrap();
    let tokens: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let key_id = |token: &String| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    assert!(tokens.iter().all(|token| key_id(token) == key_id(&tokens[0])));
}

#[cfg(unix)]
#[tokio::test]
async fn files_of_the_issuer_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path()).await;
    server.tokens("ada").await;
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let mode = file.as_ref().unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn a_key_that_is_none_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("signing-key.pem"), "not a key").unwrap();
    let refused = Issuer::open(dir.path(), config("http://localhost:1", HOUR)).err().unwrap().to_string();
    assert!(refused.contains("signing-key.pem") && refused.contains("a new one is made"), "{refused}");
}

#[tokio::test]
async fn a_name_that_is_none_is_told_what_to_do_and_nobody_is_signed_in() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    for (name, advice) in [
        ("", "Type a name"),
        ("ada lovelace", "leave the others out"),
        ("\"><script>alert(1)</script>", "leave the others out"),
        (&"a".repeat(65), "at most 64"),
    ] {
        let response = server.type_name(name).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(header_of(&response, header::SET_COOKIE), "", "{name}");
        let page = response.text().await.unwrap();
        assert!(page.contains(advice) && page.contains("role=\"alert\""), "{name}: {page}");
        assert!(!page.contains("<script"), "{name}");
    }
    let kept = server.type_name("ada lovelace").await.text().await.unwrap();
    assert!(kept.contains("value=\"ada lovelace\""), "what was typed stays, to be mended");
}

#[tokio::test]
async fn the_sign_in_page_runs_no_script_and_its_form_leads_to_its_client_only() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let page =
        server.http.get(format!("{}/login?{}", server.url, authorize_query(&[]))).send().await.unwrap();
    assert_eq!(
        header_of(&page, header::CONTENT_SECURITY_POLICY),
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' http://localhost:8460; base-uri 'none'; frame-ancestors 'none'"
    );
    assert_eq!(header_of(&page, header::X_FRAME_OPTIONS), "DENY");
    assert_eq!(header_of(&page, header::REFERRER_POLICY), "same-origin");
    let html = page.text().await.unwrap();
    assert!(!html.contains("<script") && !html.contains("style=") && !html.contains("<style"), "{html}");
    for file in ["/style.css", "/favicon.svg"] {
        assert!(html.contains(&format!("href=\"{file}\"")));
        assert_eq!(
            server.http.get(format!("{}{file}", server.url)).send().await.unwrap().status(),
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn a_form_on_another_page_signs_nobody_in() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    for origin in ["http://evil.example", "null", PAGE] {
        let url = format!("{}/login?{}", server.url, authorize_query(&[]));
        let request = server.http.post(url).header(header::ORIGIN, origin).form(&[("name", "mallory")]);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{origin}");
        assert_eq!(header_of(&response, header::SET_COOKIE), "", "{origin}");
    }
}

#[tokio::test]
async fn scripts_of_the_page_may_call_the_token_endpoint_and_others_may_not() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    for path in ["/oauth2/token", "/oauth2/revoke"] {
        let call = |origin: &'static str| {
            let request = server.http.post(format!("{}{path}", server.url)).header(header::ORIGIN, origin);
            request.form(&[("client_id", "tintype-page")]).send()
        };
        let allowed = call(PAGE).await.unwrap();
        assert_eq!(header_of(&allowed, header::ACCESS_CONTROL_ALLOW_ORIGIN), PAGE);
        let refused = call("http://evil.example").await.unwrap();
        assert_eq!(header_of(&refused, header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
    }
    let preflight = server
        .http
        .request(reqwest::Method::OPTIONS, format!("{}/oauth2/userInfo", server.url))
        .header(header::ORIGIN, PAGE)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization")
        .send()
        .await
        .unwrap();
    assert_eq!(header_of(&preflight, header::ACCESS_CONTROL_ALLOW_ORIGIN), PAGE);
    assert_eq!(header_of(&preflight, header::ACCESS_CONTROL_ALLOW_HEADERS), "authorization,content-type");
}

#[tokio::test]
async fn malformed_calls_of_the_token_endpoint_are_told_apart() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    let token = |form: &'static [(&'static str, &'static str)]| server.post("/oauth2/token", form);
    assert_eq!(error_of(token(&[]).await).await, bad("invalid_request"));
    let unknown = token(&[("grant_type", "password"), ("client_id", "tintype-page")]).await;
    assert_eq!(error_of(unknown).await, bad("unsupported_grant_type"));
    let twice = token(&[("grant_type", "refresh_token"), ("grant_type", "refresh_token")]).await;
    assert_eq!(error_of(twice).await, bad("invalid_request"));
    let stale = token(&[
        ("grant_type", "refresh_token"),
        ("client_id", "tintype-page"),
        ("refresh_token", "never issued"),
    ]);
    assert_eq!(error_of(stale.await).await, bad("invalid_grant"));
    let json = server.http.post(format!("{}/oauth2/token", server.url)).json(&serde_json::json!({})).send();
    assert_eq!(error_of(json.await.unwrap()).await, bad("invalid_request"));
}

#[tokio::test]
async fn a_host_that_is_not_this_machine_is_refused_on_every_route() {
    let dir = folder();
    let server = Server::start(dir.path()).await;
    for path in ["/.well-known/jwks.json", "/oauth2/authorize", "/login", "/logout", "/style.css", "/none"] {
        let request = server.http.get(format!("{}{path}", server.url)).header(header::HOST, "evil.example");
        assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
    let by_number = server.url.replace("localhost", "127.0.0.1");
    let keys = server.http.get(format!("{by_number}/.well-known/jwks.json")).send().await.unwrap();
    assert_eq!(keys.status(), StatusCode::OK);
}

#[test]
fn an_issuer_of_another_machine_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let opened = Issuer::open(dir.path(), config("https://issuer.example", HOUR));
    assert!(matches!(opened, Err(IssuerError::Address(_))));
}
