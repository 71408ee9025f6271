//! Which calls are struck: by number, or drawn from the seed.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Call, Fault};

/// How often the SDK tries a call: a fault that strikes all of them fails the invocation.
pub const ALL_TRIES: usize = 4;

/// A fault at one call of one photo, for so many tries of it in a row.
#[derive(Clone, Debug)]
pub struct Strike {
    /// Which of its calls.
    pub call: usize,
    /// What becomes of it.
    pub fault: Fault,
    /// How many tries.
    pub tries: usize,
}

/// Each photo has its own strikes.
pub fn strikes(plans: BTreeMap<String, Vec<Strike>>) -> impl Fn(&Call) -> Option<Fault> + Send + Sync {
    move |call| {
        let hit = |strike: &&Strike| strike.call == call.ordinal && call.attempt < strike.tries;
        plans.get(&call.subject)?.iter().find(hit).map(|strike| strike.fault.clone())
    }
}

/// A number drawn from these parts alone: the same whenever and wherever it is asked for.
pub fn drawn(seed: u64, parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, parts).hash(&mut hasher);
    hasher.finish()
}

/// Strikes about one call in `one_in`, up to `most` tries of it in a row, with any of these faults.
pub fn random(seed: u64, one_in: u64, most: usize, faults: Vec<Fault>) -> impl Fn(&Call) -> Option<Fault> {
    move |call| {
        let draw = drawn(seed, (&call.subject, call.ordinal));
        let tries = 1 + usize::try_from(draw >> 40).unwrap_or_default() % most;
        let strikes = draw.is_multiple_of(one_in) && call.attempt < tries;
        let which = usize::try_from(draw >> 20 & 0xFFFF).unwrap_or_default() % faults.len();
        strikes.then(|| faults[which].clone())
    }
}
