//! HTTP before and after s3s: what a signature covers, CORS, unread bodies, and the server itself.

mod access;
mod cors;
mod drain;
mod repeated;
mod serve;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Error};

pub(crate) use serve::serve;

use crate::ops::Decorator;
use crate::store::Store;
use access::{Gate, Keys};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");

/// Everything between a connection and the operations.
pub(crate) struct Front {
    service: S3Service,
    store: Arc<Store>,
    requests: AtomicU64,
}

impl Front {
    pub(crate) fn new(
        decorator: Decorator,
        store: Arc<Store>,
        region: &str,
        access_key: &str,
        secret_key: &str,
    ) -> Self {
        let mut builder = S3ServiceBuilder::new(decorator);
        builder.set_auth(Keys::new(access_key, secret_key));
        builder.set_access(Gate::new(region));
        Self { service: builder.build(), store, requests: AtomicU64::new(0) }
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let origins = self.origins(request.uri().path());
        if request.method() == Method::OPTIONS {
            return Ok(self.finish(cors::preflight(origins, request.headers())));
        }
        let grant = cors::grant(origins, request.method(), request.headers());

        repeated::join(request.headers_mut());
        let (request, remains) = drain::keep_remains(request);
        let answered = self.service.call(request).await;
        remains.read_to_end().await;

        let mut response = match answered {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(error = ?error, "the local S3 could not answer");
                plain_error(s3s::s3_error!(
                    InternalError,
                    "We encountered an internal error. Please try again."
                ))
            }
        };
        if response.status() == StatusCode::NOT_MODIFIED {
            // s3s writes an error's XML here, but a 304 has no body.
            *response.body_mut() = Body::empty();
        }
        if let Some(grant) = grant {
            grant.apply(response.headers_mut());
        }
        Ok(self.finish(response))
    }

    /// Origins that the bucket of a path-style request admits. None at all for a bucket that is not there.
    fn origins(&self, path: &str) -> &[String] {
        let name = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        self.store.bucket(name).map_or(&[], |bucket| &bucket.cors_origins)
    }

    fn finish(&self, mut response: Response<Body>) -> Response<Body> {
        let id = self.requests.fetch_add(1, Ordering::Relaxed);
        if let Ok(id) = HeaderValue::try_from(format!("{id:016X}")) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
}

/// An error as S3 writes it.
fn plain_error(error: S3Error) -> Response<Body> {
    error.to_http_response().unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
