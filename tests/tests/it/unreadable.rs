//! Files that are there and cannot be read, on one machine: each is named as unchecked, and hides no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::json;
use tintype_core::audit::Kind;
use tintype_keeper::request::{AuditAnswer, RebuildAnswer};
use tintype_storage::mint;
use tintype_tests::{Fault, Faults, File, TestApp, User};

/// Calls until it is done, as `make audit` does; the last answer, and how many calls it took.
async fn whole_audit(app: &TestApp) -> (AuditAnswer, usize) {
    for calls in 1..10 {
        let answer = app.audit_slice(json!({})).await;
        if answer.finished {
            return (answer, calls);
        }
    }
    panic!("no end");
}

/// The folder on the disk of the only version of an original.
async fn version_of(app: &TestApp, user: &User, file: &File) -> PathBuf {
    let key = app.record(user, file).await.key;
    let object = app.folder().join("data/s3/buckets/tintype-vault").join(key);
    fs::read_dir(object).unwrap().next().unwrap().unwrap().path()
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_and_every_other_photo_is_checked() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let files = app.library(&ada, 12).await;
    let mut expected = BTreeSet::new();
    for (file, name, pipe) in
        [(&files[2], "content", false), (&files[4], "content", true), (&files[6], "record.json", false)]
    {
        let path = version_of(&app, &ada, file).await.join(name);
        fs::remove_file(&path).unwrap();
        if pipe {
            assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        } else {
            fs::create_dir(&path).unwrap();
        }
        expected.insert(file.photo_id());
    }
    // The description of another photo.
    let [from, to] = [&files[0], &files[8]];
    let from = version_of(&app, &ada, from).await.join("record.json");
    fs::copy(from, version_of(&app, &ada, to).await.join("record.json")).unwrap();
    expected.insert(to.photo_id());
    let unchecked = |found: &AuditAnswer| -> BTreeSet<_> {
        assert!(found.unchecked_photos.iter().all(|unchecked| unchecked.user == ada.id));
        found.unchecked_photos.iter().map(|unchecked| unchecked.photo_id).collect()
    };

    let found = app.audit_slice(json!({})).await;
    assert_eq!((found.finished, found.checked, found.unchecked, found.found), (true, 12, 4, 0), "{found:?}");
    assert_eq!(unchecked(&found), expected);
    assert_eq!(ada.me().await.line, "12 photos, 4 could not be checked");
    assert_eq!(ada.list_all().await.len(), 12, "the page shows them all");

    // What else is wrong is named beside them.
    app.stack.storage.vault.delete(&app.record(&ada, &files[1]).await.key).await.unwrap();
    for event in [json!({}), json!({"every_byte": true})] {
        let found = app.audit_slice(event).await;
        assert_eq!((found.checked, found.unchecked, found.found), (12, 4, 1), "{found:?}");
        assert_eq!(unchecked(&found), expected);
        assert_eq!(found.findings[0].kind, Kind::Lost);
        assert_eq!(found.findings[0].photo_id, Some(files[1].photo_id()));
    }
}

/// A folder that nobody can read, root neither: it leads to itself.
struct Unreadable {
    folder: PathBuf,
    aside: PathBuf,
}

impl Unreadable {
    fn make(folder: PathBuf, aside: PathBuf) -> Self {
        fs::rename(&folder, &aside).unwrap();
        std::os::unix::fs::symlink(&folder, &folder).unwrap();
        Self { folder, aside }
    }

    fn mend(self) {
        fs::remove_file(&self.folder).unwrap();
        fs::rename(self.aside, self.folder).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_read_at_any_level_ends_no_audit_and_hides_nobody_elses_photos() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let files = app.library(&ada, 4).await;
    app.library(&ben, 3).await;
    let original = app.record(&ada, &files[1]).await.key;
    let version = version_of(&app, &ada, &files[1]).await.file_name().unwrap().to_owned();
    let variant = format!("media/{}", original.split_once('/').unwrap().1);
    let vault = app.folder().join("data/s3/buckets/tintype-vault");
    // How many segments of the key lead to the folder, how many photos nobody can say anything of, what is strange there.
    for (key, level, unchecked, is_strange) in [
        (&original, 2, 4, true),
        (&original, 3, 1, false),
        (&original, 4, 1, false),
        (&original, 5, 1, false),
        (&original, 6, 1, false),
        (&variant, 2, 4, true),
        (&variant, 3, 1, true),
        (&variant, 4, 1, true),
    ] {
        let segments: Vec<&str> = key.split('/').take(level).collect();
        let there = segments.join("/");
        let folder = vault.join(&there);
        let folder = if level == 6 { folder.join(&version) } else { folder };
        let unreadable = Unreadable::make(folder, app.folder().join("aside"));

        let (found, calls) = whole_audit(&app).await;
        assert_eq!((found.checked, found.unchecked), (7, unchecked), "{there}: {found:?}");
        let strange: Vec<_> = found.findings.iter().map(|it| (it.kind, it.key.as_str())).collect();
        let expected = if is_strange { vec![(Kind::StrangeKey, there.as_str())] } else { Vec::new() };
        assert_eq!(strange, expected, "{there}");
        let attention = is_strange && level > 2;
        let said = ada.me().await.line;
        assert!(!said.contains("all safe"), "{there}: {said}");
        if !attention {
            assert_eq!(said, format!("4 photos, {unchecked} could not be checked"), "{there}");
        }
        assert_eq!(ben.me().await.line, "3 photos, all safe, checked today", "{there}");
        assert_eq!(calls, if level == 2 { 2 } else { 1 }, "{there}: whom it could not list it tries again");

        unreadable.mend();
        let (found, _) = whole_audit(&app).await;
        assert_eq!((found.checked, found.unchecked, found.found), (7, 0, 0), "{there}: {found:?}");
        assert_eq!(ada.me().await.line, "4 photos, all safe, checked today", "{there}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_says_that_a_folder_of_the_vault_cannot_be_listed_and_looks_at_whom_the_catalog_knows() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    app.library(&ada, 4).await;
    app.library(&ben, 3).await;
    let vault = app.folder().join("data/s3/buckets/tintype-vault");
    for name in ["originals", "media"] {
        let unreadable = Unreadable::make(vault.join(name), app.folder().join("aside"));
        let (found, calls) = whole_audit(&app).await;
        assert_eq!(found.not_listed, [format!("{name}/")], "{found:?}");
        assert_eq!((found.checked, found.unchecked), (7, 7), "{found:?}");
        // The folders are tried again, and then the users.
        assert_eq!(calls, 3, "{name}");
        assert_eq!(ada.me().await.line, "4 photos, 4 could not be checked");
        assert_eq!(ben.me().await.line, "3 photos, 3 could not be checked");
        unreadable.mend();
        let (found, _) = whole_audit(&app).await;
        assert_eq!((found.checked, found.unchecked, found.found), (7, 0, 0), "{found:?}");
        assert!(found.not_listed.is_empty());
    }
}

#[tokio::test]
async fn folders_that_cannot_be_listed_for_a_while_are_listed_by_the_next_run_of_the_same_audit() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let ada = app.user("ada");
    app.library(&ada, 2).await;
    faults.plan(|call| {
        let lists = call.path.contains("delimiter") && call.path.contains("prefix=media%2F");
        lists.then_some(Fault::Answer(403, ""))
    });
    let first = app.audit_slice(json!({})).await;
    assert_eq!((first.finished, first.checked), (false, 0), "{first:?}");
    assert!(faults.count() > 0);
    faults.stop();
    let second = app.audit_slice(json!({})).await;
    assert_eq!((second.report, second.finished, second.checked), (first.report, true, 2), "{second:?}");
    assert!(second.not_listed.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_goes_on_behind_what_it_cannot_read_and_says_whose_it_is() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let files = app.library(&ada, 4).await;
    app.library(&ben, 3).await;
    let original = app.record(&ada, &files[1]).await.key;
    let version = version_of(&app, &ada, &files[1]).await.file_name().unwrap().to_owned();
    let mut app = app;
    for (folder, made, not_listed, unread) in [
        (format!("originals/{}", ada.id), 3, true, false),
        // What is not needed for it.
        (format!("media/{}", ada.id), 7, false, false),
        ("media".to_owned(), 7, false, false),
        // The description and the bytes of one of them.
        (format!("{original}/{}", version.display()), 6, false, true),
    ] {
        app = app.without_its_table().await;
        let vault = app.folder().join("data/s3/buckets/tintype-vault");
        let unreadable = Unreadable::make(vault.join(&folder), app.folder().join("aside"));
        let rebuild = async || -> RebuildAnswer {
            serde_json::from_value(app.ask(json!({"rebuild": {}}), 0).await).unwrap()
        };
        let done = rebuild().await;
        assert_eq!((done.finished, done.made), (true, made), "{folder}: {done:?}");
        assert_eq!(done.not_listed, if not_listed { vec![ada.id.clone()] } else { Vec::new() }, "{folder}");
        assert_eq!(done.unread, if unread { vec![original.clone()] } else { Vec::new() }, "{folder}");
        unreadable.mend();
        let again = rebuild().await;
        assert_eq!((again.made, again.not_listed, again.unread), (7 - made, vec![], vec![]), "{folder}");
    }
    // Without anybody's originals there is nothing to go on with.
    let vault = app.folder().join("data/s3/buckets/tintype-vault");
    let _unreadable = Unreadable::make(vault.join("originals"), app.folder().join("aside"));
    let failed = tintype_keeper::handle(&app.stack.keeper, &json!({"rebuild": {}}), mint::now()).await;
    assert!(failed.unwrap_err().to_string().contains("unavailable"));
}

#[tokio::test]
async fn whose_listing_fails_for_a_while_is_gone_on_with_by_the_next_run_of_the_same_audit() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let (ada, ben) = (app.user("ada"), app.user("ben"));
    let files = app.library(&ada, 3).await;
    app.library(&ben, 2).await;
    app.stack.storage.vault.delete(&app.record(&ada, &files[1]).await.key).await.unwrap();
    let listing = format!("prefix=originals%2F{}%2F", ada.id);
    faults.plan(move |call| call.path.contains(&listing).then_some(Fault::Answer(403, "")));
    let first = app.audit_slice(json!({})).await;
    assert_eq!((first.finished, first.checked, first.unchecked), (false, 2, 0), "{first:?}");
    assert!(faults.count() > 0);
    for user in [&ada, &ben] {
        assert!(!user.me().await.line.contains("checked today"), "nobody is told before it is done");
    }
    faults.stop();
    let second = app.audit_slice(json!({})).await;
    assert_eq!((second.report, second.finished), (first.report, true), "{second:?}");
    assert_eq!((second.checked, second.unchecked, second.found), (5, 0, 1), "{second:?}");
    assert_eq!(ben.me().await.line, "2 photos, all safe, checked today");
}

#[tokio::test]
async fn what_cannot_be_read_whole_is_still_named_for_what_s3_says_of_it() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let ada = app.user("ada");
    let files = app.library(&ada, 4).await;
    let key = app.record(&ada, &files[1]).await.key;
    app.buckets.put_original(&key, b"something else").await;
    faults.plan(|call| {
        let reads = call.operation == "GetObject" && !call.path.contains("versions");
        reads.then_some(Fault::Answer(403, ""))
    });
    let found = app.audit_slice(json!({"every_byte": true})).await;
    assert_eq!((found.checked, found.unchecked, found.found), (4, 4, 1), "{found:?}");
    assert_eq!(
        (found.findings[0].kind, found.findings[0].photo_id),
        (Kind::WrongSize, Some(files[1].photo_id()))
    );
}

#[tokio::test]
async fn a_library_that_no_audit_looked_at_for_a_fortnight_is_not_called_safe() {
    let faults = Faults::default();
    let app = TestApp::start_with(|options| options.http = Some(faults.client())).await;
    let ada = app.user("ada");
    app.library(&ada, 2).await;
    assert_eq!(ada.me().await.line, "2 photos, all safe");

    // Audits begin, and none comes to its end.
    faults.plan(|call| {
        let puts = call.operation == "PutObject" && call.path.contains("/audits/");
        puts.then_some(Fault::Answer(403, ""))
    });
    for days in [15, 7, 1] {
        let then = mint::now() - time::Duration::days(days);
        tintype_keeper::handle(&app.stack.keeper, &json!({}), then).await.unwrap_err();
    }
    faults.stop();
    assert_eq!(ada.me().await.line, "2 photos, not checked yet");
    app.ask(json!({"audit": {}}), -15 * 24).await;
    let since = (mint::now() - time::Duration::days(15)).date();
    let said = ada.me().await.line;
    let day = format!("{} {}", since.day(), since.month());
    assert!(said.starts_with(&format!("2 photos, not checked since {day}")), "{said}");
    app.ask(json!({"audit": {}}), 0).await;
    assert_eq!(ada.me().await.line, "2 photos, all safe, checked today");
}
