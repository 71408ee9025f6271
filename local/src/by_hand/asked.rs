//! The keeper of the Tintype on a folder: of the one that runs, or of one that is started for this.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tintype_core::audit::line::counted;
use tintype_storage::{Clients, Queue, Storage};

use crate::data_dir::{self, DataDirError};
use crate::dynamodb::{self, CatalogError};
use crate::lambda::KEEPER;
use crate::say::{complain, say};
use crate::stack::{Options, Services, Stack, StartError};
use crate::{forgotten, next};

/// How long what fails waits for its second and its third try: whoever asked waits for it, and what fails on a disk of
/// one's own fails as it did before.
const RETRY_AFTER: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

pub(super) struct Asked {
    keeper: Queue,
    /// What lies there, for what the keeper's answers do not say.
    pub(super) storage: Storage,
    data_dir: PathBuf,
    /// The one that was started for this.
    own: Option<Stack>,
}

impl Asked {
    pub(super) async fn of(data_dir: &Path) -> Result<Self, String> {
        if !data_dir::is_one(data_dir) {
            return Err(DataDirError::NeverRan(data_dir.display().to_string()).to_string());
        }
        let mut options = Options::new(data_dir.to_owned());
        // Nothing happens in it but what is asked.
        options.port = 0;
        options.keeper_first = Duration::from_hours(24);
        options.keeper_every = Duration::from_hours(24);
        options.lose_events = true;
        options.lambda.retry_after = RETRY_AFTER;
        let (addresses, own) = match Stack::start(options).await {
            Ok(stack) => (stack.addresses.clone(), Some(stack)),
            Err(StartError::DataDir(DataDirError::InUse(_))) => {
                (data_dir::read_addresses(data_dir).map_err(|error| error.to_string())?, None)
            }
            Err(error) => return Err(error.to_string()),
        };
        let keys = data_dir::read_keys(data_dir).map_err(|error| error.to_string())?;
        let services = Services::embedded(addresses.s3, addresses.dynamodb, keys.access_key, keys.secret_key);
        let clients = Clients::emulated(&services.emulators(addresses.lambda), None);
        let storage = Storage::new(&clients, &services.config());
        let keeper = Queue::new(clients.lambda, KEEPER.to_owned());
        Ok(Self { keeper, storage, data_dir: data_dir.to_owned(), own })
    }

    /// One call; an error is the keeper's own sentence.
    pub(super) async fn call<Answer: DeserializeOwned>(&self, event: &Value) -> Result<Answer, String> {
        let answer = self.keeper.call(event.to_string().into_bytes()).await;
        match answer.map_err(|error| format!("{error}; is Tintype still running?"))? {
            Ok(answer) => serde_json::from_slice(&answer).map_err(|error| error.to_string()),
            Err(failed) => {
                let failed: Value = serde_json::from_slice(&failed).unwrap_or_default();
                let says = failed["errorMessage"].as_str().unwrap_or("the keeper failed");
                if says.contains(dynamodb::DAMAGED) {
                    return Err(CatalogError::damaged(&self.data_dir).to_string());
                }
                Err(says.to_owned())
            }
        }
    }

    /// The command to type next.
    pub(super) fn next(&self, command: &str, value: Option<(&str, &str)>, flags: &[&str]) -> String {
        next::command(&self.data_dir, command, value, flags)
    }

    /// Says it, if the catalog knows of no photo and the vault holds some.
    pub(super) async fn is_forgotten(&self) -> bool {
        match forgotten::is_forgotten(&self.storage).await {
            Ok(true) => {
                complain!("{}", forgotten::says(&self.data_dir));
                true
            }
            Ok(false) => false,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "whether the catalog was lost could not be found out");
                false
            }
        }
    }

    /// Lets what was sent to the processor finish, if nobody else does; whether this was ours to do.
    pub(super) async fn finish(&self) -> bool {
        let Some(stack) = &self.own else { return false };
        let mut told = None;
        for waited in 0_u32.. {
            let open = stack.open();
            if open == 0 {
                break;
            }
            if waited.is_multiple_of(20) && waited > 0 && told != Some(open) {
                say!("still being made: {}", counted(open as u64, "preview"));
                told = Some(open);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        true
    }

    pub(super) async fn leave(self) {
        self.finish().await;
        if let Some(stack) = self.own {
            stack.stop().await;
        }
    }
}

/// Somebody's own text on a terminal, which does what it is told by control characters.
pub(super) fn shown(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}
