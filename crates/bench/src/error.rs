use std::io;

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// A file, a socket or a process.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A program of the run did not do its part.
    #[error("{0}")]
    Failed(String),
}

impl BenchError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }
}

/// Names what failed.
pub(crate) trait Context<T> {
    fn context(self, what: &str) -> Result<T, BenchError>;
}

impl<T, E: std::fmt::Display> Context<T> for Result<T, E> {
    fn context(self, what: &str) -> Result<T, BenchError> {
        self.map_err(|error| BenchError::Failed(format!("{what}: {error}")))
    }
}

impl<T> Context<T> for Option<T> {
    fn context(self, what: &str) -> Result<T, BenchError> {
        self.ok_or_else(|| BenchError::Failed(what.to_owned()))
    }
}
