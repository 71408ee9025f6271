//! Restoring: what comes back is, byte for byte, what was uploaded; and the drill shows it again and again.

use std::fs;
use std::process::Command;

use futures::stream::{self, StreamExt};
use serde_json::json;
use tintype_keeper::request::DrillAnswer;
use tintype_tests::{TestApp, User, many, row};

#[tokio::test(flavor = "multi_thread")]
async fn all_files_come_back_byte_for_byte() {
    let photos = many(200_u32, 2_000);
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, photos).await;
    let folder = tempfile::tempdir().unwrap();
    // What sha256sum wrote on the owner's disk before anything was uploaded.
    let sums: Vec<_> = files.iter().map(|file| format!("{}  {}", file.photo_id(), file.name)).collect();
    fs::write(folder.path().join("SHA256SUMS"), sums.join("\n") + "\n").unwrap();
    stream::iter(&files)
        .for_each_concurrent(8, |file| async {
            let original = ada.original(&file.photo_id()).await;
            fs::write(folder.path().join(&file.name), original.body).unwrap();
        })
        .await;
    let check = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
        .current_dir(folder.path())
        .output()
        .expect("sha256sum is there");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    row(30, &format!("{photos} of {photos} files restored, byte-identical by sha256sum --check"));
}

async fn me_drill(user: &User) -> Option<(u64, time::OffsetDateTime)> {
    let me = user.me().await;
    me.last_drill.map(|drill| (drill.photos, drill.finished_at))
}

#[tokio::test]
async fn a_drill_on_schedule_reads_no_more_than_its_share_and_one_photo_at_least() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    app.library(&ada, 8).await;
    app.library(&ben, 2).await;
    app.ask(json!({}), 0).await;
    for user in [&ada, &ben] {
        assert_eq!(me_drill(user).await.map(|(photos, _)| photos), Some(1));
    }
}

#[tokio::test]
async fn a_drill_reads_photos_back_and_says_so() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 12).await;
    let drill = async |event| -> DrillAnswer {
        serde_json::from_value(app.ask(json!({ "drill": event }), 0).await).unwrap()
    };
    let some = drill(json!({"photos": 5})).await;
    assert_eq!((some.photos, some.wrong.len(), some.unchecked), (5, 0, 0));
    let me = ada.me().await;
    assert_eq!(me.last_drill.map(|drill| (drill.photos, drill.bytes, drill.wrong)), Some((5, some.bytes, 0)));

    assert!(some.finished);
    let mut cut_off = drill(json!({"photos": 5, "seconds": 0})).await;
    assert_eq!((cut_off.finished, cut_off.photos), (false, 0), "it says that it read nothing");
    // From there, it goes on: each photo is read once, however often the time is over.
    let before = me_drill(&ada).await;
    cut_off = drill(json!({"photos": 12, "next": cut_off.next})).await;
    assert_eq!((cut_off.finished, cut_off.photos), (true, 12));
    assert_ne!(me_drill(&ada).await, before);

    // Asked for more than there are, it reads each once.
    let all = drill(json!({"photos": 100})).await;
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    assert_eq!((all.photos, all.bytes, all.finished), (12, bytes as u64, true));
    assert_eq!(drill(json!({"megabytes": 1})).await.photos, 12, "as many as fit");
}

#[tokio::test]
async fn what_a_drill_found_wrong_is_not_forgotten_by_one_that_reads_others() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 12).await;
    let drill = async |event| -> DrillAnswer {
        serde_json::from_value(app.ask(json!({ "drill": event }), 0).await).unwrap()
    };
    app.rot(&files[4]);
    let rotten = drill(json!({"photos": 100})).await;
    assert_eq!((rotten.photos, rotten.wrong), (11, vec![files[4].photo_id()]));
    let me = ada.me().await;
    assert_eq!(me.line, "12 photos, 1 needs attention");
    assert_eq!(drill(json!({"photos": 1})).await.wrong, vec![files[4].photo_id()]);
    let me = ada.me().await;
    assert_eq!(me.line, "12 photos, 1 needs attention");
    assert!(!ada.lookup(&[files[4].photo_id()]).await.remove(0).safe);
}
