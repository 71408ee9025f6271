//! The command line of `tintype-local`. A library, so that tests can start the same program as a process of their own.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use tintype_local_s3::Durability;

use crate::by_hand::{self, ByHand};
use crate::say::{self, complain, say};
use crate::stack::{Options, Stack, StartError, access_token};
use crate::{data_dir, forgotten};

/// How long it may take to end once it is told to: twice what an orderly end takes at most.
const PATIENCE: Duration = Duration::from_secs(20);
/// And how long to say why.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Tintype on one machine: page, API, S3, DynamoDB and sign-in in one process, on loopback only.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

#[derive(Subcommand)]
enum Command {
    /// Print an access token for scripts.
    Token(Token),
    #[command(flatten)]
    ByHand(ByHand),
}

#[derive(Args)]
struct Run {
    /// Where photos and catalog are kept.
    #[arg(long, default_value = data_dir::DEFAULT, value_name = "FOLDER")]
    data_dir: PathBuf,
    /// The page's port; S3 and sign-in have the two after it. 0 takes any three.
    #[arg(long, default_value_t = 8470, value_parser = clap::value_parser!(u16).range(..=65533))]
    port: u16,
    /// Keep nothing: a temporary folder, gone when the process ends.
    #[arg(long, conflicts_with = "data_dir")]
    ephemeral: bool,
    /// The largest file taken, in bytes (at most 5 GiB).
    #[arg(long, default_value_t = 1 << 30, value_name = "BYTES")]
    max_file_bytes: u64,
    /// Where the built page is.
    #[arg(long, default_value = "frontend-static/dist", value_name = "FOLDER")]
    page_dir: PathBuf,
    /// How often the keeper runs, in seconds.
    #[arg(long, default_value_t = 900, value_name = "SECONDS")]
    keeper_every: u64,
    /// Print where everything is as one line of JSON, for programs.
    #[arg(long)]
    print_json: bool,
}

#[derive(Args)]
struct Token {
    /// Whose, by the name they sign in with.
    #[arg(long)]
    user: String,
    /// The folder of the running Tintype.
    #[arg(long, default_value = data_dir::DEFAULT, value_name = "FOLDER")]
    data_dir: PathBuf,
}

/// Does what the arguments say. An error is one line on stderr and exit code 1.
pub async fn main() -> ExitCode {
    let cli = Cli::parse();
    // s3s logs whole requests, signatures included; what goes wrong in our S3 we say ourselves.
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned());
    let filter = EnvFilter::new(format!("{filter},s3s=off"));
    let ansi = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(ansi)
        // Where the log cannot be written, as on a full disk, it would complain to the same place, and panic.
        .log_internal_errors(false)
        .init();
    let done = match cli.command {
        Some(Command::Token(token)) => print_token(&token),
        Some(Command::ByHand(asked)) => return by_hand::ask(asked).await,
        None => run(cli.run).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain!("tintype: {message}");
            ExitCode::FAILURE
        }
    }
}

fn print_token(token: &Token) -> Result<(), String> {
    let made = access_token(&token.data_dir, &token.user).map_err(|error| error.to_string())?;
    // Whoever asks for one and gets none must not take it for done.
    say::written(format_args!("{made}")).map_err(|error| format!("the token cannot be printed: {error}"))
}

async fn run(run: Run) -> Result<(), String> {
    let told_to_stop = told_to_stop().map_err(|error| error.to_string())?;
    // Held until the end, when it removes the folder.
    let temporary = run.ephemeral.then(tempfile::tempdir).transpose().map_err(|error| error.to_string())?;
    let data_dir = temporary.as_ref().map_or(run.data_dir, |folder| folder.path().to_owned());
    let mut options = Options::new(data_dir);
    if temporary.is_some() {
        options.durability = Durability::Process;
    }
    options.port = run.port;
    options.page_dir = run.page_dir;
    options.max_file_bytes = run.max_file_bytes;
    options.keeper_every = Duration::from_secs(run.keeper_every.max(1));

    let stack = Stack::start(options).await.map_err(|error: StartError| error.to_string())?;
    if run.print_json {
        say!("{}", serde_json::to_string(&stack.addresses).map_err(|error| error.to_string())?);
    } else {
        say!("Tintype is at {}", stack.addresses.page);
        match temporary {
            Some(_) => say!("Nothing is kept when it ends (--ephemeral)."),
            None => say!("Photos are kept in {}.", stack.addresses.data_dir.display()),
        }
        say!("Press Ctrl-C to stop.");
    }
    match forgotten::is_forgotten(&stack.storage).await {
        Ok(true) => complain!("tintype: {}", forgotten::says(&stack.addresses.data_dir)),
        Ok(false) => {}
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "whether the catalog was lost could not be found out");
        }
    }
    told_to_stop.await;
    stack.stop().await;
    Ok(())
}

/// Ends when the process is told to stop. Listens from now on: whoever reads that everything is there may stop it at
/// once.
///
/// On a thread of its own. The runtime's may all be held up, by a disk or by a log that nobody reads, and whoever says
/// stop is heard all the same: after [`PATIENCE`] the process ends as if it had been killed.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let told = {
        let _inside = runtime.enter();
        signalled()?
    };
    let (say, said) = oneshot::channel();
    thread::Builder::new().name("told-to-stop".to_owned()).spawn(move || {
        runtime.block_on(told);
        // Nobody listens when it ends already.
        let _ = say.send(());
        thread::sleep(PATIENCE);
        // These words may be what it waits for; and `exit` waits for whoever called it before.
        thread::spawn(|| eprintln!("tintype: it did not end in {PATIENCE:?} and is cut off; what was interrupted goes on at the next start"));
        thread::sleep(LAST_WORDS);
        std::process::abort();
    })?;
    Ok(async move {
        // The thread gone means the same.
        let _ = said.await;
    })
}

#[cfg(unix)]
fn signalled() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn signalled() -> std::io::Result<impl Future<Output = ()>> {
    // An error here means that nobody can say stop.
    Ok(async { tokio::signal::ctrl_c().await.unwrap_or_default() })
}
