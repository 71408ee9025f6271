//! How much is tried, and with which seed: `make test` tries a little of everything, `make soak` all of it.

use std::env;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

struct Soak {
    all: bool,
    seed: u64,
}

/// `TINTYPE_SOAK=1` tries all of it; `TINTYPE_SEED` repeats a run.
static SOAK: LazyLock<Soak> = LazyLock::new(|| {
    let all = env::var("TINTYPE_SOAK").is_ok_and(|value| value == "1");
    let given = env::var("TINTYPE_SEED").ok().map(|seed| seed.parse().expect("TINTYPE_SEED is a number"));
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    // Tests that run on every change try the same each time; a soak is worth its time if it tries what is new.
    let seed = given.unwrap_or_else(|| if all { clock() } else { 1 });
    Soak { all, seed }
});

/// How many: a few for each change, all of them for a soak.
pub fn many<N>(few: N, all: N) -> N {
    if SOAK.all { all } else { few }
}

/// Where randomness begins; printed with every figure.
pub fn seed() -> u64 {
    SOAK.seed
}

/// Prints the figure of a row of docs/RELIABILITY.md.
pub fn row(number: u32, figure: &str) {
    println!("row {number}: {figure} (seed {})", seed());
}
