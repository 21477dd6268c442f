//! The macros by which sections and choices are declared.

macro_rules! read_field {
    (required, $fields:ident, $key:literal, $decoder:ident) => {
        $fields.required($key, $decoder)
    };
    (optional, $fields:ident, $key:literal, $decoder:ident) => {
        $fields.optional($key, $decoder)
    };
    (default, $fields:ident, $key:literal, $decoder:ident, $default:literal) => {
        $fields.default($key, $default, $decoder)
    };
}

/// What a key that is marked `restart` compares.
macro_rules! restart_field {
    ($now:ident, $before:ident, $found:ident, $key:literal, $field:ident) => {
        $crate::decode::Decode::restarts(&$now.$field, &$before.$field, $found);
    };
    ($now:ident, $before:ident, $found:ident, $key:literal, $field:ident, value) => {
        if $now.$field != $before.$field {
            $found.push($now.place.below($key));
        }
    };
    ($now:ident, $before:ident, $found:ident, $key:literal, $field:ident, presence) => {
        if $now.$field.is_some() == $before.$field.is_some() {
            $crate::decode::Decode::restarts(&$now.$field, &$before.$field, $found);
        } else {
            $found.push($now.place.below($key));
        }
    };
}

macro_rules! restart_of {
    () => {
        $crate::decode::Restart::No
    };
    (value) => {
        $crate::decode::Restart::Value
    };
    (presence) => {
        $crate::decode::Restart::Presence
    };
}

macro_rules! need_of {
    (required) => {
        $crate::decode::Need::Required
    };
    (optional) => {
        $crate::decode::Need::Optional
    };
    (default, $default:literal) => {
        $crate::decode::Need::Default($default)
    };
}

/// Declares a section: a struct whose fields are the section's keys.
///
/// A key whose change counts at the next start only is marked `restart(value)`; `restart(presence)` if that goes
/// for whether it is there. `renamed` lists the former names of keys.
macro_rules! section {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])+
                $key:literal $field:ident: $type:ty = $need:ident $(($default:literal))?
                    $(restart($restart:ident))?,
            )*
        }
        $(later [$($later:literal),* $(,)?])?
        $(renamed [$($former:literal => $to:literal until $major:literal $minor:literal),* $(,)?])?
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            /// Where the section stands.
            pub place: $crate::diagnostic::Place,
            $($(#[doc = $field_doc])+ pub $field: $type,)*
        }

        impl $name {
            pub(crate) const INFO: $crate::decode::SectionInfo = $crate::decode::SectionInfo {
                name: stringify!($name),
                doc: &[$($doc),+],
                keys: || &[$($key),*],
                later: &[$($($later),*)?],
                renamed: &[$($($crate::decode::Renamed { from: $former, to: $to, until: $crate::decode::Release($major, $minor) }),*)?],
                fields: || vec![$($crate::decode::FieldInfo {
                    key: $key,
                    doc: &[$($field_doc),+],
                    shape: <$type as $crate::decode::Decode>::shape(),
                    need: $crate::decode::need_of!($need $(, $default)?),
                    restart: $crate::decode::restart_of!($($restart)?),
                }),*],
            };
        }

        impl $crate::decode::Decode for $name {
            fn shape() -> $crate::decode::Shape {
                $crate::decode::Shape::Section(&Self::INFO)
            }

            fn decode(node: &$crate::yaml::Node<'_>, decoder: &mut $crate::decode::Decoder<'_>) -> Option<Self> {
                let fields = $crate::decode::Fields::open(node, &Self::INFO, decoder)?;
                $(let $field: Option<$type> = $crate::decode::read_field!($need, fields, $key, decoder $(, $default)?);)*
                Some(Self { place: decoder.place(node.spot), $($field: $field?,)* })
            }

            fn restarts(&self, before: &Self, found: &mut Vec<$crate::diagnostic::Place>) {
                $($crate::decode::restart_field!(self, before, found, $key, $field $(, $restart)?);)*
            }
        }
    };
}

/// Declares a choice between literals.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $text:literal,)+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[doc = $variant_doc])+ $variant,)+ }

        impl $crate::decode::Decode for $name {
            fn shape() -> $crate::decode::Shape {
                $crate::decode::Shape::Choice(vec![$($text),+])
            }

            fn decode(node: &$crate::yaml::Node<'_>, decoder: &mut $crate::decode::Decoder<'_>) -> Option<Self> {
                match $crate::decode::text(node, decoder)? {
                    $($text => Some(Self::$variant),)+
                    other => $crate::decode::not_one_of(node, other, &[$($text),+], decoder),
                }
            }
        }
    };
}

pub(crate) use {choice, need_of, read_field, restart_field, restart_of, section};
