use crate::algorithm::{Curve, KeyType};
use crate::der::{Der, DerError, NULL, OBJECT_IDENTIFIER, SEQUENCE};
use crate::{KeyError, base64url, digest};
use claimgate_json::Object;

/// Sizes of RSA keys in bits. Below 2048: NIST SP 800-131A; above 8192: one verification would cost
/// milliseconds.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The longest public exponent that aws-lc takes, in bits.
const RSA_EXPONENT_BITS: usize = 33;

/// The numbers of a public key, checked for size and form.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa { modulus: Box<[u8]>, exponent: Box<[u8]> },
    /// A point in the uncompressed form: 4, x, y.
    Ec { curve: Curve, point: Box<[u8]> },
    /// The encoded point.
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// The RSA key of these numbers. Leading zeros are dropped: RFC 7518 §6.3.1.1 forbids them and
    /// tells readers to expect them.
    pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let (modulus, exponent) = (without_leading_zeros(modulus), without_leading_zeros(exponent));
        let size = bits(modulus);
        if size < *RSA_BITS.start() {
            return Err(KeyError::TooSmall);
        }
        if size > *RSA_BITS.end() {
            return Err(KeyError::TooLarge);
        }
        let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        let exponent_fits = odd(exponent) && exponent != [1] && bits(exponent) <= RSA_EXPONENT_BITS;
        if odd(modulus) && exponent_fits {
            Ok(Self::Rsa { modulus: modulus.into(), exponent: exponent.into() })
        } else {
            Err(KeyError::InvalidKey)
        }
    }

    /// The EC key of these coordinates, each as long as the field (RFC 7518 §6.2.1.2).
    pub(crate) fn ec(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let length = curve.field_bytes();
        if x.len() != length || y.len() != length {
            return Err(KeyError::InvalidKey);
        }
        Ok(Self::Ec { curve, point: [&[4], x, y].concat().into() })
    }

    /// The EC key of this point, which must be in the uncompressed form.
    pub(crate) fn from_point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let coordinates = point.strip_prefix(&[4]).ok_or(KeyError::InvalidKey)?;
        let (x, y) = coordinates.split_at_checked(curve.field_bytes()).ok_or(KeyError::InvalidKey)?;
        Self::ec(curve, x, y)
    }

    /// The Ed25519 key of this encoded point.
    pub(crate) fn ed25519(x: &[u8]) -> Result<Self, KeyError> {
        let x: [u8; 32] = x.try_into().map_err(|_| KeyError::InvalidKey)?;
        if is_small_order(x) { Err(KeyError::InvalidKey) } else { Ok(Self::Ed25519(x)) }
    }

    /// The key of a `SubjectPublicKeyInfo` (RFC 5280 §4.1).
    pub(crate) fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let (identifier, parameters, key) = read_spki(der).map_err(|DerError| KeyError::InvalidKey)?;
        match identifier {
            oid::RSA_ENCRYPTION => Self::from_pkcs1(key),
            oid::EC_PUBLIC_KEY => {
                let curve = match parameters {
                    Some((OBJECT_IDENTIFIER, oid::P256)) => Curve::P256,
                    Some((OBJECT_IDENTIFIER, oid::P384)) => Curve::P384,
                    Some((OBJECT_IDENTIFIER, oid::P521)) => Curve::P521,
                    _ => return Err(KeyError::UnsupportedCurve),
                };
                Self::from_point(curve, key)
            }
            oid::ED25519 => Self::ed25519(key),
            _ => Err(KeyError::UnknownKeyType),
        }
    }

    /// The key of an `RSAPublicKey` (RFC 8017 §A.1.1).
    pub(crate) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let (modulus, exponent) = read_pkcs1(der).map_err(|DerError| KeyError::InvalidKey)?;
        Self::rsa(modulus, exponent)
    }

    pub(crate) fn key_type(&self) -> KeyType {
        match self {
            Self::Rsa { .. } => KeyType::Rsa,
            Self::Ec { curve, .. } => KeyType::Ec(*curve),
            Self::Ed25519(_) => KeyType::Ed25519,
        }
    }

    /// The required members of the JWK, and no others (RFC 7638 §3.2).
    pub(crate) fn jwk(&self) -> Object {
        match self {
            Self::Rsa { modulus, exponent } => Object::from_iter([
                ("e", base64url::encode(exponent)),
                ("kty", "RSA".into()),
                ("n", base64url::encode(modulus)),
            ]),
            Self::Ec { curve, point } => {
                let (x, y) = point.get(1..).unwrap_or_default().split_at(curve.field_bytes());
                Object::from_iter([
                    ("crv", curve.name().to_owned()),
                    ("kty", "EC".into()),
                    ("x", base64url::encode(x)),
                    ("y", base64url::encode(y)),
                ])
            }
            Self::Ed25519(x) => Object::from_iter([
                ("crv", "Ed25519".to_owned()),
                ("kty", "OKP".into()),
                ("x", base64url::encode(x)),
            ]),
        }
    }

    /// The SHA-256 thumbprint of RFC 7638. An object's members are written in order and without white
    /// space, which is the form that is hashed.
    pub(crate) fn thumbprint(&self) -> String {
        base64url::encode(digest::sha256(self.jwk().to_string()))
    }
}

mod oid {
    pub(super) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    pub(super) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    pub(super) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    pub(super) const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
    pub(super) const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
    pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
}

/// Algorithm, its parameters (tag and content), key.
type Spki<'a> = (&'a [u8], Option<(u8, &'a [u8])>, &'a [u8]);

fn read_spki(der: &[u8]) -> Result<Spki<'_>, DerError> {
    let mut outer = Der::new(der);
    let mut info = Der::new(outer.read(SEQUENCE)?);
    outer.end()?;
    let mut algorithm = Der::new(info.read(SEQUENCE)?);
    let key = info.bit_string()?;
    info.end()?;
    let identifier = algorithm.read(OBJECT_IDENTIFIER)?;
    let parameters = match algorithm.peek() {
        None => None,
        Some(_) => Some(algorithm.any()?),
    };
    algorithm.end()?;
    match parameters {
        Some((NULL, content)) if !content.is_empty() => Err(DerError),
        _ => Ok((identifier, parameters, key)),
    }
}

fn read_pkcs1(der: &[u8]) -> Result<(&[u8], &[u8]), DerError> {
    let mut outer = Der::new(der);
    let mut numbers = Der::new(outer.read(SEQUENCE)?);
    outer.end()?;
    let (modulus, exponent) = (numbers.unsigned()?, numbers.unsigned()?);
    numbers.end()?;
    Ok((modulus, exponent))
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Bits of a number without leading zeros.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(unused)
}

/// Whether an encoded Ed25519 point has an order that divides 8, or is not the shortest encoding of
/// such a point. Under such a key one signature fits many texts.
fn is_small_order(mut point: [u8; 32]) -> bool {
    const ORDER_8_A: [u8; 32] = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ];
    const ORDER_8_B: [u8; 32] = [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ];
    // The top bit is the sign of x, the rest is y.
    if let Some(top) = point.last_mut() {
        *top &= 0x7f;
    }
    let is_y = |low: u8, middle: u8, high: u8| matches!(point, [first, rest @ .., last] if first == low && last == high && rest.iter().all(|b| *b == middle));
    // y is 0 or 1; -1, 0 or 1 written as p-1, p, p+1; or one of the two of order 8.
    is_y(0, 0, 0)
        || is_y(1, 0, 0)
        || is_y(0xec, 0xff, 0x7f)
        || is_y(0xed, 0xff, 0x7f)
        || is_y(0xee, 0xff, 0x7f)
        || point == ORDER_8_A
        || point == ORDER_8_B
}
