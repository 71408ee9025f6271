//! The real code against a small model of what its owner is entitled to: uploads, late and double events, crashes at
//! any call, trash, restore, purge, in any order.
//!
//! Time: the functions run on the machine's clock, and the keeper is given a later one. Events are kept back and come
//! whenever the sequence says so, which is what lateness is; what the keeper sends is an event like any other.

mod world;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use tintype_tests::{Faults, File, TestApp, many, row, seed};

use world::{Model, World};

/// What can happen. Numbers choose among what there is, whatever there is.
#[derive(Debug, Clone)]
enum Step {
    /// A client asks for leave to upload.
    Ask {
        restore: bool,
    },
    /// It uses one of the addresses that it got, again perhaps.
    Send(usize),
    /// An event arrives, for the first time or not; the invocation may end at a call.
    Event(usize, Option<(usize, bool)>),
    Trash,
    Restore,
    /// The keeper runs, so many days from now; it may end at a call.
    Keep {
        days: i64,
        crash: Option<(usize, bool)>,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let crash = || prop::option::weighted(0.4, (0_usize..12, any::<bool>()));
    prop_oneof![
        3 => any::<bool>().prop_map(|restore| Step::Ask { restore }),
        4 => (0_usize..8).prop_map(Step::Send),
        5 => (0_usize..8, crash()).prop_map(|(which, crash)| Step::Event(which, crash)),
        2 => Just(Step::Trash),
        1 => Just(Step::Restore),
        2 => (prop::sample::select(vec![0_i64, 31]), crash()).prop_map(|(days, crash)| Step::Keep { days, crash }),
    ]
}

/// Runs sequences over one stack, one after another; how many steps these were.
fn run(worker: u64, cases: u32, runtime: &tokio::runtime::Handle) -> u32 {
    let faults = Faults::default();
    let app = runtime.block_on(TestApp::start_faulty(&faults));
    let sent_by_keeper = Arc::<Mutex<Vec<Value>>>::default();
    faults.keep_events(Arc::clone(&sent_by_keeper));
    let steps = AtomicU32::new(0);
    let number = AtomicU32::new(0);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed().to_le_bytes());
    bytes[8..16].copy_from_slice(&worker.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, random);
    let sequences = prop::collection::vec(step(), 1..=30);
    let done = runner.run(&sequences, |sequence| {
        // A person and a photo of their own: counters are theirs alone.
        let case = number.fetch_add(1, Ordering::Relaxed);
        steps.fetch_add(u32::try_from(sequence.len()).unwrap(), Ordering::Relaxed);
        runtime.block_on(async {
            let mut world = World {
                app: &app,
                faults: &faults,
                user: app.user(&format!("ada{case}")),
                file: File::new("m", "", format!("model {worker} {case}")),
                model: Model::default(),
                events: Vec::new(),
                sent_by_keeper: Arc::clone(&sent_by_keeper),
                latest: 0,
            };
            for (now, step) in sequence.iter().enumerate() {
                world.take(now, step).await?;
            }
            world.come_to_rest().await?;
            world.check().await?;
            Ok(())
        })
    });
    if let Err(failed) = done {
        panic!("seed {} worker {worker}: {failed}", seed());
    }
    runtime.block_on(app.stop());
    steps.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_in_whatever_order_the_last_wish_of_its_owner_stands() {
    let workers = many(2, 4);
    let cases = many(60, 10_000) / u32::try_from(workers).unwrap();
    let runtime = tokio::runtime::Handle::current();
    let running: Vec<_> = (0..workers)
        .map(|worker| {
            let runtime = runtime.clone();
            tokio::task::spawn_blocking(move || run(worker, cases, &runtime))
        })
        .collect();
    let mut steps = 0;
    for worker in running {
        steps += worker.await.unwrap();
    }
    row(
        6,
        &format!(
            "{} sequences, {steps} steps with crashes, late and double events: 0 lost, 0 resurrected, counters exact",
            u64::from(cases) * workers
        ),
    );
}
