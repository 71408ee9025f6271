//! The OpenAPI document, generated from the code.

use tintype_core::wire::{Order, Problem};
use utoipa::PartialSchema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{License, OpenApi};

use crate::routes;

/// The document that `/api/openapi.json` serves and `docs/openapi.json` keeps.
pub fn document() -> OpenApi {
    finish(routes::all().split_for_parts().1)
}

pub(crate) fn finish(mut document: OpenApi) -> OpenApi {
    "Tintype".clone_into(&mut document.info.title);
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    // The router's own crate leaves its author there.
    document.info.contact = None;
    document.info.license = Some(License::builder().name(env!("CARGO_PKG_LICENSE")).build());
    document.info.description = Some(
        "Photo backup to your own AWS account. Errors are RFC 9457 problems; API Gateway's own 401, 404, 413, 429 \
         and 503 are {\"message\"}."
            .to_owned(),
    );
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_default();
    // What only errors and queries name is not collected from the routes.
    components.schemas.insert("Problem".to_owned(), Problem::schema());
    components.schemas.insert("Order".to_owned(), Order::schema());
    components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    document
}
