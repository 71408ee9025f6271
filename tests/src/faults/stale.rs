//! Indexes that lag: what was written to the table shows in a Query of an index some time later. `DynamoDB` promises
//! nothing else: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html>.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::HttpConnector;
use serde_json::{Map, Value, json};

use super::{Call, Fault, answer, whole};

type Key = (String, String);

/// Every write of the table, and when it was acknowledged.
#[derive(Default)]
struct History(Vec<(Instant, Key, Option<Value>)>);

/// A rule under which indexes answer as of `lag` ago. Everything has
/// to be written after the rule was made.
pub fn stale_indexes(lag: Duration) -> impl Fn(&Call) -> Option<Fault> + Send + Sync {
    let history = Arc::new(Mutex::new(History::default()));
    move |call| match call.operation.as_str() {
        "PutItem" | "TransactWriteItems" => Some(recorded(Arc::clone(&history))),
        "Query" => Some(answered(Arc::clone(&history), lag)),
        _ => None,
    }
}

fn recorded(history: Arc<Mutex<History>>) -> Fault {
    Fault::Instead(Arc::new(move |request, real| {
        let history = Arc::clone(&history);
        Box::pin(async move {
            let body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap();
            let (reply, _) = whole(real.call(request).await?).await;
            if reply.status().is_success() {
                history.lock().unwrap_or_else(PoisonError::into_inner).write(&body);
            }
            Ok(reply)
        })
    }))
}

fn answered(history: Arc<Mutex<History>>, lag: Duration) -> Fault {
    Fault::Instead(Arc::new(move |request, real| {
        let history = Arc::clone(&history);
        Box::pin(async move {
            let body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap();
            if body["IndexName"].is_null() {
                return real.call(request).await;
            }
            let page = history.lock().unwrap_or_else(PoisonError::into_inner).query(&body, lag);
            Ok(answer(200, &page.to_string()))
        })
    }))
}

fn key_of(item: &Value) -> Key {
    let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    (text("PK"), text("SK"))
}

impl History {
    fn write(&mut self, body: &Value) {
        let now = Instant::now();
        let writes =
            body["TransactItems"].as_array().cloned().unwrap_or_else(|| vec![json!({ "Put": body })]);
        for write in writes {
            if let Some(item) = write["Put"].get("Item") {
                self.0.push((now, key_of(item), Some(item.clone())));
            } else if let Some(key) = write["Delete"].get("Key") {
                self.0.push((now, key_of(key), None));
            }
        }
    }

    /// The two queries that there are: a partition between two sort keys, and a partition below one.
    fn query(&self, body: &Value, lag: Duration) -> Value {
        let names = if body["IndexName"] == "timeline" {
            ("timeline_pk", "timeline_sk")
        } else {
            ("work_pk", "work_sk")
        };
        let value = |name: &str| body["ExpressionAttributeValues"][name]["S"].as_str().map(ToOwned::to_owned);
        let partition = value(":pk").expect("a partition");
        let (from, to) =
            (value(":from").unwrap_or_default(), value(":to").or_else(|| value(":now")).expect("a bound"));
        let mut table = BTreeMap::new();
        for (_, key, item) in self.0.iter().filter(|(at, _, _)| at.elapsed() >= lag) {
            match item {
                Some(item) => table.insert(key.clone(), item),
                None => table.remove(key),
            };
        }
        let sort = |item: &Value| item[names.1]["S"].as_str().unwrap_or_default().to_owned();
        let mut items: Vec<&Value> =
            table.into_values().filter(|item| item[names.0]["S"] == partition.as_str()).collect();
        items.retain(|item| sort(item) >= from && sort(item) <= to);
        items.sort_by_key(|item| sort(item));
        let start = body["ExclusiveStartKey"].get(names.1).map(|_| sort(&body["ExclusiveStartKey"]));
        if body["ScanIndexForward"] == false {
            items.reverse();
            items.retain(|item| start.as_ref().is_none_or(|start| sort(item) < *start));
        } else {
            items.retain(|item| start.as_ref().is_none_or(|start| sort(item) > *start));
        }
        let limit =
            body["Limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let mut page = json!({ "Count": items.len(), "ScannedCount": items.len(), "Items": items });
        if let Some(last) = items.last().filter(|_| more) {
            let key = ["PK", "SK", names.0, names.1].map(|name| (name.to_owned(), last[name].clone()));
            page["LastEvaluatedKey"] = Value::Object(Map::from_iter(key));
        }
        page
    }
}
