//! Log lines of the process, on standard error. The audit log is another matter.

use claimgate_config::sections::{LogFormat, LogLevel, Logging};
use tracing_subscriber::filter::LevelFilter;

/// Begins to log as the configuration says.
pub(crate) fn start(logging: Option<&Logging>) {
    let level = match logging.map_or(LogLevel::Info, |logging| logging.level) {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let builder = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level);
    match logging.map_or(LogFormat::Text, |logging| logging.format) {
        LogFormat::Json => builder.json().init(),
        LogFormat::Text => builder.with_ansi(false).init(),
    }
}
