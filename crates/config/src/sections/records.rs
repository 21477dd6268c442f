use std::time::Duration;

use crate::decode::{At, Decode, Decoder, Shape, choice, not_one_of, section, wrong_type};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::{Node, Value};

section! {
    /// The record of decisions, one JSON line each.
    pub struct Audit {
        /// Where the records go: `stdout`, `off`, or a file.
        "to" to: AuditSink = default("stdout") restart(value),
        /// Whether allowed requests are recorded as well as refused ones.
        "allowed" allowed: bool = default("true"),
        /// A file with the key of the digests that stand for credentials; without it the key lives as long as the process.
        "digestKeyFile" digest_key_file: Option<At<String>> = optional,
    }
}

/// Where audit records go.
#[derive(Clone, Debug)]
pub enum AuditSink {
    /// Standard output.
    Stdout,
    /// Nowhere.
    Off,
    /// A file.
    File(AuditFile),
}

impl PartialEq for AuditSink {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stdout, Self::Stdout) | (Self::Off, Self::Off) => true,
            (Self::File(one), Self::File(other)) => one.path == other.path,
            _ => false,
        }
    }
}

section! {
    /// A file that audit records are appended to.
    pub struct AuditFile {
        /// The file. It is opened again on SIGHUP, so that it can be rotated.
        "path" path: At<String> = required,
    }
}

impl Decode for AuditSink {
    fn shape() -> Shape {
        Shape::Either(vec![
            Shape::Choice(vec!["stdout", "off"]),
            Shape::Tagged(vec![("file", AuditFile::shape())]),
        ])
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => {
                let (_, value) = one_of_keys(node, &["file"], decoder)?;
                AuditFile::decode(value, decoder).map(Self::File)
            }
            Value::Scalar(scalar) if scalar.text == "stdout" => Some(Self::Stdout),
            // Unquoted `off` is a text in YAML 1.2.
            Value::Scalar(scalar) if scalar.text == "off" => Some(Self::Off),
            Value::Scalar(scalar) => not_one_of(node, &scalar.text, &["stdout", "off", "file"], decoder),
            Value::List(_) => {
                wrong_type(node, "`stdout`, `off` or `file: …`", decoder);
                None
            }
        }
    }
}

/// The key and value of a mapping that must have exactly one key, of `known`.
pub(super) fn one_of_keys<'n>(
    node: &'n Node<'n>,
    known: &[&str],
    decoder: &mut Decoder<'_>,
) -> Option<(&'n str, &'n Node<'n>)> {
    let Value::Map(entries) = &node.value else {
        wrong_type(node, "a mapping", decoder);
        return None;
    };
    let [entry] = entries.as_slice() else {
        let expected = format!("exactly one of {}", crate::decode::quoted(known));
        let problem = Diagnostic::error(
            Code::ConflictingKeys,
            &decoder.place(node.spot),
            format!("{} keys where one is due", entries.len()),
        );
        decoder.problems.push(problem.expected(expected));
        return None;
    };
    if known.contains(&entry.key.as_ref()) {
        return Some((&entry.key, &entry.value));
    }
    let place = decoder.place(entry.spot);
    let mut problem = Diagnostic::error(Code::UnknownKey, &place, format!("unknown key `{}`", entry.key));
    problem = match claimgate_rules::closest(&entry.key, known) {
        Some(close) => problem.hint(format!("did you mean `{close}`?")),
        None => problem.expected(format!("one of {}", crate::decode::quoted(known))),
    };
    decoder.problems.push(problem);
    None
}

section! {
    /// The log, on standard error.
    pub struct Logging {
        /// The least important level that is written.
        "level" level: LogLevel = default("info") restart(value),
        /// Lines for people, or JSON.
        "format" format: LogFormat = default("text") restart(value),
    }
}

choice! {
    /// A log level.
    pub enum LogLevel {
        /// What stops the gate from working.
        Error = "error",
        /// What somebody should look at.
        Warn = "warn",
        /// What happens.
        Info = "info",
        /// What helps to find a fault.
        Debug = "debug",
        /// Everything. Never a token.
        Trace = "trace",
    }
}

choice! {
    /// The form of log lines.
    pub enum LogFormat {
        /// Lines for people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

section! {
    /// When `/readyz` answers 200.
    pub struct Readiness {
        /// Names of trust entries whose issuers' keys must be there first; waited for at most `limits.readinessWait`.
        "waitFor" wait_for: Vec<At<String>> = optional restart(value),
    }
}

/// A duration of the configuration.
pub(super) type Time = At<Duration>;
