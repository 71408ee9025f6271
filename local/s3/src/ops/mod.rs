//! S3's operations, one file each.
//!
//! What concerns whole buckets goes to `s3s-fs`. Objects do not, because it would store their bytes before it looks at
//! their checksums, and their metadata after their bytes. Everything not named here answers `NotImplemented`:
//! multipart uploads too, since the product has none yet and half a one would break the promises above.

mod bucket;
mod checksum;
mod conditions;
mod copy;
mod delete;
mod errors;
mod get;
mod list;
mod list_versions;
mod put;
mod receive;
mod request;

use std::sync::Arc;

use async_trait::async_trait;
use s3s::dto;
use s3s::{S3, S3Request, S3Response, S3Result};
use s3s_fs::FileSystem;

use crate::event::Notifier;
use crate::store::{OpenError, Store};

/// S3 as s3s asks for it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Decorator {
    store: Arc<Store>,
    notifier: Arc<Notifier>,
    region: Arc<str>,
    inner: Arc<FileSystem>,
}

impl Decorator {
    pub(crate) fn new(store: Arc<Store>, notifier: Arc<Notifier>, region: &str) -> Result<Self, OpenError> {
        let folder = store.buckets_folder().to_owned();
        let inner = FileSystem::new(&folder).map_err(|error| OpenError::Folder {
            path: folder,
            source: std::io::Error::other(format!("{error:?}")),
        })?;
        Ok(Self { store, notifier, region: region.into(), inner: Arc::new(inner) })
    }

    /// Does file work on a thread that may block. It runs to its end even if the client goes away.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Decorator) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let decorator = self.clone();
        tokio::task::spawn_blocking(move || work(&decorator)).await.map_err(s3s::S3Error::internal_error)?
    }
}

#[async_trait]
impl S3 for Decorator {
    async fn head_bucket(
        &self,
        req: S3Request<dto::HeadBucketInput>,
    ) -> S3Result<S3Response<dto::HeadBucketOutput>> {
        bucket::head(self, req).await
    }

    async fn get_bucket_location(
        &self,
        req: S3Request<dto::GetBucketLocationInput>,
    ) -> S3Result<S3Response<dto::GetBucketLocationOutput>> {
        bucket::location(self, req).await
    }

    async fn get_bucket_versioning(
        &self,
        req: S3Request<dto::GetBucketVersioningInput>,
    ) -> S3Result<S3Response<dto::GetBucketVersioningOutput>> {
        bucket::versioning(self, &req.input)
    }

    async fn list_buckets(
        &self,
        req: S3Request<dto::ListBucketsInput>,
    ) -> S3Result<S3Response<dto::ListBucketsOutput>> {
        self.inner.list_buckets(req).await
    }

    async fn put_object(
        &self,
        req: S3Request<dto::PutObjectInput>,
    ) -> S3Result<S3Response<dto::PutObjectOutput>> {
        put::put_object(self, req).await
    }

    async fn copy_object(
        &self,
        req: S3Request<dto::CopyObjectInput>,
    ) -> S3Result<S3Response<dto::CopyObjectOutput>> {
        copy::copy_object(self, req).await
    }

    async fn get_object(
        &self,
        req: S3Request<dto::GetObjectInput>,
    ) -> S3Result<S3Response<dto::GetObjectOutput>> {
        get::get_object(self, req.input).await
    }

    async fn head_object(
        &self,
        req: S3Request<dto::HeadObjectInput>,
    ) -> S3Result<S3Response<dto::HeadObjectOutput>> {
        get::head_object(self, req.input).await
    }

    async fn delete_object(
        &self,
        req: S3Request<dto::DeleteObjectInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectOutput>> {
        delete::delete_object(self, req.input).await
    }

    async fn delete_objects(
        &self,
        req: S3Request<dto::DeleteObjectsInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectsOutput>> {
        delete::delete_objects(self, req.input).await
    }

    async fn list_objects(
        &self,
        req: S3Request<dto::ListObjectsInput>,
    ) -> S3Result<S3Response<dto::ListObjectsOutput>> {
        list::list_objects(self, req.input).await
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<dto::ListObjectsV2Input>,
    ) -> S3Result<S3Response<dto::ListObjectsV2Output>> {
        list::list_objects_v2(self, req.input).await
    }

    async fn list_object_versions(
        &self,
        req: S3Request<dto::ListObjectVersionsInput>,
    ) -> S3Result<S3Response<dto::ListObjectVersionsOutput>> {
        list_versions::list_object_versions(self, req.input).await
    }
}
