//! The few pages that people see here: HTML without scripts, under a policy that would not run any.

use axum::{
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

/// The policy of every answer that has no form: nothing runs, nothing loads but our own style and icon.
pub(super) const SCRIPTLESS: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The same for the page with the form. Browsers hold a form's redirect to `form-action` too, and a sign-in ends in
/// one to the client, so the client's origin has to stand in it.
fn policy_with_form(client: &str) -> String {
    SCRIPTLESS.replace("form-action 'none'", &format!("form-action 'self' {client}"))
}

/// What the sign-in page shows.
pub(super) struct SignInPage<'a> {
    /// The query of the authorization request, as it came; the form sends it along.
    pub(super) query: &'a str,
    /// The origin of the client that the form leads to.
    pub(super) client: &'a str,
    /// What was typed before.
    pub(super) name: &'a str,
    /// Why that will not do.
    pub(super) problem: Option<String>,
}

impl IntoResponse for SignInPage<'_> {
    fn into_response(self) -> Response {
        let (status, problem, described_by) = match self.problem {
            None => (StatusCode::OK, String::new(), "hint"),
            Some(problem) => {
                let sentence = format!(r#"<p id="problem" role="alert">{}</p>"#, escape(&problem));
                (StatusCode::BAD_REQUEST, sentence, "problem hint")
            }
        };
        let invalid = !problem.is_empty();
        let html = format!(
            include_str!("page/sign-in.html"),
            query = escape(self.query),
            name = escape(self.name),
            described_by = described_by,
            invalid = invalid,
            problem = problem,
        );
        let policy = [(header::CONTENT_SECURITY_POLICY, policy_with_form(self.client))];
        (status, policy, Html(html)).into_response()
    }
}

/// Says why this did not work, and leads back to `home`, the page of Tintype.
pub(super) fn refusal(status: StatusCode, sentence: &str, home: Option<&str>) -> Response {
    let way_out = home.map_or_else(String::new, |home| {
        format!(r#"<p><a class="button" href="{}">Open Tintype</a></p>"#, escape(home))
    });
    let html = format!(include_str!("page/refusal.html"), sentence = escape(sentence), way_out = way_out);
    (status, Html(html)).into_response()
}

pub(super) async fn style() -> impl IntoResponse {
    (asset("text/css; charset=utf-8"), include_str!("page/style.css"))
}

pub(super) async fn favicon() -> impl IntoResponse {
    (asset("image/svg+xml"), include_str!("page/favicon.svg"))
}

fn asset(content_type: &'static str) -> [(HeaderName, &'static str); 2] {
    [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")]
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escape(r#"<b a="1" b='2'>&"#), "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;");
    }

    #[test]
    fn the_form_may_lead_to_its_client_and_nowhere_else() {
        let policy = policy_with_form("http://localhost:8460");
        assert!(policy.contains("form-action 'self' http://localhost:8460;"), "{policy}");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
    }
}
