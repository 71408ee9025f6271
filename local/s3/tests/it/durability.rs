//! What was acknowledged is there, whatever happens to the process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_s3::types::ChecksumMode;
use tempfile::TempDir;
use tintype_local_s3::{Durability, OpenError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{
    ACCESS_KEY, REGION, SECRET_KEY, TestS3, UPLOADS, VAULT, client, for_five_minutes, open, sha256,
};

/// Tells the child which store to serve.
const STORE: &str = "TINTYPE_TEST_STORE";

/// Not a test: the process that tests kill. They start it as this test of their own binary.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_until_killed() {
    let Ok(store) = std::env::var(STORE) else { return };
    let store = Path::new(&store);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let s3 = open(&store.join("s3"), Durability::Machine).await;
    std::fs::write(store.join("port.new"), port.to_string()).unwrap();
    std::fs::rename(store.join("port.new"), store.join("port")).unwrap();
    s3.serve(listener, std::future::pending()).await.unwrap();
}

/// A server that can be killed. Killed too when a test fails.
struct Victim(Child);

impl Victim {
    async fn start(store: &Path) -> (Self, SocketAddr) {
        let _ = std::fs::remove_file(store.join("port"));
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "durability::serve_until_killed"])
            .env(STORE, store)
            .spawn()
            .unwrap();
        let victim = Self(child);
        let started = Instant::now();
        loop {
            if let Ok(port) = std::fs::read_to_string(store.join("port")) {
                return (victim, SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap())));
            }
            assert!(started.elapsed() < Duration::from_secs(20), "the server does not start");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// The most memory it had, in bytes.
    #[cfg(target_os = "linux")]
    fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix("kB").unwrap().trim().parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The bytes that belong under a key.
fn bytes_of(key: &str) -> Vec<u8> {
    key.bytes().cycle().take(60_000).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_objects_survive_sigkill_and_nobody_sees_half_of_one() {
    let store = TempDir::new().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..10_u64 {
        let (mut victim, address) = Victim::start(store.path()).await;
        let client = client(address, ACCESS_KEY, SECRET_KEY, REGION);
        let next = Arc::new(AtomicUsize::new(0));
        let uploaders: Vec<_> = (0..4)
            .map(|uploader| {
                let (client, next) = (client.clone(), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut acknowledged = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let key = format!("round{round}/{}/{number}", number % 5);
                        let body = bytes_of(&key);
                        let put = client
                            .put_object()
                            .bucket(UPLOADS)
                            .key(&key)
                            .metadata("key", &key)
                            .checksum_sha256(sha256(&body))
                            .body(body.into());
                        if put.send().await.is_err() {
                            return acknowledged;
                        }
                        acknowledged.push((UPLOADS, key.clone()));
                        if uploader == 0 {
                            let copy =
                                client.copy_object().copy_source(format!("{UPLOADS}/{key}")).bucket(VAULT);
                            if copy.key(&key).send().await.is_err() {
                                return acknowledged;
                            }
                            acknowledged.push((VAULT, key));
                        }
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(60 + round * 37)).await;
        victim.kill();
        for uploader in uploaders {
            acknowledged.extend(uploader.await.unwrap());
        }
    }
    assert!(acknowledged.len() > 50, "only {} uploads were tried", acknowledged.len());

    // Someone else's temporary, too: what is in the way of nobody is removed at start.
    std::fs::create_dir_all(store.path().join("s3/incoming/1")).unwrap();
    let (victim, address) = Victim::start(store.path()).await;
    let client = client(address, ACCESS_KEY, SECRET_KEY, REGION);
    assert_eq!(std::fs::read_dir(store.path().join("s3/incoming")).unwrap().count(), 0);
    for (bucket, key) in &acknowledged {
        check_whole(&client, bucket, key).await;
    }
    // And what was not acknowledged is there whole or not at all.
    for bucket in [UPLOADS, VAULT] {
        let mut pages = client.list_objects_v2().bucket(bucket).into_paginator().send();
        while let Some(page) = pages.next().await {
            for object in page.unwrap().contents() {
                check_whole(&client, bucket, object.key().unwrap()).await;
            }
        }
    }
    drop(victim);
}

async fn check_whole(client: &aws_sdk_s3::Client, bucket: &str, key: &str) {
    let got = client.get_object().bucket(bucket).key(key).checksum_mode(ChecksumMode::Enabled).send().await;
    let got = got.unwrap_or_else(|error| panic!("{bucket}/{key} was acknowledged and is lost: {error:?}"));
    assert_eq!(got.metadata().unwrap()["key"], key);
    let sum = got.checksum_sha256().unwrap().to_owned();
    let body = got.body.collect().await.unwrap().to_vec();
    assert!(body == bytes_of(key), "{bucket}/{key} has other bytes");
    assert_eq!(sum, sha256(&body));
}

/// An upload needs the same memory whatever its size.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_upload_needs_little_memory() {
    const CHUNK: usize = 1024 * 1024;
    const CHUNKS: usize = 512;

    let store = TempDir::new().unwrap();
    let (victim, address) = Victim::start(store.path()).await;
    let client = client(address, ACCESS_KEY, SECRET_KEY, REGION);
    let presigned =
        client.put_object().bucket(UPLOADS).key("big").presigned(for_five_minutes()).await.unwrap();
    let chunks = futures::stream::iter((0..CHUNKS).map(|_| Ok::<_, std::io::Error>(vec![7; CHUNK])));
    let started = Instant::now();
    let answer = reqwest::Client::new()
        .put(presigned.uri())
        .header("content-length", CHUNK * CHUNKS)
        .body(reqwest::Body::wrap_stream(chunks))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let put = started.elapsed();
    let got = client.get_object().bucket(UPLOADS).key("big").send().await.unwrap();
    let mut body = got.body;
    let mut size = 0;
    while let Some(chunk) = body.try_next().await.unwrap() {
        size += chunk.len();
    }
    assert_eq!(size, CHUNK * CHUNKS);
    let peak = victim.peak_memory() / 1024 / 1024;
    println!(
        "{CHUNKS} MiB up in {put:?}, down in {:?}, {peak} MiB at most",
        started.elapsed().saturating_sub(put)
    );
    assert!(peak < 100, "{peak} MiB");
}

/// Nothing is synced, but nothing else is different.
#[tokio::test]
async fn a_store_for_tests_keeps_its_objects_too() {
    use tintype_local_s3::{BucketSpec, LocalS3};

    let folder = TempDir::new().unwrap();
    let open = || {
        let buckets = vec![BucketSpec::new(UPLOADS)];
        LocalS3::open_with(folder.path(), REGION, ACCESS_KEY, SECRET_KEY, buckets, Durability::Process)
    };
    for round in 0..2 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = client(listener.local_addr().unwrap(), ACCESS_KEY, SECRET_KEY, REGION);
        let server = tokio::spawn(open().await.unwrap().serve(listener, std::future::pending()));
        if round == 0 {
            client
                .put_object()
                .bucket(UPLOADS)
                .key("a/b")
                .body(b"kept".to_vec().into())
                .send()
                .await
                .unwrap();
        } else {
            let got = client.get_object().bucket(UPLOADS).key("a/b").send().await.unwrap();
            assert_eq!(got.body.collect().await.unwrap().to_vec(), b"kept");
        }
        server.abort();
        let _ = server.await;
        // Connections end with the server, but not at once, and they hold the folder.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_second_instance_on_the_same_folder_is_refused_in_one_line() {
    let s3 = TestS3::start().await;
    let refused =
        tintype_local_s3::LocalS3::open(s3.folder.path(), REGION, ACCESS_KEY, SECRET_KEY, vec![]).await;
    let error = refused.err().unwrap();
    assert!(matches!(error, OpenError::InUse(_)));
    assert_eq!(error.to_string(), format!("{} is in use by another Tintype", s3.folder.path().display()));
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_refused_in_one_line() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = tintype_local_s3::LocalS3::open(&file, REGION, ACCESS_KEY, SECRET_KEY, vec![]).await;
    let message = refused.err().unwrap().to_string();
    assert!(message.starts_with(&format!("cannot use {}: ", file.display())), "{message}");
    assert!(!message.contains('\n'));
}

#[tokio::test]
async fn requests_in_flight_finish_before_the_server_stops() {
    let s3 = TestS3::start().await;
    let presigned =
        s3.client.put_object().bucket(UPLOADS).key("slow").presigned(for_five_minutes()).await.unwrap();
    let target = presigned.uri().split_once(&s3.address.to_string()).unwrap().1.to_owned();
    let mut line = TcpStream::connect(s3.address).await.unwrap();
    let head = format!("PUT {target} HTTP/1.1\r\nhost: {}\r\ncontent-length: 8\r\n\r\nhalf", s3.address);
    line.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stopping = tokio::spawn(s3.stop());
    tokio::time::sleep(Duration::from_millis(100)).await;
    line.write_all(b"half").await.unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let s3 = TestS3::on(stopping.await.unwrap()).await;
    assert_eq!(s3.get(UPLOADS, "slow").await.unwrap(), b"halfhalf");
}

#[tokio::test]
async fn only_loopback_is_served() {
    let folder = TempDir::new().unwrap();
    let s3 = open(folder.path(), Durability::Process).await;
    let everywhere = TcpListener::bind("0.0.0.0:0").await.unwrap();
    assert!(s3.serve(everywhere, std::future::pending()).await.is_err());
}

/// Many writers and deleters of neighbouring keys, whose folders come and go under each other's hands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neighbours_that_come_and_go_do_not_disturb_each_other() {
    let s3 = Arc::new(TestS3::start().await);
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let s3 = Arc::clone(&s3);
            tokio::spawn(async move {
                let key = ["a/b/c", "a/b", "a", "a/b/c/d"][task % 4];
                let key = format!("{key}{}", if task < 4 { "" } else { "/x" });
                for turn in 0..60_u8 {
                    s3.put(UPLOADS, &key, &[turn]).await;
                    assert_eq!(s3.get(UPLOADS, &key).await.unwrap(), [turn], "{key}");
                    s3.client.delete_object().bucket(UPLOADS).key(&key).send().await.unwrap();
                    assert_eq!(s3.get(UPLOADS, &key).await, None, "{key}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// A reader sees the old object or the new one, never a mixture and never neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_is_replaced_is_always_there() {
    let s3 = Arc::new(TestS3::start().await);
    s3.put(UPLOADS, "a", &[0; 1000]).await;
    let writer = {
        let s3 = Arc::clone(&s3);
        tokio::spawn(async move {
            for turn in 1..=200_u8 {
                s3.put(UPLOADS, "a", &[turn; 1000]).await;
            }
        })
    };
    while !writer.is_finished() {
        let body = s3.get(UPLOADS, "a").await.expect("the object vanished");
        assert!(body.len() == 1000 && body.iter().all(|byte| *byte == body[0]));
    }
    writer.await.unwrap();
}
