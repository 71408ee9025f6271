//! What a whole audit found, said: in the log and the metrics, and to each owner.

use tintype_core::audit::report::Report;
use tintype_core::id::UserId;
use tintype_function::metrics;
use tintype_storage::StorageError;
use tintype_storage::catalog::NoteKey;

use crate::{Keeper, doubts};

/// Says what a whole audit found.
pub(super) fn log(report: &Report) {
    let (checked, found, unchecked) = (report.checked(), report.found(), report.count_unchecked());
    tracing::info!(
        target: metrics::TARGET,
        function = "keeper",
        photos_audited = checked,
        photos_lost = report.wrong(),
    );
    if !report.not_listed.is_empty() {
        let prefixes = &report.not_listed;
        tracing::error!(audit_id = %report.audit_id, ?prefixes, "the folders below these could not be listed");
    }
    let leftovers = report.leftovers();
    if found > leftovers {
        let found = found - leftovers;
        tracing::error!(audit_id = %report.audit_id, checked, found, unchecked, "the audit found differences");
    } else {
        tracing::info!(checked, unchecked, leftovers, "the audit found no difference");
    }
}

/// Tells each user what was found of theirs: no user waits for another's trouble. Told again, it is the same.
pub(super) async fn tell(keeper: &Keeper, report: &Report) -> Result<(), StorageError> {
    let mut ended = Ok(());
    for user in report.users.keys() {
        let told = tell_one(keeper, report, user).await;
        // The first error is the answer, which is logged.
        match (&ended, told) {
            (Err(_), Err(later)) => {
                tracing::error!(error = &later as &dyn std::error::Error, "a further owner was not told");
            }
            (Err(_), Ok(())) => {}
            (Ok(()), told) => ended = told,
        }
    }
    ended
}

async fn tell_one(keeper: &Keeper, report: &Report, user: &UserId) -> Result<(), StorageError> {
    doubts::change(&keeper.storage, user, |doubted| doubted.take_in(report, user)).await?;
    let Some(summary) = report.summary(user) else { return Ok(()) };
    keeper.storage.catalog.tell(&NoteKey::Audit(user.clone()), &summary).await
}
