//! Audit and repair.

use serde_json::json;
use tintype_core::audit::Finding;
use tintype_core::audit::line::{counted, grouped};
use tintype_core::id::AuditId;
use tintype_keeper::request::{AuditAnswer, RepairAnswer};

use super::asked::Asked;
use super::{Audit, LOOK_AGAIN, SLICE};
use crate::say::say;

pub(super) async fn audit(keeper: &Asked, asked: &Audit) -> Result<bool, String> {
    let event = json!({"audit": {"every_byte": asked.every_byte, "seconds": SLICE}});
    let answer = loop {
        let answer: AuditAnswer = keeper.call(&event).await?;
        if answer.finished {
            break answer;
        }
        let differences = counted(differences(&answer), "difference");
        say!("{} looked at so far, {differences}", counted(answer.checked, "photo"));
    };
    let is_named = |finding: &&Finding| asked.leftovers || finding.kind.is_difference();
    for finding in answer.findings.iter().filter(is_named) {
        say!("{}", told(finding));
    }
    for unchecked in &answer.unchecked_photos {
        say!("{}: could not be looked at", unchecked.photo_id);
    }
    for prefix in &answer.not_listed {
        let folder = if prefix.is_empty() { "the vault" } else { prefix };
        say!(
            "{folder}: whose folders there are could not be listed; who is known from the catalog was looked at"
        );
    }
    let differences = differences(&answer);
    let named = answer.findings.iter().filter(|finding| finding.kind.is_difference()).count() as u64;
    if differences > named {
        let more = grouped(differences - named);
        say!("and {more} more; repair these first, then run the audit again");
    }
    let read = if answer.bytes_read > 0 {
        format!(", {} MB read and hashed", grouped(answer.bytes_read.div_ceil(1_000_000)))
    } else {
        format!(", the checksums of {} asked for", grouped(answer.checksums))
    };
    let left = match answer.leftovers {
        0 => String::new(),
        left => format!(", {} left over", grouped(left)),
    };
    let found = counted(differences, "difference");
    say!("{} checked{read}: {found}{left}", counted(answer.checked, "photo"));
    if answer.leftovers > 0 && !asked.leftovers {
        let all = keeper.next("audit", None, &["--leftovers"]);
        say!("Objects left over beside photos that are whole do no harm (docs/RESTORE.md): {all} names them");
    }
    say!("Report: {}", answer.report);
    if keeper.is_forgotten().await {
        return Ok(false);
    }
    if differences > 0 && answer.unchecked > 0 {
        say!("{} could not be looked at: {LOOK_AGAIN}", counted(answer.unchecked, "photo"));
    }
    if differences > 0 {
        let repair = keeper.next("repair", Some(("REPORT", &answer.report.to_string())), &[]);
        say!("{repair} repairs what can be had; docs/RESTORE.md says more");
        return Ok(false);
    }
    if !answer.not_listed.is_empty() {
        return Err(format!("not all of the vault could be listed: {LOOK_AGAIN}"));
    }
    if answer.unchecked > 0 {
        return Err(format!("{} could not be looked at: {LOOK_AGAIN}", counted(answer.unchecked, "photo")));
    }
    Ok(true)
}

/// What is not as it should be.
fn differences(answer: &AuditAnswer) -> u64 {
    answer.found.saturating_sub(answer.leftovers)
}

fn told(finding: &Finding) -> String {
    let what = finding.kind.says();
    match finding.photo_id {
        Some(photo_id) if finding.key.is_empty() => format!("{photo_id}: {what}"),
        Some(photo_id) => format!("{photo_id}: {what} ({})", finding.key),
        None => format!("{what}: {}", finding.key),
    }
}

pub(super) async fn repair(keeper: &Asked, mut report: Option<AuditId>) -> Result<bool, String> {
    let (mut next, mut repaired, mut left, mut leftovers) = (0, 0, 0, 0);
    loop {
        let event = json!({"repair": {"report": report, "next": next, "seconds": SLICE}});
        let answer: RepairAnswer = keeper.call(&event).await?;
        if let (None, Some(newest)) = (report, answer.report) {
            say!("Repairing from the newest report: {newest}");
        }
        for result in &answer.results {
            if result.repaired || result.finding.kind.is_difference() {
                say!("{}\n  {}", told(&result.finding), result.says);
            } else {
                leftovers += 1;
            }
        }
        (next, repaired, left) = (answer.next, repaired + answer.repaired, left + answer.left);
        report = answer.report;
        if answer.finished {
            break;
        }
    }
    if leftovers > 0 {
        let left = counted(leftovers, "object");
        say!("{left} left over beside photos that are whole: nothing to do, docs/RESTORE.md says why");
    }
    say!("{} repaired, {} left", grouped(repaired), grouped(left));
    Ok(left == 0)
}
