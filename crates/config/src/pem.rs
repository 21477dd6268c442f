//! Certificates in PEM, looked at closely enough to refuse what is none.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// The certificates in `pem`; what else it holds is passed over.
///
/// # Errors
/// What is wrong: no certificate at all, or one that cannot be read.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("a block cannot be read: {error}"))?;
    if certificates.is_empty() {
        return Err("there is no block `BEGIN CERTIFICATE`".to_owned());
    }
    match certificates.iter().position(|certificate| !looks_like_certificate(certificate)) {
        Some(index) => Err(format!("certificate {} is not X.509", index + 1)),
        None => Ok(certificates),
    }
}

/// `SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE, signatureValue BIT STRING }`
/// (RFC 5280 §4.1) and nothing behind it.
fn looks_like_certificate(der: &[u8]) -> bool {
    let Some((0x30, body, [])) = element(der) else { return false };
    let Some((0x30, tbs, rest)) = element(body) else { return false };
    let Some((0x30, _, rest)) = element(rest) else { return false };
    matches!(element(rest), Some((0x03, _, []))) && elements(tbs).is_some_and(|count| count >= 6)
}

fn elements(mut der: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !der.is_empty() {
        der = element(der)?.2;
        count += 1;
    }
    Some(count)
}

/// Tag, content and what follows of the first element.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}
