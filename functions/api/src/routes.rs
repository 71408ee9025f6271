//! Every route and its documentation, registered together.

mod me;
mod open;
mod original;
mod photos;
mod session;
mod trash;
mod uploads;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;

/// All of them; their paths carry `/api`.
pub(crate) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(photos::lookup))
        .routes(routes!(uploads::uploads))
        .routes(routes!(photos::list))
        .routes(routes!(photos::show, trash::delete))
        .routes(routes!(trash::trash))
        .routes(routes!(trash::restore))
        .routes(routes!(trash::list))
        .routes(routes!(trash::empty))
        .routes(routes!(original::original))
        .routes(routes!(me::timeline))
        .routes(routes!(me::me))
        .routes(routes!(session::session))
        .routes(routes!(open::health))
}

/// What any route that needs a token can answer instead.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "read by the derive alone, which turns the variants into documentation")]
pub(crate) enum Problems {
    /// The request makes no sense.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(tintype_core::wire::Problem),
    /// No token, or one that is not good here.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(tintype_core::wire::Problem),
    /// The token lacks the scope.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(tintype_core::wire::Problem),
    /// No such photo, or somebody else's.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(tintype_core::wire::Problem),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    BodyTooLarge(tintype_core::wire::Problem),
    /// The body is not JSON by its type.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(tintype_core::wire::Problem),
    /// Try again in a moment.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(tintype_core::wire::Problem),
}
