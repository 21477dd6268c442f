use std::collections::BTreeMap;

use claimgate_json::{Json, Limits, parse};

/// The annotation that holds a JSON object: claims with lists of accepted texts.
pub const CLAIMS: &str = "rbac.kargo.akuity.io/claims";
/// What the annotations of single claims begin with; the claim's name follows, and the value is a list
/// with commas.
pub const CLAIM_PREFIX: &str = "rbac.kargo.akuity.io/claim.";

/// The annotation as it is to be written.
const AS_WRITTEN: &str = r#"a JSON object of lists, `{"groups": ["dev"]}`"#;

/// The oldest annotations, with the claims they stand for.
const OLDEST: [(&str, &str); 3] = [
    ("rbac.kargo.akuity.io/sub", "sub"),
    ("rbac.kargo.akuity.io/email", "email"),
    ("rbac.kargo.akuity.io/groups", "groups"),
];

/// Whether accepted values stand in the annotation.
pub fn is_annotation(name: &str) -> bool {
    name == CLAIMS || claim_of(name).is_some()
}

/// The claim that an annotation of a single claim is about.
fn claim_of(annotation: &str) -> Option<&str> {
    let oldest = OLDEST.iter().find(|(name, _)| *name == annotation).map(|(_, claim)| *claim);
    annotation.strip_prefix(CLAIM_PREFIX).or(oldest)
}

/// What the annotations of one account accept, all forms united.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    /// Claims with an accepted value each, in their order, none twice.
    pub(super) values: Box<[(Box<str>, Box<str>)]>,
    /// Why the annotation [`CLAIMS`] has no effect, if it has none.
    pub(super) fault: Option<String>,
}

impl Accepted {
    /// `None` without any of the annotations.
    pub(super) fn read(annotations: &BTreeMap<String, String>) -> Option<Self> {
        let (mut values, mut fault, mut any) = (Vec::new(), None, false);
        for (annotation, text) in annotations {
            if annotation == CLAIMS {
                any = true;
                match read_object(text) {
                    Ok(claims) => values.extend(claims),
                    Err(wrong) => fault = Some(wrong),
                }
                continue;
            }
            let Some(claim) = claim_of(annotation) else { continue };
            any = true;
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            values.extend(items.map(|item| (claim.into(), item.into())));
        }
        values.sort_unstable();
        values.dedup();
        any.then(|| Self { values: values.into(), fault })
    }
}

/// The claims of the object with one accepted text each, or why the whole annotation has no effect: one
/// value that is no list of texts spoils it, a null does not.
fn read_object(text: &str) -> Result<Vec<(Box<str>, Box<str>)>, String> {
    let document = parse(text.as_bytes(), Limits::default())
        .map_err(|error| format!("{error}; hint: write {AS_WRITTEN}, in quotes that YAML leaves alone"))?;
    let members = match &document {
        Json::Null => return Ok(Vec::new()),
        Json::Object(members) => members,
        other => return Err(format!("it is {}, not an object; hint: write {AS_WRITTEN}", named(other))),
    };
    let mut accepted = Vec::new();
    for (claim, value) in members.iter() {
        let items = match value {
            Json::Null => continue,
            Json::Array(items) => items,
            Json::String(_) => {
                return Err(format!("claim `{claim}` has a text; hint: write a list of texts, `[{value}]`"));
            }
            Json::Number(_) | Json::Bool(_) => {
                let found = named(value);
                let hint = format!("hint: write a list of texts, `[\"{value}\"]`");
                return Err(format!("claim `{claim}` has {found}; {hint}"));
            }
            Json::Object(_) => {
                return Err(format!("claim `{claim}` has an object; hint: write a list of texts, `[\"…\"]`"));
            }
        };
        for item in items {
            match item {
                // An empty text is a value here, otherwise than in a list with commas.
                Json::String(item) => accepted.push((claim.into(), item.trim().into())),
                Json::Null => {}
                Json::Number(_) | Json::Bool(_) => {
                    let found = named(item);
                    return Err(format!("claim `{claim}` has {found} in its list; hint: write `\"{item}\"`"));
                }
                Json::Array(_) | Json::Object(_) => {
                    let found = named(item);
                    return Err(format!(
                        "claim `{claim}` has {found} in its list; hint: a list holds texts only"
                    ));
                }
            }
        }
    }
    Ok(accepted)
}

/// What a value is, with its article.
fn named(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(annotations: &[(&str, &str)]) -> Option<Accepted> {
        Accepted::read(&annotations.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect())
    }

    #[test]
    fn every_form_is_read() {
        for (name, annotation, text, expected) in [
            (
                "JSON",
                CLAIMS,
                r#"{"groups":["dev"," ops "],"email":["a@x"]}"#,
                "email=a@x groups=dev groups=ops",
            ),
            ("JSON, an empty text", CLAIMS, r#"{"a":["  "]}"#, "a="),
            ("JSON, a null member", CLAIMS, r#"{"x":null,"groups":["dev"]}"#, "groups=dev"),
            ("JSON, a null item", CLAIMS, r#"{"groups":["dev",null]}"#, "groups=dev"),
            ("JSON null", CLAIMS, "null", ""),
            ("JSON, any name", CLAIMS, r#"{"cognito:groups":["a,b"],"":["c"]}"#, "=c cognito:groups=a,b"),
            (
                "one claim",
                "rbac.kargo.akuity.io/claim.groups",
                " dev,, release ,",
                "groups=dev groups=release",
            ),
            ("one claim without a name", "rbac.kargo.akuity.io/claim.", "x", "=x"),
            ("one value twice", "rbac.kargo.akuity.io/claim.groups", "dev, dev", "groups=dev"),
            ("no value", "rbac.kargo.akuity.io/claim.groups", " , ", ""),
            ("oldest sub", "rbac.kargo.akuity.io/sub", "1,2", "sub=1 sub=2"),
            ("oldest email", "rbac.kargo.akuity.io/email", "a@x", "email=a@x"),
            ("oldest groups", "rbac.kargo.akuity.io/groups", "dev", "groups=dev"),
        ] {
            let accepted = read(&[(annotation, text)]).unwrap();
            let flat: Vec<String> =
                accepted.values.iter().map(|(claim, value)| format!("{claim}={value}")).collect();
            assert_eq!(flat.join(" "), expected, "{name}");
            assert_eq!(accepted.fault, None, "{name}");
        }
    }

    #[test]
    fn a_value_that_is_no_list_of_texts_spoils_the_object_but_no_other_annotation() {
        for text in [
            r#"{"groups":["dev"],"level":3}"#,
            r#"{"groups":["dev"],"email":"a@x"}"#,
            r#"{"groups":["dev"],"a":{}}"#,
            r#"{"groups":["dev"],"a":true}"#,
            r#"{"groups":["dev",3]}"#,
            r#"{"groups":["dev",["ops"]]}"#,
            r#"{"groups":["dev"]"#,
            r#"{"groups":["dev"],"groups":["ops"]}"#,
            r#"["dev"]"#,
            "dev",
            "",
        ] {
            let accepted = read(&[(CLAIMS, text), ("rbac.kargo.akuity.io/claim.sub", "1")]).unwrap();
            assert!(accepted.fault.is_some(), "{text}");
            assert_eq!(*accepted.values, [("sub".into(), "1".into())], "{text}");
        }
    }

    #[test]
    fn other_annotations_are_none() {
        for name in ["rbac.kargo.akuity.io/managed", "rbac.kargo.akuity.io/name", "claims", "x/claim.groups"]
        {
            assert!(read(&[(name, "true")]).is_none(), "{name}");
        }
    }
}
