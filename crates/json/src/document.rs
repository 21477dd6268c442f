use std::fmt;

use crate::Number;

/// A JSON value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number with its own digits.
    Number(Number),
    /// A text, un-escaped.
    String(Box<str>),
    /// A list.
    Array(Vec<Json>),
    /// An object.
    Object(Object),
}

impl Json {
    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// The items, if this is a list.
    pub fn as_array(&self) -> Option<&[Json]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The object, if this is one.
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The member `name`, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.as_object()?.get(name)
    }

    /// What kind of value this is, in the words of JSON: `null`, `boolean`, `number`, `string`,
    /// `list`, `object`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "list",
            Self::Object(_) => "object",
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

/// Compact JSON text.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::String(text) => write_text(f, text),
            Self::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Self::Object(object) => write!(f, "{object}"),
        }
    }
}

/// A JSON object: members in the order of their names, each name once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Object {
    members: Vec<Member>,
}

/// A member of an object. The order of (head, name) is the order of the names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Member {
    /// The first bytes of the name as a number, so that a search need not follow a pointer to each name.
    head: u64,
    name: Box<str>,
    value: Json,
}

impl Member {
    pub(crate) fn new(name: Box<str>, value: Json) -> Self {
        Self { head: head(&name), name, value }
    }
}

/// The first eight bytes of a name, the first of them the most significant; zeros behind a shorter one.
#[inline]
fn head(name: &str) -> u64 {
    let bytes = name.as_bytes();
    match bytes.first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => {
            let mut first = [0; 8];
            first.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            u64::from_be_bytes(first)
        }
    }
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// The object of these members, or the first name that stands twice.
    pub(crate) fn from_members(mut members: Vec<Member>) -> Result<Self, Box<str>> {
        members.sort_unstable_by(|a, b| (a.head, &a.name).cmp(&(b.head, &b.name)));
        let repeated = members.iter().zip(members.iter().skip(1)).find(|(a, b)| a.name == b.name);
        match repeated {
            Some((first, _)) => Err(first.name.clone()),
            None => Ok(Self { members }),
        }
    }

    /// The value of the member `name`.
    pub fn get(&self, name: &str) -> Option<&Json> {
        let head = head(name);
        let at = self.members.partition_point(|member| member.head < head);
        let first = self.members.get(at).filter(|member| member.head == head)?;
        // Mostly no two names have one head.
        if *first.name == *name {
            return Some(&first.value);
        }
        let at = self.position(name).ok()?;
        self.members.get(at).map(|member| &member.value)
    }

    /// Whether there is a member `name`, be its value `null` or not.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets the member `name` and returns its former value.
    pub fn insert(&mut self, name: impl Into<Box<str>>, value: impl Into<Json>) -> Option<Json> {
        let (name, value) = (name.into(), value.into());
        match self.position(&name) {
            Ok(at) => self.members.get_mut(at).map(|member| std::mem::replace(&mut member.value, value)),
            Err(at) => {
                self.members.insert(at, Member::new(name, value));
                None
            }
        }
    }

    /// Removes the member `name` and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Json> {
        self.position(name).ok().map(|at| self.members.remove(at).value)
    }

    /// The members, in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json)> + DoubleEndedIterator + Clone {
        self.members.iter().map(|member| (&*member.name, &member.value))
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        let head = head(name);
        self.members.binary_search_by(|member| (member.head, &*member.name).cmp(&(head, name)))
    }
}

impl<N: Into<Box<str>>, V: Into<Json>> FromIterator<(N, V)> for Object {
    /// Of two members with one name the later stays.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(members: I) -> Self {
        let mut object = Self::new();
        for (name, value) in members {
            object.insert(name, value);
        }
        object
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write_text(f, name)?;
            write!(f, ":{value}")?;
        }
        f.write_str("}")
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    use fmt::Write as _;
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::Object;

    #[test]
    fn names_of_one_head_and_of_none_are_found_in_their_order() {
        let names = [
            "",
            "\0",
            "\0\0",
            "a",
            "a\0",
            "ab",
            "repositor",
            "repository",
            "repository_id",
            "repository_owner",
            "repository_owner_id",
            "reposito",
            "\u{10ffff}",
            "é",
        ];
        let object: Object = names.iter().enumerate().map(|(at, name)| (*name, at.to_string())).collect();
        for (at, name) in names.iter().enumerate() {
            assert_eq!(object.get(name).and_then(|value| value.as_str()), Some(&*at.to_string()), "{name:?}");
        }
        for absent in
            ["\0\0\0", "b", "repository_", "repository_owner_ie", "repository_owner_id\0", "repositorz"]
        {
            assert!(!object.contains(absent), "{absent:?}");
        }
        assert!(object.iter().map(|(name, _)| name).is_sorted());
        let mut fewer = object.clone();
        assert!(fewer.remove("repository_id").is_some());
        assert!(!fewer.contains("repository_id") && fewer.contains("repository_owner_id"));
    }
}
