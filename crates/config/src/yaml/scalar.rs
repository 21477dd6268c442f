/// How a plain scalar is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Schema {
    /// The core schema of YAML 1.2 (§10.3.2): `yes` is a text.
    Core,
    /// As Kubernetes reads its files, with YAML 1.1's booleans, octal and sexagesimal numbers.
    Kubernetes,
}

/// What a plain scalar is.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text,
}

impl Schema {
    pub(crate) fn resolve(self, text: &str) -> Resolved {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
            "true" | "True" | "TRUE" => return Resolved::Bool(true),
            "false" | "False" | "FALSE" => return Resolved::Bool(false),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
            ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
            _ => {}
        }
        match self {
            Self::Core => core_number(text),
            Self::Kubernetes => kubernetes_scalar(text),
        }
        .unwrap_or(Resolved::Text)
    }
}

fn core_number(text: &str) -> Option<Resolved> {
    if let Some(digits) = text.strip_prefix("0o") {
        return i128::from_str_radix(digits, 8).ok().map(Resolved::Integer);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return i128::from_str_radix(digits, 16).ok().map(Resolved::Integer);
    }
    decimal(text)
}

/// `[-+]?[0-9]+` or a float of YAML 1.2; Rust alone would read `inf` and `nan` as well.
fn decimal(text: &str) -> Option<Resolved> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let numeric = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    if !body.bytes().all(numeric) || !body.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    if body.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Resolved::Integer).or_else(|| text.parse().ok().map(Resolved::Float));
    }
    text.parse().ok().map(Resolved::Float)
}

fn kubernetes_scalar(text: &str) -> Option<Resolved> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Some(Resolved::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Some(Resolved::Bool(false)),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return None;
    }
    let plain = text.replace('_', "");
    let (sign, body) = match plain.strip_prefix('-') {
        Some(body) => (-1, body),
        None => (1, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let radix = |prefix: &str, radix| {
        let digits = body.strip_prefix(prefix)?;
        i128::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with(['+', '-']))
    };
    let octal =
        || (body.len() > 1 && body.bytes().all(|b| b.is_ascii_digit())).then(|| radix("0", 8)).flatten();
    let integer = radix("0x", 16).or_else(|| radix("0b", 2)).or_else(|| radix("0o", 8)).or_else(octal);
    integer.map(|value| Resolved::Integer(sign * value)).or_else(|| decimal(&plain))
}
