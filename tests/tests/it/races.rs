//! Two hands on the same photo at once.

use std::time::Duration;

use futures::future::join_all;
use futures::stream::{self, StreamExt};
use time::macros::datetime;
use tintype_core::wire::UploadOutcome;
use tintype_local::stack::Options;
use tintype_local_s3::Durability;
use tintype_tests::{Answer, File, TestApp, User, Wish, assert_at_rest, drawn, many, row, seed};

fn quick(options: &mut Options) {
    options.durability = Durability::Process;
    options.lambda.concurrency = 16;
}

/// One tab of a browser: it asks, and sends what has to be sent.
async fn tab(user: &User, file: &File) {
    match user.offer(&file.wanted()).await {
        UploadOutcome::Known { .. } => {}
        UploadOutcome::Upload { request } => {
            // A reply that is lost is sent for again, and 412 counts as received.
            for _ in 0..3 {
                if let Ok(answer) = Answer::try_to(user.put_request(&request, &file.bytes)).await {
                    assert!(matches!(answer.status, 200 | 412), "{}", answer.text());
                    return;
                }
            }
            panic!("{} could not be sent", file.name);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_photo_from_two_tabs_at_once_is_one_record_and_safe() {
    let app = TestApp::start_with(quick).await;
    let ada = app.user("ada");
    let files: Vec<File> = (0..many(40_u32, 200))
        .map(|n| if n % 4 == 0 { File::jpeg(n) } else { File::new("r", "", format!("race {n}")) })
        .collect();
    stream::iter(&files)
        .for_each_concurrent(8, |file| async {
            tokio::join!(tab(&ada, file), tab(&ada, file));
        })
        .await;
    app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    row(
        8,
        &format!(
            "{} races of two tabs: one record and one original each, 0 lost, counters exact",
            files.len()
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_of_the_same_name_and_second_are_all_kept_in_an_order_that_stays() {
    let app = TestApp::start_with(quick).await;
    let ada = app.user("ada");
    let files: Vec<File> = (0..many(60, 500))
        .map(|n| File {
            modified_at: Some(datetime!(2024-05-14 15:42:07 UTC)),
            ..File::new("IMG_0001.JPG", "image/jpeg", format!("the same second {n}"))
        })
        .collect();
    stream::iter(&files).for_each_concurrent(8, |file| tab(&ada, file)).await;
    app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    let order: Vec<_> = ada.list_all().await.into_iter().map(|photo| photo.photo_id).collect();
    for limit in [1, 7, 50] {
        let again = ada.walk(&format!("/api/photos?limit={limit}")).await;
        assert_eq!(again.into_iter().map(|photo| photo.photo_id).collect::<Vec<_>>(), order, "by {limit}");
    }
    row(
        9,
        &format!(
            "{} photos of one name and second: all kept, the same order in pages of 1, 7, 50, 500",
            files.len()
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_that_meets_an_upload_of_the_same_photo_leaves_it_safe() {
    let app = TestApp::start_with(quick).await;
    let ada = app.user("ada");
    let files: Vec<File> =
        (0..many(40_u32, 200)).map(|n| File::new("p", "", format!("purged {n}"))).collect();
    stream::iter(&files).for_each_concurrent(8, |file| tab(&ada, file)).await;
    app.come_to_rest().await;
    let photo_ids: Vec<_> = files.iter().map(File::photo_id).collect();
    ada.trash(&photo_ids).await;
    tokio::time::sleep(Duration::from_millis(5)).await;

    // A purge takes about as long as all of these uploads do; each begins somewhere in it, and some ahead of it.
    let mut removed = 0;
    let purging = async {
        for run in 0..3 {
            removed += app.keep(31 * 24 + run).await.purged;
        }
    };
    let uploading = join_all(files.iter().enumerate().map(|(n, file)| {
        let (app, ada) = (&app, &ada);
        async move {
            tokio::time::sleep(Duration::from_millis(drawn(seed(), n) % many(3_000, 15_000))).await;
            app.receive(ada, file, true).await;
        }
    }));
    tokio::join!(purging, uploading);
    let runs = app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    row(
        20,
        &format!(
            "{} purges against uploads, {removed} were removed first, {runs} keeper runs: 0 lost, counters exact",
            files.len()
        ),
    );
}
