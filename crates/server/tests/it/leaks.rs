//! Watches the logs of the whole binary for tokens: every piece of a token that a test makes is known, and
//! every line at trace level is searched for them as it is written.

use std::collections::HashSet;
use std::io;
use std::sync::{LazyLock, Mutex, Once, PoisonError};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;

/// The length of the pieces. Whatever holds twice as many characters of a token in a row holds a piece.
const PIECE: usize = 20;

static WATCH: LazyLock<Watch> = LazyLock::new(Watch::default);

#[derive(Default)]
struct Watch {
    pieces: Mutex<HashSet<[u8; PIECE]>>,
    found: Mutex<Vec<String>>,
    lines: Mutex<usize>,
}

/// Begins to watch, at trace level; libraries as the command has them.
pub(crate) fn watch_logs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let targets =
            Targets::new().with_default(LevelFilter::WARN).with_target("claimgate", LevelFilter::TRACE);
        let layer = tracing_subscriber::fmt::layer().with_writer(|| Lines).with_ansi(false);
        let subscriber = tracing_subscriber::registry().with(targets).with(layer);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

/// Makes a token known. Its header is left out, which many tokens share.
pub(crate) fn register(token: &str) {
    let secret = token.split_once('.').map_or(token, |(_, secret)| secret);
    let mut pieces = WATCH.pieces.lock().unwrap_or_else(PoisonError::into_inner);
    for part in secret.split('.') {
        pieces.extend(
            part.as_bytes().chunks_exact(PIECE).filter_map(|piece| <[u8; PIECE]>::try_from(piece).ok()),
        );
    }
}

/// Whether `text` holds a piece of a known token.
pub(crate) fn holds_token(text: &str) -> bool {
    let pieces = WATCH.pieces.lock().unwrap_or_else(PoisonError::into_inner);
    text.as_bytes().windows(PIECE).any(|window| pieces.contains(window))
}

/// Fails if a line of the logs so far held a token. Returns how many lines there were.
pub(crate) fn assert_none() -> usize {
    let found = WATCH.found.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(found.is_empty(), "tokens in the log: {found:?}");
    *WATCH.lines.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        *WATCH.lines.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        if holds_token(&text) {
            WATCH.found.lock().unwrap_or_else(PoisonError::into_inner).push(text.into_owned());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
