//! A record as a line of the log.

use std::io::Write as _;

use claimgate_core::audit::{AuditRecord, AuditedCredential, AuditedRequest};
use claimgate_core::decision::DenyReason;
use claimgate_core::identity::Identity;
use claimgate_core::policy::ShadowMatch;
use claimgate_core::time::Timestamp;
use jiff::tz::Offset;

/// Room for most lines.
const USUAL_BYTES: usize = 1024;

/// Version 1 of the schema as JSON, with its line feed: every field, `null` where there is nothing.
///
/// It is written by hand since this is a good part of what a recorded decision costs.
pub(super) fn line(record: &AuditRecord<'_>) -> Vec<u8> {
    let mut line = Line(Vec::with_capacity(USUAL_BYTES));
    line.raw("{\"version\":1,\"time\":");
    line.time(record.time);
    line.raw(",\"decisionId\":\"");
    line.0.extend_from_slice(&record.decision_id.as_hex());
    line.raw("\",\"requestId\":");
    line.optional(record.request_id, Line::text);
    line.raw(",\"traceId\":");
    line.optional(record.trace_id, Line::text);
    line.raw(",\"adapter\":");
    line.text(record.adapter);
    line.raw(",\"route\":");
    line.optional(record.route, Line::text);
    line.raw(",\"outcome\":");
    line.text(record.outcome.as_str());
    line.raw(",\"status\":");
    line.number(record.status.into());
    line.raw(",\"code\":");
    line.optional(record.reason.map(DenyReason::code), Line::text);
    line.raw(",\"detail\":");
    line.optional(record.detail, Line::text);
    line.raw(",\"request\":");
    line.request(&record.request);
    line.raw(",\"credential\":");
    line.optional(record.credential, Line::credential);
    line.raw(",\"identity\":");
    line.optional(record.identity, Line::identity);
    line.raw(",\"serviceAccount\":null,\"account\":null,\"rule\":");
    line.optional(record.rule, Line::text);
    line.raw(",\"shadow\":");
    line.optional(record.shadow, |line, matches| line.list(matches, Line::shadow));
    line.raw(",\"exempt\":");
    line.raw(if record.exempt { "true" } else { "false" });
    line.raw(",\"durationMicroseconds\":");
    line.number(record.duration_microseconds);
    line.raw("}\n");
    line.0
}

struct Line(Vec<u8>);

impl Line {
    fn raw(&mut self, json: &str) {
        self.0.extend_from_slice(json.as_bytes());
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.raw("null"),
        }
    }

    fn list<'a, T>(&mut self, items: &'a [T], write: impl Fn(&mut Self, &'a T)) {
        self.raw("[");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw("]");
    }

    fn text(&mut self, text: &str) {
        self.raw("\"");
        let special = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
        // Without an early end, so that many bytes are looked at at once.
        if text.as_bytes().iter().fold(false, |any, byte| any | special(byte)) {
            for byte in text.bytes() {
                match byte {
                    b'"' | b'\\' => self.0.extend_from_slice(&[b'\\', byte]),
                    b'\n' => self.raw("\\n"),
                    ..b' ' => {
                        // Writing into a `Vec` does not fail.
                        let _ = write!(self.0, "\\u{byte:04x}");
                    }
                    _ => self.0.push(byte),
                }
            }
        } else {
            self.raw(text);
        }
        self.raw("\"");
    }

    fn number(&mut self, number: u64) {
        let mut digits = [b'0'; 20];
        let mut rest = number;
        let mut length = 0;
        for digit in digits.iter_mut().rev() {
            *digit = decimal(rest);
            rest /= 10;
            length += 1;
            if rest == 0 {
                break;
            }
        }
        self.0.extend_from_slice(digits.get(digits.len() - length..).unwrap_or_default());
    }

    /// RFC 3339, UTC, milliseconds.
    fn time(&mut self, time: Timestamp) {
        let Ok(time) = jiff::Timestamp::from_millisecond(time.as_milliseconds()) else {
            return self.raw("null");
        };
        let time = Offset::UTC.to_datetime(time);
        let (hundreds, years) = (time.year() / 100, time.year() % 100);
        let pairs = [hundreds, years, time.month().into(), time.day().into()];
        let clock = [time.hour(), time.minute(), time.second()];
        let mut text = *b"\"0000-00-00T00:00:00.000Z\"";
        let places = [1, 3, 6, 9, 12, 15, 18];
        let values = pairs.into_iter().chain(clock.into_iter().map(i16::from));
        for (place, value) in places.into_iter().zip(values) {
            let value = u64::try_from(value).unwrap_or_default();
            set(&mut text, place, decimal(value / 10));
            set(&mut text, place + 1, decimal(value));
        }
        let milliseconds = u64::try_from(time.millisecond()).unwrap_or_default();
        set(&mut text, 21, decimal(milliseconds / 100));
        set(&mut text, 22, decimal(milliseconds / 10));
        set(&mut text, 23, decimal(milliseconds));
        self.0.extend_from_slice(&text);
    }

    fn request(&mut self, request: &AuditedRequest<'_>) {
        self.raw("{\"method\":");
        self.text(request.method);
        self.raw(",\"host\":");
        self.text(request.host);
        self.raw(",\"path\":");
        self.text(request.path);
        self.raw(",\"client\":");
        self.optional(request.client, |line, client| {
            // Writing into a `Vec` does not fail.
            let _ = write!(line.0, "\"{client}\"");
        });
        self.raw("}");
    }

    fn credential(&mut self, credential: &AuditedCredential) {
        self.raw("{\"kind\":");
        self.text(credential.kind);
        self.raw(",\"entry\":");
        self.optional(credential.entry.as_deref(), Self::text);
        self.raw(",\"digest\":");
        self.text(&credential.digest);
        self.raw("}");
    }

    fn identity(&mut self, identity: &Identity) {
        self.raw("{\"username\":");
        self.text(identity.username());
        self.raw(",\"uid\":");
        self.text(identity.uid());
        self.raw(",\"groups\":");
        self.list(identity.groups(), |line, group| line.text(group));
        self.raw("}");
    }

    fn shadow(&mut self, found: &ShadowMatch) {
        self.raw("{\"effect\":");
        self.text(found.effect.as_str());
        self.raw(",\"rule\":");
        self.text(&found.rule);
        self.raw(",\"error\":");
        self.optional(found.error.as_deref(), Self::text);
        self.raw("}");
    }
}

fn set(text: &mut [u8], place: usize, digit: u8) {
    if let Some(byte) = text.get_mut(place) {
        *byte = digit;
    }
}

/// The last decimal digit of a number.
fn decimal(number: u64) -> u8 {
    b'0' + u8::try_from(number % 10).unwrap_or_default()
}

#[cfg(test)]
mod tests;
