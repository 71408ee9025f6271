//! Metrics as log lines: CloudWatch reads them from JSON in its embedded metric format, without a call that could
//! fail or cost time. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! A function says `tracing::info!(target: "metrics", function = "processor", photos_stored = 1)`: numbers are
//! metrics, and `function` and `reason` are their dimensions, beside the `stack`. A name that ends in `_ms` counts milliseconds, one in
//! `_bytes` bytes. There are few names and no ids, since CloudWatch bills each name and each value of a dimension;
//! and no file name or place, since logs are read by more people than photos are.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;

/// The target of events that are metrics.
pub const TARGET: &str = "metrics";
/// Where CloudWatch keeps them.
pub const NAMESPACE: &str = "Tintype";
/// The dimension that every metric has.
pub const STACK: &str = "stack";
const DIMENSIONS: [&str; 2] = ["function", "reason"];

/// How long ago `begun` was.
pub fn milliseconds(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Writes events of [`TARGET`] as lines of the embedded metric format.
pub struct EmbeddedMetrics<W> {
    stack: String,
    writer: W,
    // Two threads must not write into each other's lines.
    lock: Mutex<()>,
}

impl<W> fmt::Debug for EmbeddedMetrics<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmbeddedMetrics")
    }
}

impl<W> EmbeddedMetrics<W> {
    /// Those of this stack, to this writer.
    pub fn new(stack: &str, writer: W) -> Self {
        Self { stack: stack.to_owned(), writer, lock: Mutex::new(()) }
    }
}

impl<S, W> Layer<S> for EmbeddedMetrics<W>
where
    S: Subscriber,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        fields.dimensions.insert(STACK, self.stack.clone());
        let milliseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let line = line(fields, u64::try_from(milliseconds).unwrap_or_default());
        let _one_at_a_time = self.lock.lock();
        // There is nobody to tell if standard output is gone.
        let _ = writeln!(self.writer.make_writer(), "{line}");
    }
}

#[derive(Default)]
struct Fields {
    numbers: BTreeMap<&'static str, Value>,
    dimensions: BTreeMap<&'static str, String>,
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.numbers.insert(field.name(), json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.numbers.insert(field.name(), json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.numbers.insert(field.name(), json!(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if DIMENSIONS.contains(&field.name()) {
            self.dimensions.insert(field.name(), value.to_owned());
        }
    }

    /// Text that is no dimension has no place in a metric.
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

fn line(fields: Fields, milliseconds: u64) -> Value {
    let metrics: Vec<Value> =
        fields.numbers.keys().map(|name| json!({ "Name": name, "Unit": unit(name) })).collect();
    let mut members = Map::from_iter([(
        "_aws".to_owned(),
        json!({
            "Timestamp": milliseconds,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [fields.dimensions.keys().collect::<Vec<_>>()],
                "Metrics": metrics,
            }],
        }),
    )]);
    members.extend(fields.dimensions.into_iter().map(|(name, value)| (name.to_owned(), value.into())));
    members.extend(fields.numbers.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(members)
}

fn unit(name: &str) -> &'static str {
    if name.ends_with("_ms") {
        "Milliseconds"
    } else if name.ends_with("_bytes") {
        "Bytes"
    } else {
        "Count"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_is_a_line_that_cloudwatch_reads_metrics_from() {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = EmbeddedMetrics::new("photos", move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!(
                target: TARGET,
                function = "processor",
                file_name = "holiday.jpg",
                photos_stored = 1_u64,
                stored_bytes = 12_u64,
                copy_ms = 3_u64,
            );
        });
        let line: Value = serde_json::from_slice(&lines.0.lock().unwrap()).unwrap();
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "Tintype");
        assert_eq!(directive["Dimensions"], json!([["function", "stack"]]));
        assert_eq!(
            directive["Metrics"],
            json!([
                { "Name": "copy_ms", "Unit": "Milliseconds" },
                { "Name": "photos_stored", "Unit": "Count" },
                { "Name": "stored_bytes", "Unit": "Bytes" },
            ])
        );
        assert_eq!((&line["photos_stored"], &line["function"]), (&json!(1), &json!("processor")));
        assert_eq!(line["stack"], "photos", "or two stacks of one account would be counted together");
        assert!(line["_aws"]["Timestamp"].is_u64());
        assert!(!line.to_string().contains("holiday"), "a file name in a metric: {line}");
    }
}
