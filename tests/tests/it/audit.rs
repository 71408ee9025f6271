//! The audit names what is wrong with the vault, exactly that, and changes nothing.

use std::collections::BTreeMap;

use serde_json::json;
use tintype_core::audit::Kind;
use tintype_core::id::PhotoId;
use tintype_core::key::{FileName, ObjectKey, Variant};
use tintype_core::wire::Photo;
use tintype_keeper::request::AuditAnswer;
use tintype_storage::{StorageError, mint};
use tintype_tests::{Fault, Faults, File, TestApp, User, many, named, row};

fn variant_key(user: &User, record: &tintype_core::record::Record, variant: Variant) -> ObjectKey {
    let (photo_id, generation) = (record.photo_id, record.generation);
    ObjectKey::Variant { user: user.id.clone(), photo_id, generation, variant }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_vault_is_named_exactly_and_nothing_is_written() {
    let photos = many(160_u32, 2_000);
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, photos).await;
    let whole = app.audit(json!({})).await;
    assert_eq!((whole.checked, whole.found, whole.unchecked), (u64::from(photos), 0, 0), "{whole:?}");
    assert_eq!(ada.me().await.line, format!("{} photos, all safe, checked today", grouped(photos)));

    let damaged = files.iter().take(files.len() / 20);
    let (mut expected, vault) = (BTreeMap::new(), &app.stack.storage.vault);
    for (index, file) in damaged.enumerate() {
        let record = app.record(&ada, file).await;
        let kind = match index % 5 {
            0 => {
                app.flip(&record, file).await;
                Kind::WrongChecksum
            }
            1 => {
                vault.delete(&record.key).await.unwrap();
                Kind::Lost
            }
            2 => {
                app.buckets.put_original(&record.key, b"something else").await;
                Kind::WrongSize
            }
            3 => {
                app.buckets.put_original(&record.key, &file.bytes).await;
                Kind::Replaced
            }
            _ => {
                vault.delete(&variant_key(&ada, &record, Variant::Preview).to_string()).await.unwrap();
                Kind::WithoutVariants
            }
        };
        expected.insert(file.photo_id().to_string(), vec![kind]);
    }
    let before = app.everything(&ada).await;
    let found = app.audit(json!({})).await;
    assert_eq!(app.everything(&ada).await, before, "an audit changes nothing");
    assert_eq!(named(&found), expected);
    let figure = format!(
        "{} of {} damaged named, 0 false of {photos}, nothing written",
        found.findings.len(),
        expected.len()
    );
    row(28, &figure);
    let line = format!("{} photos, {} need attention", grouped(photos), expected.len());
    assert_eq!(ada.me().await.line, line);
}

/// What each question says of a photo: the listing, its own page, the lookup.
async fn doubted(user: &User, photo_id: PhotoId) -> (bool, bool, bool) {
    let listed = user.list_all().await.into_iter().find(|photo| photo.photo_id == photo_id).unwrap();
    let photo: Photo = user.get(&format!("/api/photos/{photo_id}")).await.json();
    let known = user.lookup(&[photo_id]).await.remove(0);
    assert_eq!(known.safe, !known.doubted);
    (listed.doubted, photo.doubted, known.doubted)
}

#[tokio::test]
async fn a_photo_that_is_lost_or_wrong_is_called_safe_nowhere_and_counts_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 4).await;
    let (lost, rotten) = (app.record(&ada, &files[0]).await, &files[1]);
    app.stack.storage.vault.delete(&lost.key).await.unwrap();
    app.rot(rotten);
    let both = [files[0].photo_id(), rotten.photo_id()];
    // The audit finds what is lost; the drill, that and what is rotten.
    assert_eq!(app.audit(json!({})).await.found, 1);
    assert_eq!(doubted(&ada, both[0]).await, (true, true, true));
    assert_eq!(doubted(&ada, both[1]).await, (false, false, false), "nobody has read it yet");
    app.ask(json!({"drill": {"photos": 100}}), 0).await;
    for photo_id in both {
        assert_eq!(doubted(&ada, photo_id).await, (true, true, true));
    }
    assert_eq!(doubted(&ada, files[2].photo_id()).await, (false, false, false));
    let told = ada.me().await;
    assert_eq!((told.line.as_str(), told.attention), ("4 photos, 2 need attention", 2));
    let shown: Vec<_> = told.attention_photos.iter().map(|photo| (photo.photo_id, photo.doubted)).collect();
    let mut expected = both.map(|photo_id| (photo_id, true));
    expected.sort_unstable();
    assert_eq!(shown, expected);
    // In the trash it is no better.
    ada.trash(&both).await;
    assert!(ada.trash_all().await.iter().all(|photo| photo.doubted));
}

fn grouped(number: u32) -> String {
    tintype_core::audit::line::grouped(u64::from(number))
}

#[tokio::test]
async fn what_no_record_speaks_of_is_named_too() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 4).await;
    let stranger = File::new("stranger.jpg", "image/jpeg", "nobody knows me");
    let generation = mint::generation(mint::now());
    let orphan = ObjectKey::Original {
        user: ada.id.clone(),
        photo_id: stranger.photo_id(),
        generation,
        file_name: FileName::from_client(&stranger.name),
    };
    app.buckets.put_original(&orphan.to_string(), &stranger.bytes).await;
    // Another life of a photo that there is, and a thumb of nothing.
    let record = app.record(&ada, &files[0]).await;
    let second = record.key.replace(&record.generation.to_string(), &generation.to_string());
    app.buckets.put_original(&second, &files[0].bytes).await;
    let thumb = ObjectKey::Variant {
        user: ada.id.clone(),
        photo_id: PhotoId::from_digest([7; 32]),
        generation,
        variant: Variant::Thumb,
    };
    app.stack.storage.vault.put_variant(&thumb, b"thumb".to_vec()).await.unwrap();
    let strange = [
        "readme.txt".to_owned(),
        "other/folder.txt".to_owned(),
        format!("originals/{}/notes.txt", ada.id),
        format!("originals/{}/0.txt", ada.id),
        format!("media/{}/{}/x", ada.id, files[1].photo_id()),
    ];
    for key in &strange {
        app.buckets.put_original(key, b"?").await;
    }

    let found = app.audit(json!({})).await;
    let by_key: BTreeMap<_, _> =
        found.findings.iter().map(|finding| (finding.key.clone(), finding.kind)).collect();
    let mut expected = BTreeMap::from([
        (orphan.to_string(), Kind::OrphanedOriginal),
        (second, Kind::Leftover),
        (thumb.to_string(), Kind::OrphanedVariant),
        ("readme.txt".to_owned(), Kind::StrangeKey),
        // A folder is named once, whatever is in it.
        ("other/".to_owned(), Kind::StrangeKey),
    ]);
    expected.extend(strange[2..].iter().map(|key| (key.clone(), Kind::StrangeKey)));
    assert_eq!(by_key, expected);
    assert_eq!(found.findings.len(), expected.len(), "each is named once");

    // In slices of one photo each, the same is found.
    let sliced = app.audit(json!({"seconds": 0})).await;
    assert_eq!(named(&sliced), named(&found));
    assert_eq!((sliced.checked, sliced.findings.len()), (4, expected.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_and_goes_during_an_audit_is_not_named() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    app.library(&ada, 40).await;
    let changes = async {
        for seed in 1_000..1_000 + many(60, 1_000) {
            let file = File::jpeg(seed);
            ada.upload(&file).await;
            let old = [File::jpeg(seed % 40).photo_id()];
            match seed % 3 {
                0 => drop(ada.trash(&old).await),
                1 => drop(ada.restore(&old).await),
                _ => {
                    ada.post("/api/trash/empty", &json!({})).await.expect(202);
                    app.keep(0).await;
                }
            }
        }
    };
    let audits = async {
        let (mut audits, mut checked) = (0, 0);
        for _ in 0..many(20, 200) {
            let found = app.audit(json!({})).await;
            assert_eq!(found.findings, [], "nothing is wrong, it only changes");
            // Only what changes three times while it is looked at is left to the next audit.
            assert!(found.unchecked <= 5, "{found:?}");
            (audits, checked) = (audits + 1, checked + found.checked);
        }
        (audits, checked)
    };
    let ((), (audits, checked)) = tokio::join!(changes, audits);
    row(28, &format!("0 false in {audits} audits of {checked} photos while others came and went"));
}

#[tokio::test]
async fn what_s3_refuses_to_say_is_unchecked_and_never_lost() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let ada = app.user("ada");
    let files = app.library(&ada, 12).await;
    for file in &files {
        app.stack.storage.vault.delete(&app.record(&ada, file).await.key).await.unwrap();
    }
    // Without ListBucket, S3 says 403 for what is absent.
    let forbidden = || Some(Fault::Answer(403, ""));
    faults.plan(move |call| if call.operation == "HeadObject" { forbidden() } else { None });
    let before = app.everything(&ada).await;
    let found = app.audit(json!({})).await;
    assert_eq!((found.found, found.unchecked, found.checked), (0, 12, 12), "{found:?}");
    assert_eq!(app.everything(&ada).await, before);
    assert_eq!(ada.me().await.line, "12 photos, 12 could not be checked");
    let audited = async || ada.me().await.last_audit.unwrap().report;
    app.ask(json!({}), 23).await;
    assert_eq!(audited().await, found.report);
    app.ask(json!({}), 25).await;
    assert_ne!(audited().await, found.report, "what could not be checked is checked again the next day");
    assert_eq!(ada.photo(&files[0].photo_id()).await.receipt.audited_at, None);
    let refusals = faults.count();

    // And if it does not even list, there is no audit yet.
    faults.plan(move |call| if call.operation == "ListObjectsV2" { forbidden() } else { None });
    let begun: AuditAnswer = serde_json::from_value(app.ask(json!({"audit": {}}), 0).await).unwrap();
    assert_eq!((begun.finished, begun.checked), (false, 0), "{begun:?}");
    faults.stop();
    assert_eq!(app.audit(json!({})).await.found, 12, "now S3 says it");
    row(35, &format!("{refusals} answers of 403 in two audits: 0 named lost, 12 unchecked, nothing written"));
}

#[tokio::test]
async fn every_byte_finds_what_rotted_on_the_disk() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 10).await;
    app.rot(&files[3]);
    // A missing thumb does not hide it.
    app.rot(&files[5]);
    let record = app.record(&ada, &files[5]).await;
    let thumb = variant_key(&ada, &record, Variant::Thumb).to_string();
    app.stack.storage.vault.delete(&thumb).await.unwrap();
    let found = app.audit(json!({"every_byte": true})).await;
    let rotten = [&files[3], &files[5]].map(|file| (file.photo_id().to_string(), vec![Kind::WrongChecksum]));
    assert_eq!(named(&found), BTreeMap::from(rotten));
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    assert!(found.bytes_read >= bytes as u64, "{found:?}");

    // An audit that reads no others' bytes reads theirs: they are not forgotten while they are wrong.
    let again = app.audit(json!({})).await;
    let wrong = |found: &AuditAnswer| {
        let named = found.findings.iter().filter(|finding| finding.kind == Kind::WrongChecksum);
        named.filter_map(|finding| finding.photo_id).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(wrong(&again), [&files[3], &files[5]].map(File::photo_id).into());
    // But not when its time is over: the first of them ends the slice.
    let slice: AuditAnswer =
        serde_json::from_value(app.ask(json!({"audit": {"seconds": 0}}), 0).await).unwrap();
    let again = app.audit(json!({"seconds": 0})).await;
    assert!(!slice.finished && (1..again.found).contains(&slice.found), "{slice:?} {again:?}");
    assert_eq!(wrong(&again), [&files[3], &files[5]].map(File::photo_id).into());
}

#[tokio::test]
async fn an_audit_whose_own_report_rots_begins_again() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    app.library(&ada, 3).await;
    let slice = json!({"audit": {"seconds": 0, "every_byte": true}});
    let slice: AuditAnswer = serde_json::from_value(app.ask(slice, 0).await).unwrap();
    assert!(!slice.finished, "{slice:?}");
    let key = ObjectKey::Audit { audit_id: slice.report }.to_string();
    let bytes = app.stack.storage.vault.read(&key).await.unwrap().unwrap();
    app.rot(&File::new("report.json", "application/json", bytes));
    let refused = app.stack.storage.vault.report(slice.report).await.unwrap_err();
    assert!(matches!(refused, StorageError::Corrupt { .. }), "{refused}");
    let found = app.audit(json!({"every_byte": true})).await;
    assert_eq!((found.checked, found.found), (3, 0));
    assert_ne!(found.report, slice.report);
}
