//! A client of the API: what the page and the command line do, in a test's words.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_LENGTH, COOKIE};
use reqwest::{Client, Method, RequestBuilder};
use serde::Serialize;
use tintype_core::id::{PhotoId, UserId};
use tintype_core::key::{ObjectKey, Variant};
use tintype_core::wire::{
    ChangeAnswer, ChangeOutcome, Lookup, LookupAnswer, MAX_IDS, MAX_UPLOADS, Me, OriginalUrl, Photo,
    PhotoIds, PhotoPage, PhotoSummary, PresignedRequest, PreviewState, UploadFile, UploadOutcome,
    UploadsAnswer, UploadsRequest,
};

use crate::until::PAUSE;
use crate::{Answer, Cookies, File};

/// How long nothing may happen while photos become safe: machines that build at the same time are slow.
const PATIENCE: Duration = Duration::from_secs(90);

/// Somebody with a token.
#[derive(Clone)]
pub struct User {
    /// The user's part of every object key.
    pub id: UserId,
    /// What is sent as `Authorization: Bearer`.
    pub token: String,
    page: String,
    http: Client,
}

impl User {
    pub(crate) fn new(http: Client, page: String, id: UserId, token: String) -> Self {
        Self { id, token, page, http }
    }

    /// A request to the page's origin, without a token.
    pub fn stranger(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.page))
    }

    /// A request to the page's origin.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.stranger(method, path).bearer_auth(&self.token)
    }

    /// What GET answers.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    /// What DELETE answers.
    pub async fn delete(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::DELETE, path)).await
    }

    /// What POST answers to this JSON.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        Answer::to(self.request(Method::POST, path).json(body)).await
    }

    /// What is known of these ids, in their order.
    pub async fn lookup(&self, photo_ids: &[PhotoId]) -> Vec<Lookup> {
        let mut known = Vec::new();
        for photo_ids in photo_ids.chunks(MAX_IDS) {
            let asked = PhotoIds { photo_ids: photo_ids.to_vec() };
            known.extend(self.post("/api/photos/lookup", &asked).await.json::<LookupAnswer>().photos);
        }
        known
    }

    /// What to do about these files, in their order.
    pub async fn uploads(&self, files: &[UploadFile]) -> Vec<UploadOutcome> {
        let mut outcomes = Vec::new();
        for files in files.chunks(MAX_UPLOADS) {
            let asked = UploadsRequest { files: files.to_vec() };
            let answer: UploadsAnswer = self.post("/api/uploads", &asked).await.json();
            for (file, result) in files.iter().zip(answer.results) {
                assert_eq!(result.sha256, file.sha256, "results come in the order asked");
                outcomes.push(result.outcome);
            }
        }
        outcomes
    }

    /// What to do about one file.
    pub async fn offer(&self, file: &UploadFile) -> UploadOutcome {
        self.uploads(std::slice::from_ref(file)).await.remove(0)
    }

    /// The signed request for a file that has to be sent.
    #[track_caller]
    pub fn request_of(outcome: UploadOutcome) -> PresignedRequest {
        match outcome {
            UploadOutcome::Upload { request } => request,
            other => panic!("nothing to send: {other:?}"),
        }
    }

    /// Sends bytes with exactly the headers that are signed.
    pub fn put_request(&self, request: &PresignedRequest, bytes: &[u8]) -> RequestBuilder {
        let method: Method = request.method.parse().unwrap();
        let mut put = self.http.request(method, &request.url).header(CONTENT_LENGTH, bytes.len());
        for (name, value) in &request.headers {
            put = put.header(name, value);
        }
        put.body(bytes.to_vec())
    }

    /// What S3 answers to these bytes, sent with exactly the headers that are signed. 409 asks for another try, which
    /// every client makes.
    pub async fn put(&self, request: &PresignedRequest, bytes: &[u8]) -> Answer {
        let mut answer = Answer::to(self.put_request(request, bytes)).await;
        for _ in 0..4 {
            if answer.status != 409 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            answer = Answer::to(self.put_request(request, bytes)).await;
        }
        answer
    }

    /// The whole protocol for one file: asks, and sends what has to be sent. Received when this returns.
    pub async fn upload(&self, file: &File) -> PhotoId {
        self.upload_as(file, &file.wanted()).await
    }

    /// The same for a file that its owner drops by hand: it comes back if it was deleted.
    pub async fn upload_again(&self, file: &File) -> PhotoId {
        self.upload_as(file, &UploadFile { restore: true, ..file.wanted() }).await
    }

    async fn upload_as(&self, file: &File, wanted: &UploadFile) -> PhotoId {
        match self.offer(wanted).await {
            UploadOutcome::Known { .. } => {}
            UploadOutcome::Upload { request } => {
                self.put(&request, &file.bytes).await.expect(200);
            }
            other => panic!("{} cannot be uploaded: {other:?}", file.name),
        }
        file.photo_id()
    }

    /// Uploads files one after another and waits until each has its preview, or a reason why not.
    pub async fn upload_all(&self, files: &[File]) -> Vec<Lookup> {
        let mut photo_ids = Vec::new();
        for file in files {
            photo_ids.push(self.upload(file).await);
        }
        self.until_settled(&photo_ids).await
    }

    /// Waits until all of these are safe.
    pub async fn until_safe(&self, photo_ids: &[PhotoId]) -> Vec<Lookup> {
        self.until_all(photo_ids, "safe", |known| known.safe).await
    }

    /// Waits until all of these are safe and have their previews, or a reason why not.
    pub async fn until_settled(&self, photo_ids: &[PhotoId]) -> Vec<Lookup> {
        let settled = |known: &Lookup| known.safe && known.preview != Some(PreviewState::Pending);
        self.until_all(photo_ids, "settled", settled).await
    }

    async fn until_all(
        &self,
        photo_ids: &[PhotoId],
        what: &str,
        done: impl Fn(&Lookup) -> bool,
    ) -> Vec<Lookup> {
        let (mut fewest, mut since) = (usize::MAX, Instant::now());
        loop {
            let known = self.lookup(photo_ids).await;
            let open: Vec<_> = known.iter().filter(|known| !done(known)).collect();
            let Some(first) = open.first() else { return known };
            if open.len() < fewest {
                (fewest, since) = (open.len(), Instant::now());
            }
            assert!(since.elapsed() < PATIENCE, "{} stay not {what}, such as {first:?}", open.len());
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Every photo of the timeline, newest first.
    pub async fn list_all(&self) -> Vec<PhotoSummary> {
        self.walk("/api/photos?limit=500").await
    }

    /// Every photo of the trash.
    pub async fn trash_all(&self) -> Vec<PhotoSummary> {
        self.walk("/api/trash?limit=500").await
    }

    /// Every photo of a listing, page by page; `path` carries a query.
    pub async fn walk(&self, path: &str) -> Vec<PhotoSummary> {
        let (mut photos, mut cursors) = (Vec::new(), HashSet::new());
        let mut next = self.page(path, None).await;
        loop {
            photos.extend(next.photos);
            let Some(cursor) = next.next_cursor else { return photos };
            next = self.page(path, Some(&cursor)).await;
            assert!(cursors.insert(cursor), "a walk that comes back to where it was never ends");
        }
    }

    /// One page of a listing; `path` carries a query.
    pub async fn page(&self, path: &str, cursor: Option<&str>) -> PhotoPage {
        let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        self.get(&format!("{path}{cursor}")).await.json()
    }

    /// What this user is told of their photos.
    pub async fn me(&self) -> Me {
        self.get("/api/me").await.json()
    }

    /// One photo with all that is known of it.
    pub async fn photo(&self, photo_id: &PhotoId) -> Photo {
        self.get(&format!("/api/photos/{photo_id}")).await.json()
    }

    /// The original as S3 serves it.
    pub async fn original(&self, photo_id: &PhotoId) -> Answer {
        let answer: OriginalUrl = self.get(&format!("/api/photos/{photo_id}/original")).await.json();
        Answer::to(self.http.get(answer.url)).await.expect(200)
    }

    /// Moves photos to the trash.
    pub async fn trash(&self, photo_ids: &[PhotoId]) -> Vec<ChangeOutcome> {
        self.change("/api/photos/trash", photo_ids).await
    }

    /// Brings photos back from the trash.
    pub async fn restore(&self, photo_ids: &[PhotoId]) -> Vec<ChangeOutcome> {
        self.change("/api/photos/restore", photo_ids).await
    }

    async fn change(&self, path: &str, photo_ids: &[PhotoId]) -> Vec<ChangeOutcome> {
        let asked = PhotoIds { photo_ids: photo_ids.to_vec() };
        let answer: ChangeAnswer = self.post(path, &asked).await.json();
        let answered: Vec<_> = answer.results.iter().map(|result| result.photo_id).collect();
        assert_eq!(answered, photo_ids, "results come in the order asked");
        answer.results.into_iter().map(|result| result.outcome).collect()
    }

    /// Leave to show images.
    pub async fn session(&self) -> Cookies {
        let answer = Answer::to(self.request(Method::POST, "/api/session")).await.expect(200);
        Cookies::of(&answer)
    }

    /// Where a variant of a photo is.
    pub fn variant_path(&self, known: &Lookup, variant: Variant) -> String {
        let generation = known.generation.expect("only what is known has variants");
        let (user, photo_id) = (self.id.clone(), known.photo_id);
        format!("/{}", ObjectKey::Variant { user, photo_id, generation, variant })
    }

    /// A variant, fetched as the page does.
    pub async fn variant(&self, cookies: &Cookies, known: &Lookup, variant: Variant) -> Answer {
        self.image(&self.variant_path(known, variant), Some(cookies)).await
    }

    /// Any address below `/media`, with these cookies.
    pub async fn image(&self, path: &str, cookies: Option<&Cookies>) -> Answer {
        let mut request = self.stranger(Method::GET, path);
        if let Some(cookies) = cookies {
            request = request.header(COOKIE, &cookies.header);
        }
        Answer::to(request).await
    }
}
