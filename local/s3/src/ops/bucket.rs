//! What concerns whole buckets: `s3s-fs` answers, we add what it leaves out.

use s3s::{S3, S3Request, S3Response, S3Result, dto};

use super::Decorator;

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
pub(super) async fn head(
    decorator: &Decorator,
    req: S3Request<dto::HeadBucketInput>,
) -> S3Result<S3Response<dto::HeadBucketOutput>> {
    decorator.store.bucket(&req.input.bucket)?;
    let mut answer = decorator.inner.head_bucket(req).await?;
    answer.output.bucket_region = Some(decorator.region.to_string());
    Ok(answer)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>
pub(super) async fn location(
    decorator: &Decorator,
    req: S3Request<dto::GetBucketLocationInput>,
) -> S3Result<S3Response<dto::GetBucketLocationOutput>> {
    decorator.store.bucket(&req.input.bucket)?;
    let mut answer = decorator.inner.get_bucket_location(req).await?;
    // "Buckets in Region us-east-1 have a LocationConstraint of null."
    answer.output.location_constraint =
        (*decorator.region != *"us-east-1").then(|| decorator.region.to_string().into());
    Ok(answer)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html>
pub(super) fn versioning(
    decorator: &Decorator,
    input: &dto::GetBucketVersioningInput,
) -> S3Result<S3Response<dto::GetBucketVersioningOutput>> {
    let bucket = decorator.store.bucket(&input.bucket)?;
    let enabled = dto::BucketVersioningStatus::from_static(dto::BucketVersioningStatus::ENABLED);
    let status = bucket.versioned.then_some(enabled);
    Ok(S3Response::new(dto::GetBucketVersioningOutput { status, ..Default::default() }))
}
