use std::io::{self, BufRead, Read as _, Write};

use claimgate_json::{Json, Limits, parse};
use clap::ValueEnum as _;
use serde_json::{Value, json};

use super::trial::{Dialect, Kind, Subject, Trial};

/// The longest line that is read; what follows of a longer one is passed over.
const LINE_BYTES: u64 = 8 << 20;
/// A line as it is to be written.
const AS_WRITTEN: &str = r#"write `{"id": 1, "claims": {…}, "expression": "…"}`"#;
/// The claims' depth, and the line's own.
const DEPTH: usize = 33;

/// Answers each line of `input` with one of `output`, whatever it holds.
///
/// # Errors
/// Input or output broke off.
pub(super) fn run(mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
            return output.flush();
        }
        let whole = line.ends_with(b"\n") || line.len() as u64 != LINE_BYTES;
        if !whole {
            pass_over_line(&mut input)?;
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let answer = if whole { answer(text) } else { failure(&Value::Null, "load", "the line is too long") };
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        // Whoever writes a line and waits for its answer is not kept waiting.
        if input.fill_buf()?.is_empty() || !has_line(&mut input)? {
            output.flush()?;
        }
    }
}

fn has_line(input: &mut impl BufRead) -> io::Result<bool> {
    Ok(input.fill_buf()?.contains(&b'\n'))
}

fn pass_over_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        if let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            input.consume(end + 1);
            return Ok(());
        }
        let length = buffer.len();
        input.consume(length);
    }
}

fn answer(line: &[u8]) -> Value {
    let question = match parse(line, Limits { depth: DEPTH }) {
        Ok(question) => question,
        Err(error) => {
            // A reader that is less strict may still find out whose line this is.
            let lenient: Option<Value> = serde_json::from_slice(line).ok();
            let id = lenient.and_then(|question| question.get("id").cloned()).unwrap_or_default();
            return failure(&id, "load", &error.to_string());
        }
    };
    let id = question.get("id").map_or(Value::Null, to_value);
    match try_one(&question) {
        Ok(Ok(value)) => json!({ "id": id, "value": to_value(&value) }),
        Ok(Err(error)) => failure(&id, error.class, &error.message),
        Err(message) => failure(&id, "load", &message),
    }
}

fn try_one(question: &Json) -> Result<Result<Json, super::trial::TrialError>, String> {
    if question.as_object().is_none() {
        return Err(format!("a line is an object; hint: {AS_WRITTEN}"));
    }
    let text = |name: &str| match question.get(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(&**text)),
        Some(_) => Err(format!("`{name}` is not a string")),
    };
    let dialect = match text("dialect")? {
        None => Dialect::default(),
        Some(name) => Dialect::from_str(name, false)
            .map_err(|_| format!("unknown dialect `{name}`; hint: it is `cel`, `kubernetes` or `expr`"))?,
    };
    let kind = match text("kind")? {
        None => Kind::default(),
        Some(name) => Kind::from_str(name, false)
            .map_err(|_| format!("unknown kind `{name}`; hint: `claimgate rule --help` names them"))?,
    };
    let expression = text("expression")?.ok_or(format!("`expression` is missing; hint: {AS_WRITTEN}"))?;
    let subject = match (question.get("user"), question.get("claims")) {
        (Some(user), _) if kind == Kind::UserValidation => Subject::user(user)?,
        (_, Some(claims @ Json::Object(_))) => Subject::Claims(claims.clone()),
        (_, Some(other)) => return Err(format!("`claims` is a {}, not an object", other.kind())),
        (_, None) if kind == Kind::UserValidation => return Err("`user` is missing".to_owned()),
        (_, None) => return Err(format!("`claims` is missing; hint: {AS_WRITTEN}")),
    };
    Ok(Trial { dialect, kind, expression, subject: &subject }.run(None))
}

fn failure(id: &Value, class: &str, message: &str) -> Value {
    json!({ "id": id, "error": class, "message": message })
}

/// The document for serde's writer. The reader was the stricter one, so this does not fail.
fn to_value(json: &Json) -> Value {
    serde_json::from_str(&json.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &[u8]) -> Vec<Value> {
        let mut output = Vec::new();
        run(input, &mut output).unwrap();
        output
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn each_line_gets_its_answer() {
        let input = br#"{"id":1,"dialect":"cel","kind":"username","claims":{"sub":"x"},"expression":"'a:' + claims.sub"}
{"id":"two","dialect":"kubernetes","claims":{"g":["a"]},"expression":"claims.g.exists(g, g == 'a')"}
{"id":3,"dialect":"expr","claims":{"n":5},"expression":"n"}
{"id":4,"dialect":"expr","claims":{"n":5},"expression":"n == 5"}
{"id":5,"kind":"groups","claims":{},"expression":"claims.g"}
{"id":6,"kind":"userValidation","user":{"username":"x","groups":["a"]},"expression":"'a' in user.groups"}"#;
        let answers = answers(input);
        assert_eq!(answers[0], json!({ "id": 1, "value": "a:x" }));
        assert_eq!((&answers[1]["id"], &answers[1]["error"]), (&json!("two"), &json!("load")));
        assert_eq!(answers[2]["error"], "type");
        assert_eq!(answers[3], json!({ "id": 4, "value": true }));
        assert_eq!(answers[4]["error"], "run");
        assert_eq!(answers[5], json!({ "id": 6, "value": true }));
    }

    #[test]
    fn hostile_lines_get_an_answer_each() {
        let nest = |text: &str, depth: usize| text.repeat(depth);
        let deep =
            json!({ "id": "deep", "claims": {}, "expression": nest("(", 20_000) + "1" + &nest(")", 20_000) });
        let long = json!({ "id": "long", "claims": {}, "expression": nest("1 == 1 || ", 100_000) + "true" });
        let lists =
            format!("{{\"claims\":{}{},\"expression\":\"true\"}}", nest("[", 20_000), nest("]", 20_000));
        let range =
            json!({ "id": "range", "claims": {}, "expression": "lists.range(1000000000).all(x, x >= 0)" });
        let twice = r#"{"id":"twice","claims":{"a":1,"a":2},"expression":"true"}"#;
        let control = json!({ "id": "control", "claims": {}, "expression": "'\u{0}\u{202e}' == '\u{0}'" });
        let mut input =
            [deep.to_string(), long.to_string(), lists, range.to_string(), twice.into(), control.to_string()]
                .join("\n")
                .into_bytes();
        input.extend_from_slice(b"\nnot json\n{\"id\":\"\xff\"}\n");
        input.extend(std::iter::repeat_n(b'x', 9 << 20));
        input.extend_from_slice(b"\n{\"id\":\"after\",\"claims\":{},\"expression\":\"true\"}\n");
        let answers = answers(&input);
        let ids: Vec<_> = answers.iter().map(|answer| answer["id"].clone()).collect();
        let expected = [
            json!("deep"),
            json!("long"),
            Value::Null,
            json!("range"),
            json!("twice"),
            json!("control"),
            Value::Null,
            Value::Null,
            Value::Null,
            json!("after"),
        ];
        assert_eq!(ids, expected);
        let failed = answers.iter().filter(|answer| answer.get("error").is_some()).count();
        assert_eq!(failed, 8, "{answers:#?}");
    }
}
