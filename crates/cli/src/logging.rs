//! Log lines of the process, on standard error. The audit log is another matter.

use claimgate_config::sections::{LogFormat, LogLevel, Logging};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Begins to log as the configuration says.
pub(crate) fn start(logging: Option<&Logging>) {
    let level = match logging.map_or(LogLevel::Info, |logging| logging.level) {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // Libraries write headers and frames at their finer levels, and so credentials.
    let libraries = level.min(LevelFilter::WARN);
    let targets = Targets::new().with_default(libraries).with_target("claimgate", level);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(targets);
    match logging.map_or(LogFormat::Text, |logging| logging.format) {
        LogFormat::Json => registry.with(layer.json()).init(),
        LogFormat::Text => registry.with(layer.with_ansi(false)).init(),
    }
}
