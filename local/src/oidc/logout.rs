//! `/logout`: forgets the browser and sends it back, with Cognito's parameters `client_id` and `logout_uri`.

use super::{
    Issuer,
    authorize::{found, home},
    pages,
    params::Params,
};
use crate::cookies;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{AppendHeaders, IntoResponse, Response},
};

pub(super) async fn logout(State(issuer): State<Issuer>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(address) = registered_address(&issuer, uri.query().unwrap_or_default()) else {
        let sentence =
            "The sign-out link leads to an address that is not registered. You are still signed in.";
        return pages::refusal(StatusCode::BAD_REQUEST, sentence, home(&issuer).as_deref());
    };
    if let Some(cookie) = cookies::value(&headers, &issuer.cookie_name()) {
        let (cookie, for_disk) = (cookie.to_owned(), issuer.clone());
        let now = jsonwebtoken::get_current_timestamp();
        let forgotten =
            tokio::task::spawn_blocking(move || for_disk.0.sessions.remove_browser(&cookie, now)).await;
        if !matches!(forgotten, Ok(Ok(()))) {
            tracing::error!(?forgotten, "a sign-out could not be kept");
        }
    }
    let expired = [(header::SET_COOKIE, issuer.cookie("", 0))];
    (AppendHeaders(expired), found(&address)).into_response()
}

fn registered_address(issuer: &Issuer, query: &str) -> Option<String> {
    let params = Params::parse(query.as_bytes()).ok()?;
    let client = issuer.client(params.get("client_id")?)?;
    let address = params.get("logout_uri")?;
    client.logout_uris.iter().find(|known| *known == address).cloned()
}
