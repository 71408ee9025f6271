//! What every function's `main` does first: it reads its environment, and sets up its logs and metrics.
//!
//! A setting is read once, into the function's `Config`; nothing else reads the environment, and what each `Config`
//! reads is what template.yaml sets: tests/template holds both to it.

pub mod environment;
pub mod metrics;

pub use environment::{ConfigError, Environment};

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Logs as JSON on standard output, which Lambda hands to CloudWatch; metrics in between, as CloudWatch wants them,
/// each with the name of the stack (`STACK`): an account may have several, with alarms of their own.
pub fn init_logs(stack: &str) {
    let logs = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_filter(LevelFilter::INFO)
        .with_filter(filter_fn(|event| event.target() != metrics::TARGET));
    let metrics = metrics::EmbeddedMetrics::new(stack, std::io::stdout)
        .with_filter(filter_fn(|event| event.target() == metrics::TARGET));
    tracing_subscriber::registry().with(logs).with(metrics).init();
}
