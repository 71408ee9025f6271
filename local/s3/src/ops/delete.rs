//! `DeleteObject` and `DeleteObjects`.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html>

use s3s::{S3Response, S3Result, dto, s3_error};
use time::OffsetDateTime;

use super::{Decorator, request};
use crate::store::{Bucket, Condition, Record, StoreError, Which};

/// Objects that one request may name.
const MAX_OBJECTS: usize = 1000;

/// What a deletion did.
#[derive(Debug, Default)]
struct Deleted {
    /// Whether a delete marker was made or removed.
    marker: bool,
    /// The marker that was made, or the version that was removed.
    version_id: Option<String>,
}

pub(super) async fn delete_object(
    decorator: &Decorator,
    input: dto::DeleteObjectInput,
) -> S3Result<S3Response<dto::DeleteObjectOutput>> {
    if input.if_match.is_some()
        || input.if_match_size.is_some()
        || input.if_match_last_modified_time.is_some()
    {
        return Err(request::not_kept());
    }
    let deleted = decorator
        .blocking(move |decorator| {
            let bucket = decorator.store.bucket(&input.bucket)?;
            Ok(decorator.delete(bucket, &input.key, input.version_id.as_deref())?)
        })
        .await?;
    Ok(S3Response::new(dto::DeleteObjectOutput {
        delete_marker: deleted.marker.then_some(true),
        version_id: deleted.version_id,
        ..Default::default()
    }))
}

pub(super) async fn delete_objects(
    decorator: &Decorator,
    input: dto::DeleteObjectsInput,
) -> S3Result<S3Response<dto::DeleteObjectsOutput>> {
    if input.delete.objects.is_empty() || input.delete.objects.len() > MAX_OBJECTS {
        return Err(s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        ));
    }
    let output = decorator.blocking(move |decorator| delete_all(decorator, input)).await?;
    Ok(S3Response::new(output))
}

fn delete_all(decorator: &Decorator, input: dto::DeleteObjectsInput) -> S3Result<dto::DeleteObjectsOutput> {
    let bucket = decorator.store.bucket(&input.bucket)?;
    let quiet = input.delete.quiet.unwrap_or(false);
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for object in input.delete.objects {
        match decorator.delete(bucket, &object.key, object.version_id.as_deref()) {
            Ok(_) if quiet => {}
            Ok(deleted) => done.push(dto::DeletedObject {
                key: Some(object.key),
                delete_marker: deleted.marker.then_some(true),
                delete_marker_version_id: deleted.version_id.filter(|_| deleted.marker),
                version_id: object.version_id,
            }),
            Err(error) => {
                let error = s3s::S3Error::from(error);
                failed.push(dto::Error {
                    key: Some(object.key),
                    version_id: object.version_id,
                    code: Some(error.code().as_str().to_owned()),
                    message: error.message().map(str::to_owned),
                });
            }
        }
    }
    Ok(dto::DeleteObjectsOutput {
        deleted: (!done.is_empty()).then_some(done),
        errors: (!failed.is_empty()).then_some(failed),
        ..Default::default()
    })
}

impl Decorator {
    /// Deletes as the bucket does: for good, or under a marker, or one version for good.
    fn delete(&self, bucket: &Bucket, key: &str, version_id: Option<&str>) -> Result<Deleted, StoreError> {
        match request::which(version_id)? {
            Which::Exactly(sequence) => {
                let removed = self.store.remove_version(bucket, key, sequence)?;
                Ok(Deleted {
                    marker: removed.is_some_and(|record| record.delete_marker),
                    version_id: Some(sequence.to_string()),
                })
            }
            Which::Current if bucket.versioned => {
                let marker = Record {
                    key: key.to_owned(),
                    last_modified: OffsetDateTime::now_utc().unix_timestamp(),
                    delete_marker: true,
                    ..Record::default()
                };
                bucket.check(key, &Condition::Always)?;
                let sequence =
                    self.store.publish(bucket, self.store.incoming()?, &marker, &Condition::Always)?;
                Ok(Deleted { marker: true, version_id: Some(sequence.to_string()) })
            }
            Which::Current => {
                self.store.remove(bucket, key)?;
                Ok(Deleted::default())
            }
        }
    }
}
