//! The signed address of an upload: good for these bytes, once, for five minutes, and for nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tintype_core::key::ObjectKey;
use tintype_core::metadata::UploadMetadata;
use tintype_core::wire::{LookupState, PresignedRequest};
use tintype_storage::mint;
use tintype_tests::{Faults, File, TestApp, User, Wish, assert_at_rest, many, row, seed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The request by hand: its head, so that a test decides how the body comes, and whether.
async fn begin(request: &PresignedRequest, length: usize) -> TcpStream {
    let url = reqwest::Url::parse(&request.url).unwrap();
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
    let mut head = format!(
        "PUT {}?{} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-length: {length}\r\nconnection: close\r\n",
        url.path(),
        url.query().unwrap()
    );
    for (name, value) in &request.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    socket.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    socket
}

/// The status of what S3 answers, if it does.
async fn status(mut socket: TcpStream) -> Option<u16> {
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).split_whitespace().nth(1)?.parse().ok()
}

/// An address that was asked for so long ago.
async fn asked_ago(
    app: &TestApp,
    user: &User,
    file: &File,
    ago: time::Duration,
) -> (PresignedRequest, ObjectKey) {
    let then = mint::now() - ago;
    let photo_id = file.photo_id();
    let key = ObjectKey::Upload { user: user.id.clone(), photo_id, upload_id: mint::upload_id(then) };
    let (size, metadata) = (file.bytes.len() as u64, UploadMetadata::default());
    let request =
        app.stack.storage.uploads.presign(&key, &photo_id, size, "image/jpeg", &metadata, then).await;
    (request.unwrap(), key)
}

#[tokio::test(flavor = "multi_thread")]
async fn flipped_bits_and_cut_bytes_are_refused_and_the_right_ones_still_taken() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let file = File::jpeg(1);
    let request = User::request_of(ada.offer(&file.wanted()).await);
    let mut random = StdRng::seed_from_u64(seed());
    let (flips, cuts) = (many(32, 256), many(16, 64));
    for _ in 0..flips {
        let mut wrong = file.bytes.clone();
        let bit = random.random_range(0..wrong.len() * 8);
        wrong[bit / 8] ^= 1 << (bit % 8);
        let refused = ada.put(&request, &wrong).await;
        assert_eq!(refused.status, 400, "bit {bit}: {}", refused.text());
    }
    for cut in 0..cuts {
        let length = random.random_range(0..file.bytes.len());
        if cut % 2 == 0 {
            // Said to be shorter: then it is not what was signed.
            assert_eq!(ada.put(&request, &file.bytes[..length]).await.status, 403, "{length} bytes");
        } else {
            // Said to be whole, and the connection ends.
            let mut socket = begin(&request, file.bytes.len()).await;
            socket.write_all(&file.bytes[..length]).await.unwrap();
            socket.shutdown().await.unwrap();
            let status = status(socket).await;
            assert!(status.is_none_or(|status| status == 400), "{length} bytes: {status:?}");
        }
    }
    assert_eq!(app.buckets.uploads().await, BTreeMap::new());
    assert_eq!(ada.lookup(&[file.photo_id()]).await[0].state, LookupState::Unknown);
    ada.put(&request, &file.bytes).await.expect(200);
    app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, [&file])]).await;
    row(
        10,
        &format!(
            "{flips} bit flips: 400; {cuts} truncations: 400 or 403; nothing stored, the right bytes then taken"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_addresses_slow_links_lost_replies_and_resumed_batches_end_with_every_file_safe() {
    let faults = Faults::default();
    let app = TestApp::start_faulty(&faults).await;
    let ada = app.user("ada");
    let files: Vec<File> =
        (0..many(40, 100)).map(|n| File::new("u", "", vec![u8::try_from(n).unwrap(); 20_000])).collect();
    let keys = stream::iter(files.iter().enumerate()).map(|(n, file)| one_upload(&app, &ada, n, file));
    let keys: Vec<Vec<ObjectKey>> = keys.buffer_unordered(16).collect().await;
    for key in keys.iter().flatten() {
        app.deliver(std::slice::from_ref(key), &faults).await;
    }
    app.come_to_rest().await;
    assert_at_rest(&app, &[Wish::all_safe(&ada, &files)]).await;
    row(
        21,
        &format!(
            "{} files: expired addresses signed again, slow links taken, 412 counted as received, batches resumed: 0 lost, 0 twice",
            files.len()
        ),
    );
}

/// An upload with one of four troubles; the keys that its events name.
async fn one_upload(app: &TestApp, ada: &User, trouble: usize, file: &File) -> Vec<ObjectKey> {
    let fresh = async || {
        let request = User::request_of(ada.offer(&file.wanted()).await);
        let key = tintype_tests::key_of(&request.url);
        (request, key)
    };
    match trouble % 4 {
        0 => {
            // The computer slept since it asked.
            let (expired, _) = asked_ago(app, ada, file, time::Duration::minutes(6)).await;
            ada.put(&expired, &file.bytes).await.expect(403);
            let (request, key) = fresh().await;
            ada.put(&request, &file.bytes).await.expect(200);
            vec![key]
        }
        1 => {
            // It begins in time and ends after that.
            let almost = time::Duration::minutes(5) - time::Duration::milliseconds(1_500);
            let (request, key) = asked_ago(app, ada, file, almost).await;
            let mut socket = begin(&request, file.bytes.len()).await;
            for part in file.bytes.chunks(file.bytes.len() / 10 + 1) {
                socket.write_all(part).await.unwrap();
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            assert_eq!(status(socket).await, Some(200), "a slow link");
            vec![key]
        }
        2 => {
            // The reply is lost, and the same request sent again.
            let (request, key) = fresh().await;
            let mut socket = begin(&request, file.bytes.len()).await;
            socket.write_all(&file.bytes).await.unwrap();
            let waits = async || {
                let there = app.buckets.uploads().await.contains_key(&key.to_string());
                if there { Ok(()) } else { Err("not received yet".to_owned()) }
            };
            tintype_tests::until(Duration::from_secs(20), waits).await;
            drop(socket);
            ada.put(&request, &file.bytes).await.expect(412);
            vec![key]
        }
        _ => {
            // Ended after it was sent, before its event: the next start of the client asks and sends again.
            let (request, key) = fresh().await;
            ada.put(&request, &file.bytes).await.expect(200);
            let (again, second) = fresh().await;
            ada.put(&again, &file.bytes).await.expect(200);
            vec![key, second]
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_any_of_twenty_fields_changed_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let (file, other) = (File::jpeg(1), File::jpeg(2));
    let request = User::request_of(ada.offer(&file.wanted()).await);
    let mut random = StdRng::seed_from_u64(seed());
    let (times, mut refused) = (many(2, 10), BTreeMap::<u16, usize>::new());
    for field in 0..20 {
        for _ in 0..times {
            let (what, changed) = changed(&request, field, &mut random);
            for bytes in [&file.bytes, &other.bytes] {
                let answer = ada.put(&changed, bytes).await;
                // 501 is what s3s says to an algorithm that it does not know; S3 says 400.
                let expected = matches!(answer.status, 400 | 403 | 405 | 412 | 501);
                assert!(expected, "{what}: {} {}", answer.status, answer.text());
                *refused.entry(answer.status).or_default() += 1;
            }
        }
    }
    assert_eq!(app.buckets.uploads().await, BTreeMap::new());
    assert_eq!(app.buckets.vault().await, BTreeMap::new());
    ada.put(&request, &file.bytes).await.expect(200);
    row(
        22,
        &format!(
            "20 fields x {times}, {} requests refused by status: {refused:?}; nothing stored",
            40 * times
        ),
    );
}

/// The request with one thing changed, to something drawn.
fn changed(request: &PresignedRequest, field: usize, random: &mut StdRng) -> (String, PresignedRequest) {
    let mut changed = request.clone();
    let mut url = reqwest::Url::parse(&request.url).unwrap();
    let mut query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut segments: Vec<String> = url.path_segments().unwrap().map(ToOwned::to_owned).collect();
    let text: String = (0..random.random_range(1..20)).map(|_| random.random_range('a'..='z')).collect();
    let number = random.random_range(301..604_800).to_string();
    let mut set = |name: &str, value: &str| {
        query.iter_mut().filter(|(known, _)| known == name).for_each(|(_, known)| value.clone_into(known));
    };
    let what = match field {
        0 => {
            segments[0].clone_from(&text);
            "the bucket"
        }
        1 => {
            segments[1].clone_from(&text);
            "the prefix"
        }
        2 => {
            segments[2].clone_from(&text);
            "the user"
        }
        3 => {
            segments[3] = hex(random);
            "the photo"
        }
        4 => {
            segments[4] = mint::upload_id(mint::now()).to_string();
            "the upload"
        }
        5 => {
            segments.push(text.clone());
            "a longer key"
        }
        6 => {
            set("X-Amz-Expires", &number);
            "the expiry"
        }
        7 => {
            set("X-Amz-Date", &format!("2027{:04}T000000Z", 101 + random.random_range(0..28)));
            "the date"
        }
        8 => {
            set("X-Amz-Signature", &hex(random));
            "the signature"
        }
        9 => {
            set("X-Amz-Credential", &format!("{text}/20261122/us-east-1/s3/aws4_request"));
            "the key pair"
        }
        10 => {
            set("X-Amz-SignedHeaders", "host");
            "the list of signed headers"
        }
        11 => {
            set("X-Amz-Algorithm", &text);
            "the algorithm"
        }
        12 => {
            query.push((
                ["acl", "tagging", "uploads", "x-id2", "versionId"].choose(random).unwrap().to_string(),
                text.clone(),
            ));
            "a parameter more"
        }
        13 => {
            changed.headers.insert("content-type".to_owned(), format!("text/{text}"));
            "the type"
        }
        14 => {
            changed.headers.insert("x-amz-checksum-sha256".to_owned(), base64(random));
            "the checksum"
        }
        15 => {
            changed.headers.insert("if-none-match".to_owned(), format!("\"{text}\""));
            "the condition"
        }
        16 => {
            changed.headers.insert("x-amz-meta-file-name".to_owned(), text.clone());
            "the name"
        }
        17 => {
            changed.headers.insert("x-amz-meta-restore".to_owned(), "true".to_owned());
            "a wish to restore"
        }
        18 => {
            let names: Vec<String> = changed.headers.keys().cloned().collect();
            changed.headers.remove(names.choose(random).unwrap());
            "a header left out"
        }
        _ => {
            changed.method = (*["POST", "DELETE", "PATCH"].choose(random).unwrap()).into();
            "the method"
        }
    };
    url.path_segments_mut().unwrap().clear().extend(&segments);
    url.query_pairs_mut().clear().extend_pairs(&query);
    changed.url = url.to_string();
    (format!("{what} ({text}, {number})"), changed)
}

fn hex(random: &mut StdRng) -> String {
    (0..64).map(|_| *b"0123456789abcdef".choose(random).unwrap() as char).collect()
}

fn base64(random: &mut StdRng) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, random.random::<[u8; 32]>())
}
