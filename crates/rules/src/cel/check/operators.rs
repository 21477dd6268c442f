//! The overloads of operators, as signatures: parameters and result.

use crate::cel::signature::Ty;
use crate::cel::tree::Binary;

pub(super) type Signature = (&'static [Ty], Ty);

const SAME_NUMBERS: [&[Ty]; 3] = [&[Ty::Double, Ty::Double], &[Ty::Int, Ty::Int], &[Ty::Uint, Ty::Uint]];

const ADD: &[Signature] = &[
    (&[Ty::Bytes, Ty::Bytes], Ty::Bytes),
    (SAME_NUMBERS[0], Ty::Double),
    (&[Ty::Duration, Ty::Duration], Ty::Duration),
    (&[Ty::Duration, Ty::Timestamp], Ty::Timestamp),
    (&[Ty::Timestamp, Ty::Duration], Ty::Timestamp),
    (SAME_NUMBERS[1], Ty::Int),
    (&[Ty::LIST_A, Ty::LIST_A], Ty::LIST_A),
    (&[Ty::Text, Ty::Text], Ty::Text),
    (SAME_NUMBERS[2], Ty::Uint),
];

const SUBTRACT: &[Signature] = &[
    (SAME_NUMBERS[0], Ty::Double),
    (&[Ty::Duration, Ty::Duration], Ty::Duration),
    (SAME_NUMBERS[1], Ty::Int),
    (&[Ty::Timestamp, Ty::Duration], Ty::Timestamp),
    (&[Ty::Timestamp, Ty::Timestamp], Ty::Duration),
    (SAME_NUMBERS[2], Ty::Uint),
];

const SCALE: &[Signature] =
    &[(SAME_NUMBERS[0], Ty::Double), (SAME_NUMBERS[1], Ty::Int), (SAME_NUMBERS[2], Ty::Uint)];

const MODULO: &[Signature] = &[(SAME_NUMBERS[1], Ty::Int), (SAME_NUMBERS[2], Ty::Uint)];

const ORDER: &[Signature] = &[
    (&[Ty::Bool, Ty::Bool], Ty::Bool),
    (&[Ty::Int, Ty::Int], Ty::Bool),
    (&[Ty::Int, Ty::Double], Ty::Bool),
    (&[Ty::Int, Ty::Uint], Ty::Bool),
    (&[Ty::Uint, Ty::Uint], Ty::Bool),
    (&[Ty::Uint, Ty::Double], Ty::Bool),
    (&[Ty::Uint, Ty::Int], Ty::Bool),
    (&[Ty::Double, Ty::Double], Ty::Bool),
    (&[Ty::Double, Ty::Int], Ty::Bool),
    (&[Ty::Double, Ty::Uint], Ty::Bool),
    (&[Ty::Text, Ty::Text], Ty::Bool),
    (&[Ty::Bytes, Ty::Bytes], Ty::Bool),
    (&[Ty::Timestamp, Ty::Timestamp], Ty::Bool),
    (&[Ty::Duration, Ty::Duration], Ty::Bool),
];

const EQUAL: &[Signature] = &[(&[Ty::A, Ty::A], Ty::Bool)];

const IN: &[Signature] = &[(&[Ty::A, Ty::LIST_A], Ty::Bool), (&[Ty::A, Ty::MAP_AB], Ty::Bool)];

const OPTIONAL_LIST: Ty = Ty::Optional(&Ty::LIST_A);
const OPTIONAL_MAP: Ty = Ty::Optional(&Ty::MAP_AB);
const OPTIONAL_B: Ty = Ty::Optional(&Ty::B);

pub(super) const INDEX: &[Signature] = &[
    (&[Ty::LIST_A, Ty::Int], Ty::A),
    (&[Ty::MAP_AB, Ty::A], Ty::B),
    (&[OPTIONAL_LIST, Ty::Int], Ty::OPTIONAL_A),
    (&[OPTIONAL_MAP, Ty::A], OPTIONAL_B),
];

pub(super) const OPTIONAL_INDEX: &[Signature] = &[
    (&[Ty::LIST_A, Ty::Int], Ty::OPTIONAL_A),
    (&[OPTIONAL_LIST, Ty::Int], Ty::OPTIONAL_A),
    (&[Ty::MAP_AB, Ty::A], OPTIONAL_B),
    (&[OPTIONAL_MAP, Ty::A], OPTIONAL_B),
];

pub(super) const NOT: &[Signature] = &[(&[Ty::Bool], Ty::Bool)];
pub(super) const NEGATE: &[Signature] = &[(&[Ty::Double], Ty::Double), (&[Ty::Int], Ty::Int)];
pub(super) const CONDITION: &[Signature] = &[(&[Ty::Bool, Ty::A, Ty::A], Ty::A)];

pub(super) fn binary(operator: Binary) -> &'static [Signature] {
    match operator {
        Binary::Add => ADD,
        Binary::Subtract => SUBTRACT,
        Binary::Multiply | Binary::Divide => SCALE,
        Binary::Modulo => MODULO,
        Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => ORDER,
        Binary::Equal | Binary::NotEqual => EQUAL,
        Binary::In => IN,
    }
}
