//! Only requests that were meant for this machine.
//!
//! A server on loopback is within reach of every web page that the machine's browser opens: a page of
//! `evil.example` whose name is later resolved to 127.0.0.1 (DNS rebinding) is, for the browser, of the same origin
//! as our answers. What gives it away is the `Host` header, which a page cannot set. So a host that is not ours is
//! refused before any route sees the request.

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, Uri, header, uri::Authority},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};

/// The origin of a server on this machine's `port`, as browsers and tokens name it.
pub fn origin(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// The port of an origin such as `http://localhost:8461`, if it is one of this machine.
pub fn port_of(origin: &str) -> Option<u16> {
    let uri: Uri = origin.parse().ok()?;
    (uri.scheme_str() == Some("http") && uri.host() == Some("localhost"))
        .then(|| uri.port_u16().unwrap_or(DEFAULT_PORT))
}

/// `router`, refusing every request that is not addressed to `localhost` or `127.0.0.1` on `port`.
pub fn only_localhost(router: Router, port: u16) -> Router {
    router.layer(middleware::from_fn_with_state(port, refuse_others))
}

/// What `http://localhost/` means.
const DEFAULT_PORT: u16 = 80;

async fn refuse_others(State(port): State<u16>, request: Request, next: Next) -> Response {
    if is_ours(&request, port) {
        return next.run(request).await;
    }
    let sentence = format!("This is Tintype on one machine. Open it as {}/\n", origin(port));
    (StatusCode::FORBIDDEN, sentence).into_response()
}

/// The address in the request line, where there is one, overrides the header (RFC 9112, section 3.2.2): both are
/// looked at, so that it does not matter which of the two a later handler reads.
fn is_ours(request: &Request, port: u16) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).into_iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = Authority::try_from(host.as_bytes()) else { return false };
    names_us(&host, port) && request.uri().authority().is_none_or(|target| names_us(target, port))
}

fn names_us(authority: &Authority, port: u16) -> bool {
    let ours = matches!(authority.host(), "localhost" | "127.0.0.1");
    ours && !authority.as_str().contains('@') && authority.port_u16().unwrap_or(DEFAULT_PORT) == port
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(uri: &str, host: Option<&str>) -> Request {
        let mut request = Request::builder().uri(uri);
        if let Some(host) = host {
            request = request.header(header::HOST, host);
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn both_names_of_this_machine_are_ours_on_our_port_only() {
        assert!(is_ours(&request("/", Some("localhost:8460")), 8460));
        assert!(is_ours(&request("/", Some("127.0.0.1:8460")), 8460));
        assert!(is_ours(&request("/", Some("localhost")), 80));
        assert!(!is_ours(&request("/", Some("localhost:8461")), 8460));
        assert!(!is_ours(&request("/", Some("localhost")), 8460));
    }

    #[test]
    fn other_names_are_refused_even_when_they_contain_ours() {
        for host in [
            "evil.example:8460",
            "localhost.evil.example:8460",
            "localhost@evil.example:8460",
            "evil@localhost:8460",
            "0.0.0.0:8460",
            "",
        ] {
            assert!(!is_ours(&request("/", Some(host)), 8460), "{host:?} was let in");
        }
        assert!(!is_ours(&request("/", None), 8460));
    }

    #[test]
    fn an_address_in_the_request_line_is_held_to_the_same_rule() {
        assert!(is_ours(&request("http://localhost:8460/", Some("localhost:8460")), 8460));
        assert!(!is_ours(&request("http://evil.example/", Some("localhost:8460")), 8460));
    }

    #[test]
    fn the_port_is_read_from_an_origin_of_this_machine() {
        assert_eq!(port_of("http://localhost:8461"), Some(8461));
        assert_eq!(port_of("http://localhost"), Some(80));
        assert_eq!(port_of("https://localhost:8461"), None);
        assert_eq!(port_of("http://example.net:8461"), None);
    }
}
