//! The audit names what is wrong with the vault, exactly that, and changes nothing.

use std::collections::BTreeMap;

use futures::stream::StreamExt;
use serde_json::json;
use tintype_core::audit::Kind;
use tintype_core::id::PhotoId;
use tintype_core::key::{FileName, ObjectKey, Variant};
use tintype_core::wire::{Me, Photo};
use tintype_keeper::KeeperError;
use tintype_keeper::request::{AuditAnswer, RebuildAnswer};
use tintype_local_s3::Durability;
use tintype_storage::{StorageError, mint};
use tintype_tests::{Fault, Faults, File, TestApp, User, many, row};

/// One audit, to its end.
async fn audit(app: &TestApp, event: serde_json::Value) -> AuditAnswer {
    loop {
        let answer: AuditAnswer =
            serde_json::from_value(app.ask(json!({ "audit": event }), 0).await).unwrap();
        if answer.finished {
            return answer;
        }
    }
}

/// What is named of each photo.
fn named(answer: &AuditAnswer) -> BTreeMap<String, Vec<Kind>> {
    let mut named = BTreeMap::<_, Vec<_>>::new();
    for finding in &answer.findings {
        let photo = finding.photo_id.map_or_else(|| finding.key.clone(), |photo_id| photo_id.to_string());
        named.entry(photo).or_default().push(finding.kind);
    }
    named
}

async fn me(user: &User) -> Me {
    user.get("/api/me").await.json()
}

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
    let whole = audit(&app, json!({})).await;
    assert_eq!((whole.checked, whole.found, whole.unchecked), (u64::from(photos), 0, 0), "{whole:?}");
    assert_eq!(me(&ada).await.line, format!("{} photos, all safe, checked today", grouped(photos)));

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
    let found = audit(&app, json!({})).await;
    assert_eq!(app.everything(&ada).await, before, "an audit changes nothing");
    assert_eq!(named(&found), expected);
    let figure = format!(
        "{} of {} damaged named, 0 false of {photos}, nothing written",
        found.findings.len(),
        expected.len()
    );
    row(28, &figure);
    let line = format!("{} photos, {} need attention", grouped(photos), expected.len());
    assert_eq!(me(&ada).await.line, line);
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
    assert_eq!(audit(&app, json!({})).await.found, 1);
    assert_eq!(doubted(&ada, both[0]).await, (true, true, true));
    assert_eq!(doubted(&ada, both[1]).await, (false, false, false), "nobody has read it yet");
    app.ask(json!({"drill": {"photos": 100}}), 0).await;
    for photo_id in both {
        assert_eq!(doubted(&ada, photo_id).await, (true, true, true));
    }
    assert_eq!(doubted(&ada, files[2].photo_id()).await, (false, false, false));
    let told = me(&ada).await;
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

    let found = audit(&app, json!({})).await;
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
    let sliced = audit(&app, json!({"seconds": 0})).await;
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
            let found = audit(&app, json!({})).await;
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
    let found = audit(&app, json!({})).await;
    assert_eq!((found.found, found.unchecked, found.checked), (0, 12, 12), "{found:?}");
    assert_eq!(app.everything(&ada).await, before);
    assert_eq!(me(&ada).await.line, "12 photos, 12 could not be checked");
    let audited = async || me(&ada).await.last_audit.unwrap().report;
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
    assert_eq!(audit(&app, json!({})).await.found, 12, "now S3 says it");
    row(35, &format!("{refusals} answers of 403 in two audits: 0 named lost, 12 unchecked, nothing written"));
}

#[tokio::test]
async fn an_audit_that_breaks_off_goes_on_and_counts_nothing_twice() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let mut users = [app.user("ada"), app.user("ben")];
    users.sort_by(|one, other| one.id.cmp(&other.id));
    let [first, second] = users;
    let (files, others) = (app.library(&first, 3).await, app.library(&second, 2).await);
    for (user, file) in [(&first, &files[1]), (&second, &others[0])] {
        app.stack.storage.vault.delete(&app.record(user, file).await.key).await.unwrap();
    }
    let of_second = second.id.to_string();
    faults.plan(move |call| {
        let strikes = call.path.contains("versions") && call.path.contains(&of_second);
        strikes.then_some(Fault::Answer(403, ""))
    });
    let broken = app.ask(json!({"audit": {}}), 0).await;
    let broken: AuditAnswer = serde_json::from_value(broken).unwrap();
    assert_eq!((broken.finished, broken.checked), (false, 3), "{broken:?}");
    faults.stop();
    let found = audit(&app, json!({})).await;
    assert_eq!((found.finished, found.report), (true, broken.report));
    assert_eq!((found.checked, found.found, found.findings.len()), (5, 2, 2), "{found:?}");
    let lost = [&files[1], &others[0]].map(|file| (file.photo_id().to_string(), vec![Kind::Lost]));
    assert_eq!(named(&found), BTreeMap::from(lost));
}

#[tokio::test]
async fn an_audit_that_could_not_tell_everybody_is_told_again_and_not_done_again() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let mut users = [app.user("ada"), app.user("ben")];
    users.sort_by(|one, other| one.id.cmp(&other.id));
    let [first, second] = users;
    let (_, lost) = (app.library(&first, 2).await, app.library(&second, 2).await);
    app.stack.storage.vault.delete(&app.record(&second, &lost[0]).await.key).await.unwrap();
    let told = async |user: &User| me(user).await.last_audit.map(|audit| audit.report);
    // The first owner's note is refused; the second's speaks of the lost photo, and is another subject.
    let refuse = || {
        faults.plan(|call| (call.subject == "S#audit").then_some(Fault::Answer(403, "")));
    };

    refuse();
    let failed = tintype_keeper::handle(&app.stack.keeper, &json!({"audit": {}}), mint::now()).await;
    assert!(failed.unwrap_err().to_string().contains("unavailable"));
    faults.stop();
    assert_eq!(told(&first).await, None);
    let report = told(&second).await.expect("one owner does not wait for another's trouble");
    let by_hand = audit(&app, json!({})).await;
    assert_eq!((by_hand.report, by_hand.checked, by_hand.found), (report, 4, 1));
    assert_eq!(told(&first).await, Some(report), "told, and not begun again");
    assert_ne!(audit(&app, json!({})).await.report, report, "and then it is over");

    // The schedule tells it as well, an hour later.
    refuse();
    let then = mint::now() + time::Duration::days(8);
    tintype_keeper::handle(&app.stack.keeper, &json!({}), then).await.unwrap_err();
    faults.stop();
    let report = told(&second).await.unwrap();
    assert_ne!(told(&first).await, Some(report));
    app.ask(json!({}), 8 * 24 + 1).await;
    assert_eq!((told(&first).await, told(&second).await), (Some(report), Some(report)));

    // Who asks for every byte gets that, behind what was still to be told.
    refuse();
    tintype_keeper::handle(&app.stack.keeper, &json!({"audit": {}}), then).await.unwrap_err();
    faults.stop();
    let plain = told(&second).await.unwrap();
    let whole = app.ask(json!({"audit": {"every_byte": true}}), 8 * 24 + 2).await;
    let whole: AuditAnswer = serde_json::from_value(whole).unwrap();
    assert_ne!(whole.report, plain);
    assert!(whole.finished && whole.bytes_read > 0, "{whole:?}");
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
    let found = audit(&app, json!({"every_byte": true})).await;
    let rotten = [&files[3], &files[5]].map(|file| (file.photo_id().to_string(), vec![Kind::WrongChecksum]));
    assert_eq!(named(&found), BTreeMap::from(rotten));
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    assert!(found.bytes_read >= bytes as u64, "{found:?}");

    // An audit that reads no others' bytes reads theirs: they are not forgotten while they are wrong.
    let again = audit(&app, json!({})).await;
    let wrong = |found: &AuditAnswer| {
        let named = found.findings.iter().filter(|finding| finding.kind == Kind::WrongChecksum);
        named.filter_map(|finding| finding.photo_id).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(wrong(&again), [&files[3], &files[5]].map(File::photo_id).into());
    // But not when its time is over: the first of them ends the slice.
    let slice: AuditAnswer =
        serde_json::from_value(app.ask(json!({"audit": {"seconds": 0}}), 0).await).unwrap();
    let again = audit(&app, json!({"seconds": 0})).await;
    assert!(!slice.finished && (1..again.found).contains(&slice.found), "{slice:?} {again:?}");
    assert_eq!(wrong(&again), [&files[3], &files[5]].map(File::photo_id).into());
}

#[tokio::test]
async fn more_strange_keys_than_a_run_can_list_are_named_by_several() {
    let app = TestApp::start_with(|options| options.durability = Durability::Process).await;
    let ada = app.user("ada");
    let files = app.library(&ada, 2).await;
    let (first, last) =
        (files[0].photo_id().min(files[1].photo_id()), files[0].photo_id().max(files[1].photo_id()));
    // More than two pages of them before, in and behind the photos, among originals and variants.
    let mut strange = std::collections::BTreeSet::new();
    for n in 0..1_050 {
        strange.insert(format!("originals/{}/!{n:05}", ada.id));
        strange.insert(format!("media/{}/{first}/!{n:05}", ada.id));
    }
    // And beside the users' folders, where nothing of ours lies.
    for n in 0..1_050 {
        strange.insert(format!("!{n:05}"));
        strange.insert(format!("originals/!{n:05}"));
        strange.insert(format!("audits/!{n:05}"));
    }
    strange.insert(format!("originals/{}/{last}/zzz", ada.id));
    strange.insert(format!("media/{}/~", ada.id));
    futures::stream::iter(&strange)
        .for_each_concurrent(16, |key| async { drop(app.buckets.put_original(key, b"?").await) })
        .await;
    let (mut slices, mut answer) = (0, None::<AuditAnswer>);
    while answer.as_ref().is_none_or(|answer| !answer.finished) {
        let event = json!({"audit": {"seconds": 0}});
        answer = Some(serde_json::from_value(app.ask(event, 0).await).unwrap());
        slices += 1;
    }
    let found = answer.unwrap();
    // The first thousand of a user are named, and all are counted once.
    assert_eq!((found.checked, found.found), (2, strange.len() as u64), "{slices} slices");
    assert!(slices > 3, "{slices}");
    let kinds: std::collections::BTreeSet<_> = found.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [Kind::StrangeKey].into());

    // A rebuild passes them by in as many slices, and finds the photos behind them.
    let (mut slices, mut originals, mut next) = (0, 0, None);
    loop {
        let answer = app.ask(json!({"rebuild": {"next": next, "seconds": 0}}), 0).await;
        let answer: RebuildAnswer = serde_json::from_value(answer).unwrap();
        (slices, originals, next) = (slices + 1, originals + answer.originals, answer.next);
        assert_eq!((answer.made, answer.refused.len()), (0, 0));
        if answer.finished {
            break;
        }
    }
    assert_eq!(originals, 2, "{slices} slices");
    assert!(slices > 3, "{slices}");
}

#[tokio::test]
async fn the_lease_of_a_killed_audit_says_how_long_it_holds_and_the_next_start_takes_it_over() {
    let faults = Faults::default();
    let http = faults.client();
    let app = TestApp::start_with(move |options| options.http = Some(http)).await;
    let ada = app.user("ada");
    app.library(&ada, 2).await;
    // It ends at its first listing, as a killed process does.
    faults.plan(|call| (call.operation == "ListObjectsV2").then_some(Fault::Halt { after: false }));
    let event = json!({"audit": {"seconds": 5}});
    let killed = tintype_keeper::handle(&app.stack.keeper, &event, mint::now());
    tokio::time::timeout(std::time::Duration::from_secs(2), killed).await.unwrap_err();
    faults.stop();
    let busy = tintype_keeper::handle(&app.stack.keeper, &event, mint::now()).await.unwrap_err();
    let KeeperError::Busy { seconds } = busy else { panic!("{busy:?}") };
    assert!(
        (50..=65).contains(&seconds) && busy.to_string().contains(&format!("in {seconds} seconds")),
        "{busy}"
    );
    // As each start does, which holds the folder.
    tintype_keeper::begin(&app.stack.storage, mint::now()).await.unwrap();
    assert_eq!(audit(&app, json!({})).await.checked, 2);
}

#[tokio::test]
async fn an_audit_by_hand_goes_on_for_hours_as_long_as_it_comes_further() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    app.library(&ada, 4).await;
    let slice = async |minutes: i64| -> AuditAnswer {
        let event = json!({"audit": {"every_byte": true, "seconds": 0}});
        let then = mint::now() + time::Duration::minutes(minutes);
        let answer = tintype_keeper::handle(&app.stack.keeper, &event, then).await.unwrap();
        serde_json::from_value(serde_json::to_value(answer).unwrap()).unwrap()
    };
    let begun = slice(0).await;
    assert!(!begun.finished);
    let mut minutes = 0;
    loop {
        minutes += 50;
        let on = slice(minutes).await;
        assert_eq!(on.report, begun.report, "after {minutes} minutes");
        if on.finished {
            assert_eq!(on.checked, 4);
            break;
        }
    }
    assert!(minutes > 120, "{minutes}");
    // One that nobody went on with for an hour is begun again.
    let old = slice(minutes).await;
    assert_ne!(slice(minutes + 61).await.report, old.report);
}

#[tokio::test]
async fn the_schedule_leaves_an_audit_of_every_byte_to_who_began_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    app.library(&ada, 4).await;
    let ask = async |event: serde_json::Value, minutes: i64| {
        let then = mint::now() + time::Duration::minutes(minutes);
        let answer = tintype_keeper::handle(&app.stack.keeper, &event, then).await.unwrap();
        serde_json::to_value(answer).unwrap()
    };
    let slice = async |minutes: i64| -> AuditAnswer {
        serde_json::from_value(ask(json!({"audit": {"every_byte": true, "seconds": 0}}), minutes).await)
            .unwrap()
    };
    let begun = slice(0).await;
    assert!(!begun.finished);
    let mut minutes = 0;
    loop {
        // The schedule comes in between, before the first photo as behind each.
        ask(json!({}), minutes + 25).await;
        assert!(me(&ada).await.last_audit.is_none());
        minutes += 50;
        let on = slice(minutes).await;
        assert_eq!(on.report, begun.report, "after {minutes} minutes");
        if on.finished {
            assert_eq!(on.checked, 4);
            break;
        }
    }
    // It was an audit, too: the next one is due in a week.
    ask(json!({}), minutes + 60).await;
    assert_eq!(me(&ada).await.last_audit.unwrap().report, begun.report);

    // One that nobody goes on with does not keep the schedule from its own.
    let left = slice(minutes).await;
    assert!(!left.finished);
    ask(json!({}), minutes + 61).await;
    let own = me(&ada).await.last_audit.unwrap().report;
    assert!(own != left.report && own != begun.report);
}

#[tokio::test]
async fn each_owner_is_told_of_their_own_photos_alone() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let (hers, his) = (app.library(&ada, 3).await, app.library(&ben, 2).await);
    assert!(me(&ada).await.last_audit.is_none());
    assert_eq!(ada.photo(&hers[0].photo_id()).await.receipt.audited_at, None);
    ben.trash(&[his[1].photo_id()]).await;
    app.stack.storage.vault.delete(&app.record(&ada, &hers[0]).await.key).await.unwrap();

    let began = mint::now();
    audit(&app, json!({})).await;
    let (hers_told, his_told) = (me(&ada).await, me(&ben).await);
    assert_eq!(hers_told.line, "3 photos, 1 needs attention");
    assert_eq!(his_told.line, "1 photo, safe, checked today");
    let (hers_audit, his_audit) = (hers_told.last_audit.unwrap(), his_told.last_audit.unwrap());
    assert_eq!((hers_audit.checked, hers_audit.differences), (3, 1));
    assert_eq!((his_audit.checked, his_audit.differences), (2, 0), "the trash is checked too");
    assert_eq!(hers_audit.findings[0].kind, Kind::Lost);

    // The receipt says of each photo when it was last found whole.
    assert_eq!(ada.photo(&hers[0].photo_id()).await.receipt.audited_at, None);
    for (user, file) in [(&ada, &hers[1]), (&ben, &his[0]), (&ben, &his[1])] {
        let receipt = user.photo(&file.photo_id()).await.receipt;
        assert!(receipt.audited_at.unwrap() >= began);
        assert_eq!(receipt.sha256, file.photo_id().to_string());
        assert_eq!(receipt.size, file.bytes.len() as u64);
        assert!(receipt.version_id.is_some() && receipt.stored_at.unwrap() < began);
    }
    let later = File::jpeg(99);
    app.settle(&ada, std::slice::from_ref(&later)).await;
    assert_eq!(ada.photo(&later.photo_id()).await.receipt.audited_at, None, "it came after the audit");
}

#[tokio::test]
async fn a_thousand_ids_are_answered_at_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 5).await;
    let known: Vec<PhotoId> = files.iter().map(File::photo_id).collect();
    let unknown = (0..995_u16).map(|n| {
        let mut digest = [0; 32];
        digest[..2].copy_from_slice(&n.to_be_bytes());
        PhotoId::from_digest(digest)
    });
    let asked: Vec<PhotoId> = known.iter().copied().chain(unknown).collect();
    let answered = ada.lookup(&asked).await;
    let safe: Vec<PhotoId> = answered.iter().filter(|one| one.safe).map(|one| one.photo_id).collect();
    assert_eq!((answered.len(), safe), (1_000, known));
}

#[tokio::test]
async fn the_schedule_audits_once_a_week_and_goes_on_where_it_stopped() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    app.library(&ada, 3).await;
    app.ask(json!({}), 0).await;
    let first = me(&ada).await.last_audit.expect("the first run audits");
    assert!(me(&ada).await.last_drill.is_some(), "and reads photos back");
    app.ask(json!({}), 6 * 24).await;
    assert_eq!(me(&ada).await.last_audit.unwrap().report, first.report);
    app.ask(json!({}), 7 * 24).await;
    let second = me(&ada).await.last_audit.unwrap();
    assert_ne!(second.report, first.report);
    // Two at a time do not get into each other's way: one of them goes on, the other is told.
    let event = json!({"audit": {}});
    let both = tokio::join!(
        tintype_keeper::handle(&app.stack.keeper, &event, mint::now()),
        tintype_keeper::handle(&app.stack.keeper, &event, mint::now()),
    );
    let whole = match both {
        (Ok(whole), Err(KeeperError::Busy { .. })) | (Err(KeeperError::Busy { .. }), Ok(whole)) => whole,
        other => panic!("one audits, the other is told: {other:?}"),
    };
    let whole: AuditAnswer = serde_json::from_value(serde_json::to_value(whole).unwrap()).unwrap();
    assert_eq!((whole.finished, whole.checked, whole.found), (true, 3, 0));
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
    let found = audit(&app, json!({"every_byte": true})).await;
    assert_eq!((found.checked, found.found), (3, 0));
    assert_ne!(found.report, slice.report);
}
