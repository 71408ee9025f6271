//! Audits and repairs by hand.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tintype_core::audit::Kind;
use tintype_keeper::request::{AuditAnswer, RepairAnswer};

use crate::TestApp;

impl TestApp {
    /// One audit, to its end.
    pub async fn audit(&self, event: Value) -> AuditAnswer {
        loop {
            let answer = self.audit_slice(event.clone()).await;
            if answer.finished {
                return answer;
            }
        }
    }

    /// One slice of an audit.
    pub async fn audit_slice(&self, event: Value) -> AuditAnswer {
        serde_json::from_value(self.ask(json!({ "audit": event }), 0).await).unwrap()
    }

    /// A repair from the report of this audit.
    pub async fn repair(&self, audit: &AuditAnswer) -> RepairAnswer {
        let event = json!({"repair": {"report": audit.report}});
        serde_json::from_value(self.ask(event, 0).await).unwrap()
    }
}

/// What is named of each photo.
pub fn named(answer: &AuditAnswer) -> BTreeMap<String, Vec<Kind>> {
    let mut named = BTreeMap::<_, Vec<_>>::new();
    for finding in &answer.findings {
        let photo = finding.photo_id.map_or_else(|| finding.key.clone(), |photo_id| photo_id.to_string());
        named.entry(photo).or_default().push(finding.kind);
    }
    named
}
