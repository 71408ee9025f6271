//! `/login`: the page that asks for a name, and the cookie that spares the next one.

use super::{
    Issuer,
    authorize::Authorization,
    name::Name,
    pages,
    pages::SignInPage,
    params::Params,
    sessions::{BROWSER_LIFETIME, Browser},
};
use crate::cookies;
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{AppendHeaders, IntoResponse, Response},
};

pub(super) async fn form(State(issuer): State<Issuer>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    match Authorization::read(&issuer, query) {
        Ok(authorization) => sign_in_page(query, &authorization, "", None),
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) async fn submit(
    State(issuer): State<Issuer>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !issuer.is_own_form(&headers) {
        let sentence = "This form was sent from another page. Start again from Tintype.";
        return pages::refusal(StatusCode::FORBIDDEN, sentence, super::authorize::home(&issuer).as_deref());
    }
    let query = uri.query().unwrap_or_default();
    let authorization = match Authorization::read(&issuer, query) {
        Ok(authorization) => authorization,
        Err(refusal) => return refusal.into_response(),
    };
    let form = Params::parse(&body).ok();
    let typed = form.as_ref().and_then(|form| form.get("name")).unwrap_or_default();
    let name = match Name::parse(typed) {
        Ok(name) => name,
        Err(error) => return sign_in_page(query, &authorization, typed, Some(error.to_string())),
    };

    let now = jsonwebtoken::get_current_timestamp();
    let (signed_in, for_disk) = (name.clone(), issuer.clone());
    let remembered =
        tokio::task::spawn_blocking(move || for_disk.0.sessions.add_browser(signed_in.as_str(), now)).await;
    match remembered {
        Ok(Ok(cookie)) => {
            let cookie = [(header::SET_COOKIE, issuer.cookie(&cookie, BROWSER_LIFETIME))];
            (AppendHeaders(cookie), authorization.grant(&issuer, name.as_str(), now, now)).into_response()
        }
        failed => {
            tracing::error!(?failed, "a sign-in could not be kept");
            let sentence = "The sign-in could not be written to the disk. Is it full?".to_owned();
            sign_in_page(query, &authorization, typed, Some(sentence))
        }
    }
}

fn sign_in_page(query: &str, authorization: &Authorization, name: &str, problem: Option<String>) -> Response {
    SignInPage { query, client: &authorization.client_origin(), name, problem }.into_response()
}

impl Issuer {
    /// Who is signed in in the browser that sends `headers`.
    pub(super) fn signed_in(&self, headers: &HeaderMap, now: u64) -> Option<Browser> {
        self.0.sessions.browser(cookies::value(headers, &self.cookie_name())?, now)
    }

    /// Browsers share cookies between ports, so the port is in the name: two Tintypes do not sign each other out.
    pub(super) fn cookie_name(&self) -> String {
        format!("tintype-signed-in-{}", self.0.port)
    }

    /// Lax, since the browser comes from the client's page. Not `Secure`: Safari would drop it on http.
    pub(super) fn cookie(&self, value: &str, max_age: u64) -> String {
        format!("{}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax", self.cookie_name())
    }

    /// Whether a form was sent by our own page. Browsers always say where a form comes from; what does not say is not
    /// a browser, and cannot be made to act by a foreign page.
    fn is_own_form(&self, headers: &HeaderMap) -> bool {
        headers
            .get(header::ORIGIN)
            .is_none_or(|origin| origin.as_bytes() == self.0.config.issuer_url.as_bytes())
    }
}
