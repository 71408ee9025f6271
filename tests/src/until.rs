//! Waiting for something to come true, by asking again and never by guessing how long it takes.

use std::time::{Duration, Instant};

/// How long to wait between two questions.
pub(crate) const PAUSE: Duration = Duration::from_millis(25);

/// Asks until the answer is `Ok`; after `patience`, fails with the last one.
pub async fn until<T>(patience: Duration, mut ask: impl AsyncFnMut() -> Result<T, String>) -> T {
    let end = Instant::now() + patience;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(yet) if Instant::now() >= end => panic!("not within {patience:?}: {yet}"),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
