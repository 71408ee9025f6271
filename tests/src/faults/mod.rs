//! Faults at the HTTP connector of the real SDK: below its retries, above the network.
//!
//! A plan is a rule from a call to what becomes of it. Calls are counted by their subject, so that a plan points at
//! the same call however many photos are on their way, and random plans are drawn from seed, subject and count: the
//! same seed strikes the same calls again.

mod call;
mod fault;
mod kept;
mod plan;
mod stale;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::Value;

pub use call::{Call, Service};
pub use fault::{Fault, Instead, answer, whole};
pub use plan::{ALL_TRIES, Strike, drawn, random, strikes};
pub use stale::stale_indexes;

type Rule = Arc<dyn Fn(&Call) -> Option<Fault> + Send + Sync>;

/// Faults to come, and what was called and struck so far. Clones are the same.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    rule: Option<Rule>,
    /// Calls of each subject since the rule was made, by the SDK's id of the call.
    seen: HashMap<String, Vec<(String, usize)>>,
    log: Vec<Call>,
    halted: HashSet<String>,
    struck: BTreeMap<String, usize>,
    /// Where the events go that are sent to Lambda; to Lambda itself if `None`.
    kept: Option<Arc<Mutex<Vec<Value>>>>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faults")
    }
}

impl Faults {
    /// The real client with these faults.
    pub fn client(&self) -> SharedHttpClient {
        let real = aws_smithy_http_client::Builder::new().build_http();
        SharedHttpClient::new(Faulty { faults: self.clone(), real })
    }

    /// From now on, this rule; counting and the log begin again.
    pub fn plan(&self, rule: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State {
            rule: Some(Arc::new(rule)),
            struck: std::mem::take(&mut state.struck),
            kept: state.kept.take(),
            ..State::default()
        };
    }

    /// From now on, no faults; counting and the log begin again.
    pub fn stop(&self) {
        self.plan(|_| None);
    }

    /// From now on, whatever plan there is, events that are sent to Lambda lie here, and nothing is invoked.
    pub fn keep_events(&self, events: Arc<Mutex<Vec<Value>>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept = Some(events);
    }

    /// What was called since the plan was made, each call once, in order.
    pub fn log(&self) -> Vec<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).log.clone()
    }

    /// Whether an invocation for this subject has stopped for ever since the plan was made; asking forgets it.
    pub fn has_halted(&self, subject: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).halted.remove(subject)
    }

    /// Whether any invocation has, since the plan was made or this was last asked: all are forgotten.
    pub fn take_halted(&self) -> bool {
        !std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).halted).is_empty()
    }

    fn halt(&self, subject: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).halted.insert(subject);
    }

    /// How many faults struck since the beginning, by kind.
    pub fn struck(&self) -> BTreeMap<String, usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).struck.clone()
    }

    /// How many faults struck since the beginning.
    pub fn count(&self) -> usize {
        self.struck().values().sum()
    }

    /// Who performs a call to this service, if it is not to be the service.
    fn stand_in(&self, service: Service) -> Option<SharedHttpConnector> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let events = state.kept.as_ref().filter(|_| service == Service::Lambda)?;
        Some(SharedHttpConnector::new(kept::Kept(Arc::clone(events))))
    }

    fn on(&self, request: &HttpRequest) -> (Call, Option<Fault>) {
        let (service, operation, subject) = call::read(request);
        let id = request.headers().get("amz-sdk-invocation-id").unwrap_or_default().to_owned();
        let path = request.uri().to_owned();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = state.seen.entry(subject.clone()).or_default();
        let ordinal =
            seen.iter().position(|(known, _)| *known == id && !id.is_empty()).unwrap_or_else(|| {
                seen.push((id, 0));
                seen.len() - 1
            });
        let attempt = seen[ordinal].1;
        seen[ordinal].1 += 1;
        let call = Call { service, operation, subject, ordinal, attempt, path };
        if attempt == 0 && state.rule.is_some() {
            state.log.push(call.clone());
        }
        let fault = state.rule.clone().and_then(|rule| rule(&call));
        if let Some(fault) = &fault {
            *state.struck.entry(format!("{fault:?}")).or_default() += 1;
        }
        (call, fault)
    }
}

#[derive(Debug)]
struct Faulty {
    faults: Faults,
    real: SharedHttpClient,
}

impl HttpClient for Faulty {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let real = self.real.http_connector(settings, components);
        SharedHttpConnector::new(Connector { faults: self.faults.clone(), real })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.real.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector {
    faults: Faults,
    real: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (call, fault) = self.faults.on(&request);
        let real = self.faults.stand_in(call.service).unwrap_or_else(|| self.real.clone());
        let Some(fault) = fault else { return real.call(request) };
        let faults = self.faults.clone();
        HttpConnectorFuture::new(async move {
            let Fault::Halt { after } = fault else {
                return fault.strike(&call, request, real).await;
            };
            if after {
                whole(real.call(request).await?).await;
            }
            faults.halt(call.subject);
            std::future::pending().await
        })
    }
}
