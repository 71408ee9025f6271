//! Repairs under every fault.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use futures::future::join_all;
use serde_json::json;
use tintype_core::id::PhotoId;
use tintype_tests::{
    ALL_TRIES, Call, Fault, Faults, File, TestApp, User, Wish, assert_at_rest, drawn, many, row, seed,
};

use super::{DAMAGES, Damage, Sent, ask, audited, every_fault, library, of_the_keeper};

#[tokio::test(flavor = "multi_thread")]
async fn any_call_of_a_repair_fails_in_any_way_and_another_one_does_it() {
    let done = join_all(every_fault().map(repair_under)).await;
    let calls: usize =
        (0..DAMAGES.len()).map(|damage| done.iter().map(|it| it.calls[damage]).max().unwrap()).sum();
    let sum = |of: fn(&Repairs) -> usize| done.iter().map(of).sum::<usize>();
    row(
        1,
        &format!(
            "{calls} calls of six repairs x F1..F6, {} repairs of a photo struck, {} faults: 0 lost, each photo listed once, counters exact; {} right copies lie beside the record's, named as leftovers",
            sum(|it| it.struck),
            sum(|it| it.faults),
            sum(|it| it.beside),
        ),
    );
}

/// What repairs under one fault came to.
struct Repairs {
    /// The most calls that the keeper made about a photo of each damage.
    calls: [usize; DAMAGES.len()],
    /// Photos whose repair was struck.
    struck: usize,
    faults: usize,
    /// Right copies that were made and not noted.
    beside: usize,
}

/// The keeper's call of this number about each of these photos, as often as the SDK tries it, up to `tries`; who was
/// struck is noted.
fn of_each(
    photos: HashSet<String>,
    number: usize,
    (fault, tries): (Fault, usize),
    struck: Arc<Mutex<HashSet<String>>>,
) -> impl Fn(&Call) -> Option<Fault> + Send + Sync {
    let sent = Mutex::new(Sent::default());
    move |call| {
        let is_its = sent.lock().unwrap().is_the_keepers(call) && photos.contains(&call.subject);
        let is_it = is_its && call.ordinal == number && call.attempt < tries;
        is_it.then(|| struck.lock().unwrap().insert(call.subject.clone()));
        is_it.then(|| fault.clone())
    }
}

/// Repairs a photo of each damage under this fault at its first call, then others at their second, and so on until no
/// repair makes so many calls; for each change, at every fifth.
async fn repair_under(fault: Fault) -> Repairs {
    let faults = Faults::default();
    let (app, ada) = library(&faults, &[]).await;
    let every = many(5, 1);
    let mut number = usize::try_from(drawn(seed(), format!("{fault:?}")) % 5).unwrap() % every;
    let mut done = Repairs { calls: [0; DAMAGES.len()], struck: 0, faults: 0, beside: 0 };
    let (mut all, mut strays) = (Vec::new(), BTreeMap::new());
    loop {
        let files: Vec<File> =
            DAMAGES.into_iter().map(|damage| damage.file(u32::try_from(number).unwrap())).collect();
        let struck = repairs_struck(&app, &ada, &faults, &files, (number, &fault), &mut done).await;
        // A repair removes nothing: the wrong bytes stay where they lie, and what was copied beside them by one that
        // ended before it noted that. Each is right, or the damage that was done, and is named.
        let wrong = files[DAMAGES.iter().position(|it| matches!(it, Damage::Bytes)).unwrap()].clone();
        let keys = &app.buckets.originals().await[&wrong.photo_id()];
        let mut right = 0;
        for key in keys {
            right += usize::from(app.buckets.original_bytes(key).await.unwrap() == wrong.bytes);
        }
        assert_eq!(keys.len() - right, 1, "the wrong bytes stay: {keys:?}");
        assert!((1..=2).contains(&right), "{fault:?}: one strike leaves one copy: {keys:?}");
        done.beside += right - 1;
        strays.insert(wrong.photo_id(), keys.len() - 1);
        all.extend(files);
        let again = audited(&app).await;
        assert_eq!((again.found - again.leftovers, again.unchecked), (0, 0), "{fault:?}: {again:?}");
        assert_eq!(again.leftovers, strays.values().sum::<usize>() as u64, "{fault:?}: {again:?}");
        done.struck += struck;
        number += every;
        // A soak goes on until none is struck.
        if struck == 0 || number >= many(*done.calls.iter().max().unwrap(), usize::MAX) {
            break;
        }
    }
    assert!(done.calls.iter().all(|calls| (2..=20).contains(calls)), "{fault:?}: {:?}", done.calls);
    done.faults = faults.count();
    assert_at_rest(&app, &[Wish { strays, ..Wish::all_safe(&ada, &all) }]).await;
    done
}

/// Damages these photos, one in each way, and repairs them while the keeper's call of this number about each is struck; then
/// again without. How many were struck: each whose repair made so many calls.
async fn repairs_struck(
    app: &TestApp,
    ada: &User,
    faults: &Faults,
    files: &[File],
    (number, fault): (usize, &Fault),
    done: &mut Repairs,
) -> usize {
    for (damage, file) in DAMAGES.into_iter().zip(files) {
        let key = app.receive(ada, file, false).await;
        assert!(app.deliver(&[key], faults).await);
        damage.strike(app, ada, file).await;
    }
    let found = audited(app).await;
    assert_eq!(found.found - found.leftovers, DAMAGES.len() as u64, "{found:?}");
    let photos: Vec<String> = files.iter().map(|file| file.photo_id().to_string()).collect();
    let struck = Arc::new(Mutex::new(HashSet::new()));
    let strikes = (fault.clone(), many(1, ALL_TRIES));
    faults.plan(of_each(photos.iter().cloned().collect(), number, strikes, Arc::clone(&struck)));
    // One that stops for ever is begun again behind the photo about which it stopped.
    let mut next = 0;
    while ask(app, faults, &json!({"repair": {"report": found.report, "next": next}})).await.is_none() {
        let struck = struck.lock().unwrap();
        let of = |id: PhotoId| struck.contains(&id.to_string());
        let last = found.findings.iter().rposition(|it| it.photo_id.is_some_and(of)).unwrap();
        assert!(last >= next, "{fault:?}: it stopped, and nothing was struck");
        next = 1 + last;
    }
    let log = faults.log();
    faults.stop();
    for ((photo, damage), calls) in photos.iter().zip(DAMAGES).zip(&mut done.calls) {
        let made = of_the_keeper(log.iter().filter(|call| call.subject == *photo));
        let was_struck = struck.lock().unwrap().contains(photo);
        assert_eq!(was_struck, made > number, "{fault:?} at call {number} of {made} of {damage:?}");
        *calls = made.max(*calls);
    }
    let found = audited(app).await;
    ask(app, faults, &json!({"repair": {"report": found.report}})).await.unwrap();
    app.come_to_rest().await;
    struck.lock().unwrap().len()
}
