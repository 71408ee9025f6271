//! CloudFront's part through its front door: a real listener, cookies signed here with a key of our own, and a vault
//! that answers as S3 does.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use axum::{
    Json, Router,
    body::Body,
    extract::Path as UrlPath,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response as Answer},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Client as Http, Method, RequestBuilder, Response, redirect};
use rsa::{
    Pkcs1v15Sign, RsaPrivateKey,
    pkcs8::{EncodePublicKey, LineEnding},
    rand_core::OsRng,
};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::{
    path::Path,
    sync::OnceLock,
    time::{SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;
use tintype_local::edge::{
    self, Csp, EdgeConfig, MediaOrigin, MediaRequest, SECURITY_HEADERS, SignedCookies,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

const KEY_PAIR_ID: &str = "K2JCJMDEHXQW5F";
const THUMB: &str = "/media/ada/0f1e/01J00000000000000000000000/thumb.webp";
const PICTURE: &[u8] = b"RIFF....WEBP";
const ETAG: &str = "\"5f4dcc3b5aa765d61d8327deb882cf99\"";

/// Keys are expensive in a test build, so all tests share two: ours and a stranger's.
fn keys() -> &'static (RsaPrivateKey, RsaPrivateKey) {
    static KEYS: OnceLock<(RsaPrivateKey, RsaPrivateKey)> = OnceLock::new();
    KEYS.get_or_init(|| {
        let make = || RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
        (make(), make())
    })
}

/// A built page: a document, a hashed script that is worth compressing, an icon, and a secret beside the folder.
fn built_page() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("dist");
    std::fs::create_dir_all(page.join("assets")).unwrap();
    std::fs::write(page.join("index.html"), "<!doctype html><title>Tintype</title>").unwrap();
    std::fs::write(page.join("assets/app-4f2a.js"), "console.log('tintype');\n".repeat(200)).unwrap();
    std::fs::write(page.join("favicon.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    std::fs::write(page.join("manifest.webmanifest"), "{}").unwrap();
    std::fs::write(dir.path().join("secret.txt"), "secret").unwrap();
    dir
}

/// The vault: one picture, with S3's conditions; it tells which key it was asked for.
async fn vault(request: MediaRequest) -> Answer {
    assert!(!request.headers.contains_key(header::COOKIE), "cookies end at the edge");
    if request.key == "media/ada/0f1e/broken/thumb.webp" {
        return (StatusCode::INTERNAL_SERVER_ERROR, "inside").into_response();
    }
    if request.key != THUMB.trim_start_matches('/') {
        return (StatusCode::NOT_FOUND, [("x-amz-request-id", "1")]).into_response();
    }
    if request.headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag == ETAG) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, ETAG)]).into_response();
    }
    let headers = [
        (header::ETAG.as_str(), ETAG),
        ("content-type", "application/octet-stream"),
        ("content-length", "12"),
        ("cache-control", "no-cache"),
        ("x-amz-meta-name", "holiday.jpg"),
    ];
    let body = if request.method == Method::HEAD { Body::empty() } else { Body::from(PICTURE) };
    (headers, body).into_response()
}

fn api() -> Router {
    let photo = |UrlPath(id): UrlPath<String>, headers: HeaderMap| async move {
        let frame = [(header::X_FRAME_OPTIONS, "SAMEORIGIN")];
        (frame, Json(json!({ "id": id, "authorization": headers.contains_key(header::AUTHORIZATION) })))
    };
    let unknown = || async { (StatusCode::NOT_FOUND, Json(json!({ "title": "Not found" }))) };
    Router::new().route("/api/photos/{id}", get(photo)).fallback(unknown)
}

struct Server {
    url: String,
    port: u16,
    http: Http,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start(page_dir: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let pem = keys().0.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
        let router = edge::router(EdgeConfig {
            port,
            page_dir: page_dir.to_owned(),
            config_json: json!({ "client_id": "tintype-page" }),
            csp: csp(),
            cookies: SignedCookies::from_pem(KEY_PAIR_ID, &pem).unwrap(),
            media: MediaOrigin::new(vault),
            api: api(),
        });
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let http = Http::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { url: format!("http://localhost:{port}"), port, http, task }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    async fn get_with(&self, path: &str, cookies: &Cookies) -> Response {
        self.request(Method::GET, path).header(header::COOKIE, cookies.header()).send().await.unwrap()
    }

    /// The policy that `POST /api/session` makes for ada.
    fn policy(&self, until: u64) -> String {
        let resource = format!("{}/media/ada/*", self.url);
        format!(
            r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{until}}}}}}}]}}"#
        )
    }

    fn cookies(&self) -> Cookies {
        Cookies::sign(&self.policy(now() + 60), &keys().0)
    }

    /// The answer to a request line that no HTTP library would send.
    async fn raw(&self, target: &str, more: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n{more}\r\n",
            self.port
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

#[derive(Clone)]
struct Cookies {
    policy: String,
    signature: String,
    key_pair_id: String,
}

impl Cookies {
    fn sign(policy: &str, key: &RsaPrivateKey) -> Self {
        let signature = key.sign(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(policy)).unwrap();
        Self { policy: encode(policy), signature: encode(signature), key_pair_id: KEY_PAIR_ID.into() }
    }

    fn header(&self) -> String {
        let Self { policy, signature, key_pair_id } = self;
        format!(
            "theme=dark; CloudFront-Policy={policy}; CloudFront-Signature={signature}; CloudFront-Key-Pair-Id={key_pair_id}"
        )
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}

fn csp() -> Csp {
    let s3 = "http://localhost:8462".to_owned();
    let auth = "http://localhost:8461".to_owned();
    Csp { uploads: s3.clone(), vault: s3, issuer: auth.clone(), auth }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn header_of(response: &Response, name: impl Into<HeaderName>) -> &str {
    response.headers().get(name.into()).map_or("", |value| value.to_str().unwrap())
}

/// Status and CloudFront's code of a refusal, which no cache may keep.
async fn refusal(response: Response) -> (u16, String) {
    assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-store");
    assert_eq!(header_of(&response, header::CONTENT_TYPE), "text/xml");
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    let code = body.split_once("<Code>").unwrap().1.split_once("</Code>").unwrap().0;
    (status, code.to_owned())
}

fn refused(code: &str) -> (u16, String) {
    (403, code.to_owned())
}

#[tokio::test]
async fn signed_cookies_open_the_users_own_variants_for_ever() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    let cookies = server.cookies();

    let response = server.get_with(THUMB, &cookies).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header_of(&response, header::CACHE_CONTROL), "private, max-age=31536000, immutable");
    assert_eq!(header_of(&response, header::CONTENT_TYPE), "image/webp");
    assert_eq!(header_of(&response, header::ETAG), ETAG);
    assert_eq!(
        header_of(&response, HeaderName::from_static("x-amz-meta-name")),
        "",
        "what S3 knows stays there"
    );
    assert_eq!(response.bytes().await.unwrap(), PICTURE);

    let known = server.request(Method::GET, THUMB).header(header::COOKIE, cookies.header());
    let known = known.header(header::IF_NONE_MATCH, ETAG).send().await.unwrap();
    assert_eq!((known.status(), header_of(&known, header::ETAG)), (StatusCode::NOT_MODIFIED, ETAG));

    let head =
        server.request(Method::HEAD, THUMB).header(header::COOKIE, cookies.header()).send().await.unwrap();
    assert_eq!((head.status(), header_of(&head, header::CONTENT_LENGTH)), (StatusCode::OK, "12"));

    let with_query = server.get_with(&format!("{THUMB}?v=1"), &cookies).await;
    assert_eq!(with_query.status(), StatusCode::OK, "the policy's wildcard takes the query along");
}

#[tokio::test]
async fn without_all_three_cookies_nothing_is_shown() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    assert_eq!(refusal(server.get(THUMB).await).await, refused("MissingKey"));
    let all = server.cookies().header();
    for missing in ["CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id"] {
        let some = all.replace(missing, "Another");
        let response = server.request(Method::GET, THUMB).header(header::COOKIE, some).send().await.unwrap();
        assert_eq!(refusal(response).await, refused("MissingKey"), "{missing}");
    }
}

#[tokio::test]
async fn a_cookie_that_was_tampered_with_is_refused() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    let good = server.cookies();
    let later = encode(server.policy(now() + 1_000_000));
    let everything = encode(server.policy(now() + 60).replace("/media/ada/*", "/*"));
    let mut flipped = good.signature.clone().into_bytes();
    flipped[10] = if flipped[10] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let strangers = Cookies::sign(&server.policy(now() + 60), &keys().1);

    for (cookies, code) in [
        (Cookies { policy: later, ..good.clone() }, "AccessDenied"),
        (Cookies { policy: everything, ..good.clone() }, "AccessDenied"),
        (Cookies { policy: "%%%".into(), ..good.clone() }, "MalformedPolicy"),
        (Cookies { signature: flipped, ..good.clone() }, "AccessDenied"),
        (Cookies { signature: String::new(), ..good.clone() }, "AccessDenied"),
        (Cookies { signature: "%%%".into(), ..good.clone() }, "MalformedSignature"),
        (Cookies { key_pair_id: "KSTRANGER".into(), ..good.clone() }, "InvalidKey"),
        (strangers, "AccessDenied"),
        (Cookies::sign("{}", &keys().0), "MalformedPolicy"),
    ] {
        assert_eq!(refusal(server.get_with(THUMB, &cookies).await).await, refused(code));
    }
    assert_eq!(server.get_with(THUMB, &good).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn cookies_end_when_their_policy_says() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    let expired = Cookies::sign(&server.policy(now()), &keys().0);
    assert_eq!(refusal(server.get_with(THUMB, &expired).await).await, refused("AccessDenied"));
}

#[tokio::test]
async fn cookies_of_one_user_do_not_open_the_folder_of_another() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    let cookies = server.cookies();
    for path in ["/media/bob/0f1e/g/thumb.webp", "/media/adam/0f1e/g/thumb.webp", "/media/"] {
        assert_eq!(refusal(server.get_with(path, &cookies).await).await, refused("AccessDenied"), "{path}");
    }
    let cookie = format!("Cookie: {}\r\n", cookies.header());
    for climbing in
        ["/media/ada/../bob/thumb.webp", "/media/ada/%2e%2e/bob/thumb.webp", "/media/ada//thumb.webp"]
    {
        let answer = server.raw(climbing, &cookie).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{climbing}: {answer}");
    }
}

#[tokio::test]
async fn what_the_vault_does_not_have_or_cannot_say_is_not_kept() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    let cookies = server.cookies();
    let missing = server.get_with("/media/ada/0f1e/g/preview.webp", &cookies).await;
    assert_eq!(refusal(missing).await, (404, "NoSuchKey".to_owned()));
    let broken = server.get_with("/media/ada/0f1e/broken/thumb.webp", &cookies).await;
    assert_eq!(refusal(broken).await, (502, "OriginError".to_owned()));
}

#[tokio::test]
async fn every_screen_is_the_document_and_is_asked_for_again_each_time() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    for path in
        ["/", "/trash", "/photo/0f1e", "/callback?code=1&state=2", "/media", "/api", "/no/such/screen/"]
    {
        let response = server.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(header_of(&response, header::CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
        assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-cache", "{path}");
        assert!(response.text().await.unwrap().contains("<title>Tintype"), "{path}");
    }
}

#[tokio::test]
async fn files_have_their_types_and_hashed_ones_are_kept_for_ever() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    for (path, content_type, cache) in [
        ("/assets/app-4f2a.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/favicon.svg", "image/svg+xml", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
    ] {
        let response = server.get(path).await;
        assert_eq!(header_of(&response, header::CONTENT_TYPE), content_type, "{path}");
        assert_eq!(header_of(&response, header::CACHE_CONTROL), cache, "{path}");
        let head = server.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!(
            (head.status(), header_of(&head, header::CONTENT_TYPE)),
            (StatusCode::OK, content_type),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_404_and_never_the_document() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    for path in ["/missing.js", "/assets/missing-1.js", "/assets/missing", "/assets/", "/photo/a.b"] {
        let response = server.get(path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(response.text().await.unwrap(), "Not found\n", "{path}");
    }
}

#[tokio::test]
async fn nothing_outside_the_pages_folder_is_served() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..\\secret.txt",
        "//secret.txt",
    ] {
        let answer = server.raw(path, "").await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
        assert!(!answer.ends_with("secret"), "{path}");
    }
}

#[tokio::test]
async fn a_known_file_is_not_sent_again_compressed_or_not() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    for encoding in ["identity", "gzip"] {
        let ask =
            || server.request(Method::GET, "/assets/app-4f2a.js").header(header::ACCEPT_ENCODING, encoding);
        let response = ask().send().await.unwrap();
        let sent = header_of(&response, header::CONTENT_ENCODING);
        assert_eq!(sent, if encoding == "gzip" { "gzip" } else { "" });
        let tag = header_of(&response, header::ETAG).to_owned();
        assert_eq!(tag.starts_with("W/"), encoding == "gzip", "{tag}");
        let again = ask().header(header::IF_NONE_MATCH, &tag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
}

#[tokio::test]
async fn what_the_build_has_compressed_is_served_as_it_is() {
    let page = built_page();
    std::fs::write(page.path().join("dist/assets/app-4f2a.js.br"), "brotli").unwrap();
    let server = Server::start(&page.path().join("dist")).await;
    let request =
        server.request(Method::GET, "/assets/app-4f2a.js").header(header::ACCEPT_ENCODING, "gzip, br");
    let response = request.send().await.unwrap();
    assert_eq!(header_of(&response, header::CONTENT_ENCODING), "br");
    assert_eq!(header_of(&response, header::CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert_eq!(response.text().await.unwrap(), "brotli");
}

#[tokio::test]
async fn a_page_that_is_not_built_is_said_so() {
    let empty = tempfile::tempdir().unwrap();
    for dir in [empty.path().to_owned(), empty.path().join("none")] {
        let server = Server::start(&dir).await;
        for path in ["/", "/trash", "/index.html"] {
            let response = server.get(path).await;
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(response.text().await.unwrap().contains("make run"));
        }
        assert_eq!(server.get("/config.json").await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn the_configuration_is_asked_for_again_each_time() {
    let page = built_page();
    std::fs::write(page.path().join("dist/config.json"), "{\"of\":\"the build\"}").unwrap();
    let server = Server::start(&page.path().join("dist")).await;
    let response = server.get("/config.json").await;
    assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-cache");
    assert_eq!(header_of(&response, header::CONTENT_TYPE), "application/json");
    assert_eq!(response.json::<Value>().await.unwrap(), json!({ "client_id": "tintype-page" }));
}

#[tokio::test]
async fn the_api_sees_its_requests_as_they_came_and_answers_for_itself() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    let photo = server.request(Method::GET, "/api/photos/0f1e").bearer_auth("token").send().await.unwrap();
    assert_eq!(photo.json::<Value>().await.unwrap(), json!({ "id": "0f1e", "authorization": true }));
    let unknown = server.get("/api/nothing").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert_eq!(unknown.json::<Value>().await.unwrap(), json!({ "title": "Not found" }));
}

#[tokio::test]
async fn the_page_and_the_variants_are_for_reading_only() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    for path in ["/", "/config.json", "/assets/app-4f2a.js", THUMB] {
        let response = server.request(Method::POST, path).send().await.unwrap();
        assert_eq!(refusal(response).await, refused("MethodNotAllowed"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_carries_every_security_header_once() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    let cookies = server.cookies();
    for path in ["/", "/missing.js", "/config.json", "/api/photos/1", "/api/nothing", THUMB, "/media/bob/x"] {
        let response = server.get_with(path, &cookies).await;
        for (name, value) in SECURITY_HEADERS {
            let values: Vec<_> = response.headers().get_all(&name).iter().collect();
            assert_eq!(values, [&value], "{path}");
        }
        assert_eq!(header_of(&response, header::CONTENT_SECURITY_POLICY), csp().policy(), "{path}");
    }
}

#[tokio::test]
async fn a_host_that_is_not_this_machine_is_refused_everywhere() {
    let page = built_page();
    let server = Server::start(&page.path().join("dist")).await;
    let cookies = server.cookies();
    for path in ["/", "/config.json", "/api/photos/1", THUMB] {
        for host in ["evil.example", "localhost:1", "localhost.evil.example"] {
            let request = server.request(Method::GET, path).header(header::HOST, host);
            let response = request.header(header::COOKIE, cookies.header()).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path} of {host}");
            assert_eq!(header_of(&response, header::CONTENT_SECURITY_POLICY), csp().policy());
        }
    }
    let by_number = format!("http://127.0.0.1:{}/config.json", server.port);
    assert_eq!(server.http.get(by_number).send().await.unwrap().status(), StatusCode::OK);
}
