use std::io::{self, BufRead, Read as _, Write};

use claimgate_json::{Json, Limits, Object, parse};
use serde::Deserialize;

use super::answer::{Refusal, Stage, answer};
use super::question::{Dialect, Kind, Person, Question, Subject};

/// Bytes of a line; a source of 1 MiB fits, whatever its escapes.
const LONGEST_LINE: u64 = 8 << 20;
/// Claims may be nested far deeper than a token's, so that limits can be tried.
const DEEPEST: usize = 200;

/// Answers each line of `questions` with one line, whatever it holds.
pub(super) fn run(mut questions: impl BufRead, mut answers: impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if questions.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let ended = line.pop_if(|last| *last == b'\n').is_some();
        let cut = !ended && line.len() as u64 == LONGEST_LINE;
        if cut {
            questions.skip_until(b'\n')?;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let text = if cut {
            failure(Some(&Json::Null), &Refusal::new(Stage::Load, "the line is longer than 8 MiB"))
        } else {
            answer_line(&line)
        };
        match writeln!(answers, "{text}").and_then(|()| answers.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
}

fn answer_line(line: &[u8]) -> String {
    let document = match parse(line, Limits { depth: DEEPEST }) {
        Ok(document) => document,
        Err(error) => {
            return failure(Some(&id_of(line)), &Refusal::new(Stage::Load, error.to_string()));
        }
    };
    let id = document.get("id").filter(|id| is_plain(id)).cloned().unwrap_or(Json::Null);
    match question(document).and_then(|question| answer(&question, None)) {
        Ok(answer) => success(Some(&id), &answer.value),
        Err(refusal) => failure(Some(&id), &refusal),
    }
}

/// The id of a line that is not strict JSON, if a lenient reader finds one.
fn id_of(line: &[u8]) -> Json {
    #[derive(Deserialize)]
    struct Head {
        id: String,
    }
    serde_json::from_slice::<Head>(line).map_or(Json::Null, |head| Json::from(head.id))
}

fn is_plain(id: &Json) -> bool {
    matches!(id, Json::String(_) | Json::Number(_))
}

fn question(document: Json) -> Result<Question, Refusal> {
    let wrong = |message: String| Refusal::new(Stage::Load, message);
    let Json::Object(mut members) = document else {
        return Err(wrong("the line is not an object".into()));
    };
    let dialect = choice(&members, "dialect")?;
    let dialect = dialect.ok_or_else(|| wrong("`dialect` is missing".into()))?;
    let kind: Option<Kind> = choice(&members, "kind")?;
    let kind = match (kind, dialect) {
        (Some(kind), _) => kind,
        (None, Dialect::Expr) => Kind::ClaimValidation,
        (None, _) => return Err(wrong("`kind` is missing".into())),
    };
    let expression = match members.remove("expression") {
        Some(Json::String(source)) => source.into_string(),
        _ => return Err(wrong("`expression` must be a text".into())),
    };
    let subject = match (members.remove("claims"), members.remove("user")) {
        (_, Some(user)) if kind == Kind::UserValidation => Subject::User(Person::read(&user).map_err(wrong)?),
        (Some(Json::Object(claims)), _) => Subject::Claims(claims),
        (Some(other), _) => {
            return Err(wrong(format!("`claims` must be an object, and is a {}", other.kind())));
        }
        (None, Some(_)) => return Err(wrong("`user` is read by the kind `userValidation` alone".into())),
        (None, None) => return Err(wrong("`claims` or `user` is missing".into())),
    };
    Ok(Question { dialect, kind, subject, expression })
}

fn choice<T: clap::ValueEnum>(members: &Object, name: &str) -> Result<Option<T>, Refusal> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let known = value.as_str().and_then(|text| T::from_str(text, false).ok());
    known.map(Some).ok_or_else(|| Refusal::new(Stage::Load, format!("`{name}` has an unknown value")))
}

/// The line of an answer; without an id for a single question.
pub(super) fn success(id: Option<&Json>, value: &Json) -> String {
    format!("{{{}\"value\":{value}}}", head(id))
}

/// The line of a refusal.
pub(super) fn failure(id: Option<&Json>, refusal: &Refusal) -> String {
    let stage = refusal.stage.as_str();
    let message = Json::from(refusal.message.as_str());
    format!("{{{}\"error\":\"{stage}\",\"message\":{message}}}", head(id))
}

fn head(id: Option<&Json>) -> String {
    id.map_or_else(String::new, |id| format!("\"id\":{id},"))
}
