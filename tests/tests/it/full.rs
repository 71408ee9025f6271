//! A disk that is full: whoever asks is told so in words that help, and nothing is lost.

use std::env;
use std::fs::{self, File as DiskFile};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tintype_storage::mint;
use tintype_tests::{File, TestApp, User, Wish, assert_at_rest, until};

/// Where the small disk is, in the process that has one.
const DISK: &str = "TINTYPE_TEST_DISK";
/// Mounts 32 MB on its first argument, where nobody else sees them, and goes on as the others.
const MOUNT: &str = r#"mount -t tmpfs -o size=32m tmpfs "$1" && shift && exec "$@""#;

/// A command that has a small disk at `folder`.
fn with_small_disk(folder: &Path, command: &[&str]) -> Command {
    let mut on_disk = Command::new("unshare");
    on_disk.args(["--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh"]).arg(folder).args(command);
    on_disk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_in_plain_words_and_nothing_is_lost() {
    if let Some(disk) = env::var_os(DISK) {
        return on_a_small_disk(Path::new(&disk)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let can = with_small_disk(folder.path(), &["true"]).output();
    if !can.is_ok_and(|can| can.status.success()) {
        println!("not shown: this system lets no test mount a small disk");
        return;
    }
    let this = env::current_exe().unwrap();
    let name = "full::a_full_disk_is_said_in_plain_words_and_nothing_is_lost";
    let command = [this.to_str().unwrap(), "--exact", name, "--nocapture"];
    let output = with_small_disk(folder.path(), &command).env(DISK, folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("on the small disk: done"), "{said}");
}

/// A file that takes all the room that is left.
struct Ballast(PathBuf);

impl Ballast {
    fn on(disk: &Path) -> Self {
        let path = disk.join("ballast");
        let mut file = DiskFile::options().create(true).append(true).open(&path).unwrap();
        for chunk in [1 << 20, 4_096] {
            loop {
                match file.write_all(&vec![b'x'; chunk]) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        Self(path)
    }

    /// Leaves so many bytes free.
    fn leave(&self, bytes: u64) {
        let file = DiskFile::options().write(true).open(&self.0).unwrap();
        file.set_len(file.metadata().unwrap().len() - bytes).unwrap();
    }

    fn remove(self) {
        fs::remove_file(self.0).unwrap();
    }
}

async fn puts(ada: &User, file: &File) -> (u16, String) {
    let request = User::request_of(ada.offer(&file.wanted()).await);
    let answer = ada.put_request(&request, &file.bytes).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn on_a_small_disk(disk: &Path) {
    let app = TestApp::start_in(disk, |_| {}).await;
    let ada = app.user("ada");
    let before = File::jpeg(1);
    app.settle(&ada, std::slice::from_ref(&before)).await;
    let note = |letter: &str, bytes| File::new("a.txt", "text/plain", letter.repeat(bytes));
    let (refused, half) = (note("r", 300_000), note("h", 600_000));

    // No room for the upload: it is refused, and leaves nothing.
    let ballast = Ballast::on(disk);
    let (status, said) = puts(&ada, &refused).await;
    assert_eq!(status, 507, "{said}");
    assert!(said.contains("<Code>StorageFull</Code>") && said.contains("Free some space"), "{said}");
    assert!(app.buckets.uploads().await.is_empty());
    assert_eq!(fs::read_dir(app.stack.addresses.data_dir.join("s3/incoming")).unwrap().count(), 0);

    // None for what a person or the keeper wants to write: each is told why.
    let problem = ada.delete(&format!("/api/photos/{}", before.photo_id())).await.problem(503);
    assert_eq!(
        (problem.kind.as_str(), problem.title.as_str()),
        ("/problems/storage-full", "The disk is full")
    );
    assert!(problem.detail.unwrap().contains("free some space"));
    let asked = tintype_keeper::handle(&app.stack.keeper, &json!({"audit": {}}), mint::now()).await;
    let error = asked.expect_err("there is no room for its report").to_string();
    assert!(error.contains("the disk is full; free some space on it"), "{error}");
    // What is there can be seen all the same.
    assert_eq!(ada.original(&before.photo_id()).await.body, before.bytes);

    // Room for the upload, none for the copy in the vault: it is received, and not safe.
    ballast.leave(1_000_000);
    let (status, said) = puts(&ada, &half).await;
    assert_eq!(status, 200, "{said}");
    until(Duration::from_mins(1), async || match app.stack.open() {
        0 => Ok(()),
        open => Err(format!("{open} events are open")),
    })
    .await;
    assert!(
        !app.records(&ada)
            .await
            .values()
            .any(|record| record.is_safe() && record.photo_id == half.photo_id())
    );
    assert_eq!(app.buckets.uploads().await.len(), 1, "it waits");

    // Somebody makes room: it goes on, and what was refused is taken.
    ballast.remove();
    assert_eq!(puts(&ada, &refused).await.0, 200);
    ada.until_safe(&[refused.photo_id()]).await;
    app.keep(1).await;
    ada.until_settled(&[half.photo_id()]).await;
    app.buckets.until_nothing_waits().await;
    app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, [&before, &refused, &half])]).await;
    println!("on the small disk: done");
}
