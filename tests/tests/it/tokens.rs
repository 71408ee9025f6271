//! Tokens: only those that the issuer signed for this client, for access, now, with the scope; all others are one
//! and the same 401.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};
use tintype_api::config::AuthConfig;
use tintype_api::{Api, ApiConfig, MediaSigner, Verifier};
use tintype_tests::{Answer, File, TestApp};
use tokio::net::TcpListener;

use crate::strangers::routes;

/// Shows something in place of a token.
type Ask = Box<dyn Fn(RequestBuilder) -> RequestBuilder>;

/// What it takes to make a token as the issuer does, and any that is wrong in one thing.
struct Forge {
    key: EncodingKey,
    /// A key pair that is not the issuer's.
    other_key: EncodingKey,
    header: Header,
    claims: Value,
    jwks: Value,
}

impl Forge {
    async fn of(app: &TestApp) -> Self {
        let good = app.user("ada").token;
        let data_dir = &app.stack.addresses.data_dir;
        let key = |path: &str| EncodingKey::from_rsa_pem(&fs::read(data_dir.join(path)).unwrap()).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(good.split('.').nth(1).unwrap()).unwrap();
        let jwks =
            reqwest::get(format!("{}/.well-known/jwks.json", app.stack.addresses.issuer)).await.unwrap();
        Self {
            key: key("issuer/signing-key.pem"),
            other_key: key("media-key.pem"),
            header: jsonwebtoken::decode_header(&good).unwrap(),
            claims: serde_json::from_slice(&claims).unwrap(),
            jwks: jwks.json().await.unwrap(),
        }
    }

    /// Signed by the issuer, with these claims changed; null leaves one out.
    fn with(&self, changes: &Value) -> String {
        let mut claims = self.claims.clone();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        jsonwebtoken::encode(&self.header, &claims, &self.key).unwrap()
    }

    fn signed(&self, change: impl FnOnce(&mut Header), key: &EncodingKey) -> String {
        let mut header = self.header.clone();
        change(&mut header);
        jsonwebtoken::encode(&header, &self.claims, key).unwrap()
    }

    /// Header and claims as they are, with any signature.
    fn by_hand(header: &Value, claims: &Value, signature: &[u8]) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode(signature))
    }

    /// Tokens that look good and are not.
    fn forged(&self) -> Vec<(&'static str, String)> {
        let good = self.with(&json!({}));
        let kid = self.header.kid.clone().unwrap();
        let now = self.claims["iat"].as_u64().unwrap();
        let modulus = URL_SAFE_NO_PAD.decode(self.jwks["keys"][0]["n"].as_str().unwrap()).unwrap();
        let (unsigned, signature) = good.rsplit_once('.').unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let hs256 = |secret: &[u8]| {
            self.signed(|header| header.alg = Algorithm::HS256, &EncodingKey::from_secret(secret))
        };
        let none = |alg: &str, signature: &[u8]| {
            Self::by_hand(&json!({ "alg": alg, "kid": kid, "typ": "JWT" }), &self.claims, signature)
        };
        let jwk = self.jwks["keys"][0].clone();
        let elsewhere = json!({
            "alg": "RS256", "kid": kid, "jku": "https://evil.example/keys.json", "x5u": "https://evil.example/x",
        });
        let mut huge = self.claims.clone();
        huge["padding"] = json!("x".repeat(9_000));
        let other_claims = json!({ "sub": "somebody-else", "exp": 9_999_999_999_u64 });
        vec![
            ("none", none("none", b"")),
            ("None", none("None", b"")),
            ("none with a signature", none("none", b"signature")),
            ("no alg", Self::by_hand(&json!({ "kid": kid }), &self.claims, b"signature")),
            ("HS256 with the public key's modulus", hs256(&modulus)),
            ("HS256 with the public key as JSON", hs256(jwk.to_string().as_bytes())),
            ("HS256 with nothing", hs256(b"")),
            ("RS384 by the issuer's key", self.signed(|header| header.alg = Algorithm::RS384, &self.key)),
            ("PS256 by the issuer's key", self.signed(|header| header.alg = Algorithm::PS256, &self.key)),
            ("signed by another key", self.signed(|_| {}, &self.other_key)),
            ("an unknown kid", self.signed(|header| header.kid = Some("unknown".to_owned()), &self.key)),
            (
                "a kid that climbs",
                self.signed(|header| header.kid = Some("../../etc/passwd".to_owned()), &self.key),
            ),
            ("no kid", self.signed(|header| header.kid = None, &self.key)),
            (
                "a key that it brings along",
                self.signed(
                    |header| {
                        header.kid = Some("mine".to_owned());
                        header.jwk = serde_json::from_value(jwk.clone()).ok();
                    },
                    &self.other_key,
                ),
            ),
            ("keys elsewhere", Self::by_hand(&elsewhere, &self.claims, b"signature")),
            ("no signature", format!("{unsigned}.")),
            ("half a signature", format!("{unsigned}.{}", &signature[..signature.len() / 2])),
            (
                "the signature of another token",
                format!("{}.{}.{signature}", parts[0], URL_SAFE_NO_PAD.encode(other_claims.to_string())),
            ),
            ("another issuer", self.with(&json!({ "iss": "http://localhost:1" }))),
            (
                "an issuer that only begins so",
                self.with(
                    &json!({ "iss": format!("{}.evil.example", self.claims["iss"].as_str().unwrap()) }),
                ),
            ),
            ("no issuer", self.with(&json!({ "iss": null }))),
            ("another client", self.with(&json!({ "client_id": "another" }))),
            ("no client", self.with(&json!({ "client_id": null }))),
            (
                "aud in place of a client",
                self.with(&json!({ "client_id": null, "aud": self.claims["client_id"] })),
            ),
            ("an id token", self.with(&json!({ "token_use": "id", "aud": self.claims["client_id"] }))),
            ("no use", self.with(&json!({ "token_use": null }))),
            ("expired a minute ago", self.with(&json!({ "exp": now - 60 }))),
            ("no expiry", self.with(&json!({ "exp": null }))),
            ("an expiry that is text", self.with(&json!({ "exp": "never" }))),
            ("not good before tomorrow", self.with(&json!({ "nbf": now + 86_400 }))),
            ("no user", self.with(&json!({ "sub": null }))),
            ("an empty user", self.with(&json!({ "sub": "" }))),
            ("a user that climbs", self.with(&json!({ "sub": "../ada" }))),
            ("a user with a slash", self.with(&json!({ "sub": "ada/x" }))),
            ("two users", self.with(&json!({ "sub": ["ada", "eve"] }))),
            ("scopes as a list", self.with(&json!({ "scope": ["tintype/read"] }))),
            ("huge", jsonwebtoken::encode(&self.header, &huge, &self.key).unwrap()),
            ("four parts", format!("{good}.x")),
            ("two parts", unsigned.to_owned()),
            ("no token", String::new()),
            ("dots", "..".to_owned()),
            ("junk", "junk".to_owned()),
            ("padded", format!("{good}=")),
            ("in quotes", format!("\"{good}\"")),
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_forged_token_is_the_same_401_on_every_route() {
    let app = TestApp::start().await;
    let forge = Forge::of(&app).await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    ada.upload_all(std::slice::from_ref(&file)).await;
    let before = ada.get("/api/photos").await.text();
    let good = forge.with(&json!({}));
    Answer::to(app.user_with_token("ada", good.clone()).request(Method::GET, "/api/me")).await.expect(200);

    let mut asks: Vec<(String, Ask)> = Vec::new();
    for (what, token) in forge.forged() {
        let value = format!("Bearer {token}");
        asks.push((what.to_owned(), Box::new(move |request| request.header(header::AUTHORIZATION, &value))));
    }
    for (what, value) in [
        ("another scheme", format!("Basic {good}")),
        ("DPoP", format!("DPoP {good}")),
        ("no scheme", good.clone()),
        ("no space", format!("Bearer{good}")),
        ("two tokens in one", format!("Bearer {good}, Bearer {good}")),
        ("a scheme alone", "Bearer".to_owned()),
    ] {
        asks.push((what.to_owned(), Box::new(move |request| request.header(header::AUTHORIZATION, &value))));
    }
    let twice = format!("Bearer {good}");
    asks.push((
        "two headers".to_owned(),
        Box::new(move |request| {
            request.header(header::AUTHORIZATION, &twice).header(header::AUTHORIZATION, &twice)
        }),
    ));
    let query = good.clone();
    asks.push((
        "in the query".to_owned(),
        Box::new(move |request| request.query(&[("access_token", &query)])),
    ));
    let cookie = format!("access_token={good}");
    asks.push(("in a cookie".to_owned(), Box::new(move |request| request.header(header::COOKIE, &cookie))));
    asks.push(("nothing at all".to_owned(), Box::new(|request| request)));

    let mut shape = None;
    let routes: Vec<_> = routes().into_iter().filter(|route| route.secured).collect();
    for route in &routes {
        for (what, ask) in &asks {
            let request = route.about(&file, |method, path| ask(ada.stranger(method, path)));
            let answer = Answer::to(request).await;
            assert_eq!(answer.status, 401, "{what} on {route:?}: {}", answer.text());
            answer.problem(401);
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{what} on {route:?}");
            assert_eq!(*shape.get_or_insert(answer.text()), answer.text(), "{what} on {route:?}: one shape");
        }
    }
    println!("{} ways to be nobody on {} routes: one 401", asks.len(), routes.len());
    assert_eq!(ada.get("/api/photos").await.text(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_the_scope_is_403_and_nothing_happens() {
    let app = TestApp::start().await;
    let forge = Forge::of(&app).await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    ada.upload_all(std::slice::from_ref(&file)).await;
    let before = ada.get("/api/photos").await.text();

    let scopes = [
        None,
        Some(""),
        Some("openid"),
        Some("tintype/readwrite"),
        Some("read write upload"),
        Some("TINTYPE/READ"),
    ];
    for scope in scopes {
        let nothing = app.user_with_token("ada", forge.with(&json!({ "scope": scope })));
        for route in routes().into_iter().filter(|route| route.secured) {
            let answer = Answer::to(route.about(&file, |method, path| nothing.request(method, path))).await;
            assert_eq!(answer.problem(403).kind, "/problems/forbidden", "{scope:?} on {route:?}");
        }
    }
    // Each scope opens its own: whoever may read may neither upload nor delete.
    let reader = app.user_with_token("ada", forge.with(&json!({ "scope": "tintype/read" })));
    let uploader = app.user_with_token("ada", forge.with(&json!({ "scope": "tintype/upload" })));
    reader.get("/api/photos").await.expect(200);
    reader.delete(&format!("/api/photos/{}", file.photo_id())).await.problem(403);
    reader.post("/api/trash/empty", &()).await.problem(403);
    reader.post("/api/uploads", &json!({ "files": [file.wanted()] })).await.problem(403);
    uploader.post("/api/uploads", &json!({ "files": [file.wanted()] })).await.expect(200);
    uploader.get("/api/photos").await.problem(403);
    assert_eq!(ada.get("/api/photos").await.text(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_no_token_takes_none() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    for route in routes().into_iter().filter(|route| !route.secured) {
        let request = route.about(&File::jpeg(1), |method, path| ada.stranger(method, path));
        Answer::to(request.bearer_auth("junk")).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_tokens_carry_unknown_keys_the_issuers_are_fetched_once() {
    let app = TestApp::start().await;
    let forge = Forge::of(&app).await;
    let fetched = Arc::new(AtomicUsize::new(0));
    let keys = {
        let (fetched, jwks) = (Arc::clone(&fetched), forge.jwks.clone());
        let answer = async move || {
            fetched.fetch_add(1, Ordering::SeqCst);
            Json(jwks.clone())
        };
        serve(Router::new().route("/keys", get(answer))).await
    };
    let api = serve(tintype_api::router(api(&app, format!("{keys}/keys")))).await;
    let http = reqwest::Client::new();
    let ask = async |token: String| {
        let request = http.get(format!("{api}/api/me")).bearer_auth(token);
        Answer::to(request).await.status
    };

    assert_eq!(fetched.load(Ordering::SeqCst), 0, "keys are fetched when the first token comes");
    let unknown =
        |n: usize| forge.signed(|header| header.kid = Some(format!("unknown-{n}")), &forge.other_key);
    let answers = futures::future::join_all((0..50).map(|n| ask(unknown(n)))).await;
    assert_eq!(answers, [401; 50]);
    assert_eq!(ask(forge.with(&json!({}))).await, 200, "a good token is good all the same");
    assert_eq!(ask(unknown(50)).await, 401);
    // What is refused before its key is looked for costs no fetch either.
    assert_eq!(ask("junk".to_owned()).await, 401);
    assert_eq!(fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_issuers_keys_cannot_be_fetched_nobody_is_let_in_and_soon_after_everybody_is() {
    let app = TestApp::start().await;
    let forge = Forge::of(&app).await;
    let tries = Arc::new(AtomicUsize::new(0));
    let keys = {
        let (tries, jwks) = (Arc::clone(&tries), forge.jwks.clone());
        let answer = async move || {
            let first = tries.fetch_add(1, Ordering::SeqCst) == 0;
            if first { Err(axum::http::StatusCode::BAD_GATEWAY) } else { Ok(Json(jwks.clone())) }
        };
        serve(Router::new().route("/keys", get(answer))).await
    };
    let api = serve(tintype_api::router(api(&app, format!("{keys}/keys")))).await;
    let ask = async || {
        let token = forge.with(&json!({}));
        Answer::to(reqwest::Client::new().get(format!("{api}/api/me")).bearer_auth(token)).await
    };
    let refused = ask().await;
    let problem = refused.problem(refused.status);
    assert!(problem.status >= 500, "no fault of the caller's: {problem:?}");
    assert!(
        !refused.text().contains("keys") && problem.instance.is_some(),
        "nothing of the inside: {problem:?}"
    );
    // Junk in between costs no fetch; a moment later the keys are looked for again.
    assert_eq!(ask().await.status, 503);
    assert_eq!(tries.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    ask().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_expelled_is_nobody_on_every_route_with_the_tokens_of_before_alone() {
    let app = TestApp::start().await;
    let forge = Forge::of(&app).await;
    let issued = forge.claims["iat"].as_u64().unwrap();
    let ada = forge.claims["sub"].as_str().unwrap();
    let keys = format!("{}/.well-known/jwks.json", app.stack.addresses.issuer);
    let expelled = HashMap::from([(ada.to_owned(), issued)]);
    let api = serve(tintype_api::router(api_with(&app, keys, expelled))).await;
    let http = reqwest::Client::new();
    let tokens = |changes: Value| (changes.to_string(), forge.with(&changes));

    for (what, token) in
        [tokens(json!({})), tokens(json!({ "iat": issued - 60 })), tokens(json!({ "iat": null }))]
    {
        for route in routes().into_iter().filter(|route| route.secured) {
            let ask = |method, path: &str| http.request(method, format!("{api}{path}")).bearer_auth(&token);
            let answer = Answer::to(route.about(&File::jpeg(1), ask)).await;
            assert_eq!(answer.status, 401, "{what} on {route:?}: {}", answer.text());
        }
    }
    for (what, token) in [tokens(json!({ "iat": issued + 1 })), tokens(json!({ "sub": "eve" }))] {
        let answer = Answer::to(http.get(format!("{api}/api/me")).bearer_auth(token)).await;
        assert_eq!(answer.status, 200, "{what}: let in again, or somebody else");
    }
}

/// The API of a stack, with the issuer's keys at another address.
fn api(app: &TestApp, jwks_url: String) -> Api {
    api_with(app, jwks_url, HashMap::new())
}

fn api_with(app: &TestApp, jwks_url: String, expelled: HashMap<String, u64>) -> Api {
    let addresses = &app.stack.addresses;
    let media_key = fs::read_to_string(addresses.data_dir.join("media-key.pem")).unwrap();
    let auth = AuthConfig {
        issuer: addresses.issuer.clone(),
        jwks_url,
        client_ids: vec![tintype_local::stack::PAGE_CLIENT.to_owned()],
        expelled,
    };
    Api {
        storage: app.stack.storage.clone(),
        verifier: Arc::new(Verifier::new(auth).unwrap()),
        media: Arc::new(MediaSigner::from_pem(&media_key, "KEY".to_owned()).unwrap()),
        config: Arc::new(ApiConfig {
            max_file_bytes: 1 << 30,
            originals_class: "STANDARD".to_owned(),
            originals_usd_gb_month: 0.0,
            page_origin: addresses.page.clone(),
        }),
    }
}

/// Serves on any port until the test ends; its address.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://127.0.0.1:{port}")
}
