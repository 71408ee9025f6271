use crate::support::*;
use std::time::Instant;
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probe() {
    let s3 = std::sync::Arc::new(TestS3::start().await);
    let t = Instant::now();
    let tasks: Vec<_> = (0..4)
        .map(|w| {
            let s3 = s3.clone();
            tokio::spawn(async move {
                for i in 0..1000 {
                    s3.put(
                        VAULT,
                        &format!(
                            "media/ada/{:064x}/01JD8Z0000000000000000000{w}/thumb.webp",
                            i * 7919 % 1000 + w * 1000
                        ),
                        &[1; 2000],
                    )
                    .await;
                }
            })
        })
        .collect();
    for t in tasks {
        t.await.unwrap();
    }
    println!("4000 puts {:?}", t.elapsed());
    let t = Instant::now();
    let page = s3.client.list_objects_v2().bucket(VAULT).prefix("media/ada/").send().await.unwrap();
    println!("list {} {:?}", page.contents().len(), t.elapsed());
    let t = Instant::now();
    s3.get(VAULT, &format!("media/ada/{:064x}/01JD8Z00000000000000000000/thumb.webp", 5)).await.unwrap();
    println!("get {:?}", t.elapsed());
    if true {
        return;
    }
    let body = vec![3; 256 << 20];
    let t = Instant::now();
    s3.client
        .put_object()
        .bucket(UPLOADS)
        .key("big")
        .checksum_sha256("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        .body(body.into())
        .send()
        .await
        .unwrap_err();
    println!("256 MiB with sha256 {:?}", t.elapsed());
}
