//! Photos of which the last audit or a drill says that their original is lost or wrong: nobody is told that they are
//! safe, and what their owner still has is taken.

use tintype_core::audit::report::{Doubted, UserAudit};
use tintype_core::id::UserId;
use tintype_core::record::Record;
use tintype_storage::catalog::{Catalog, NoteKey};

use crate::error::ApiError;

pub(crate) struct Doubts {
    audit: Option<UserAudit>,
    drills: Option<Doubted>,
}

impl Doubts {
    pub(crate) async fn of(catalog: &Catalog, user: &UserId) -> Result<Self, ApiError> {
        let (audit, drills) = (NoteKey::Audit(user.clone()), NoteKey::Doubted(user.clone()));
        let (audit, drills) =
            tokio::try_join!(catalog.note::<UserAudit>(&audit), catalog.note::<Doubted>(&drills))?;
        Ok(Self { audit: audit.map(|note| note.says), drills: drills.map(|note| note.says) })
    }

    pub(crate) fn about(&self, record: &Record) -> bool {
        self.audit.as_ref().is_some_and(|audit| audit.doubts(record))
            || self.drills.as_ref().is_some_and(|drills| drills.doubts(record))
    }
}
