use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::der::{CONTEXT_0, Der, DerError, SEQUENCE};
use crate::public_key::PublicKey;
use crate::{KeyError, KeySet, KeySetError, KeySetLimits, VerificationKey};

impl KeySet {
    /// Reads the public keys of a PEM document (RFC 7468): `PUBLIC KEY`, `RSA PUBLIC KEY` and
    /// `CERTIFICATE`. They have no key IDs. Of a certificate only the key is read: not its names, its
    /// validity, nor its signature. Blocks of other labels are skipped.
    ///
    /// # Errors
    /// [`KeySetError`] if the document as a whole is unusable.
    pub fn parse_pem(document: &[u8], limits: KeySetLimits) -> Result<Self, KeySetError> {
        if document.len() > limits.bytes {
            return Err(KeySetError::TooLarge);
        }
        let text = std::str::from_utf8(document).map_err(|_| KeySetError::Pem)?;
        let blocks = blocks(text, limits.keys)?;
        let mut set = Self::default();
        for (index, block) in blocks.iter().enumerate() {
            set.add(index, None, block.key());
        }
        Ok(set)
    }
}

/// One block of a PEM document.
pub(crate) struct Block<'a> {
    pub(crate) label: &'a str,
    pub(crate) der: Vec<u8>,
}

impl Block<'_> {
    fn key(&self) -> Result<VerificationKey, KeyError> {
        let key = match self.label {
            "PUBLIC KEY" => PublicKey::from_spki(&self.der)?,
            "RSA PUBLIC KEY" => PublicKey::from_pkcs1(&self.der)?,
            "CERTIFICATE" => {
                let spki = spki_of_certificate(&self.der).map_err(|DerError| KeyError::InvalidKey)?;
                PublicKey::from_spki(spki)?
            }
            _ => return Err(KeyError::UnknownKeyType),
        };
        VerificationKey::from_public(&key, None, None)
    }
}

/// The blocks of a PEM document, at most `most`. Text outside the blocks is a comment.
pub(crate) fn blocks(text: &str, most: usize) -> Result<Vec<Block<'_>>, KeySetError> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Zeroizing<String>)> = None;
    for line in text.lines().map(str::trim_ascii) {
        let boundary = |kind| line.strip_prefix(kind).and_then(|rest| rest.strip_suffix("-----"));
        match (boundary("-----BEGIN "), boundary("-----END "), open.as_mut()) {
            (Some(_), _, None) if blocks.len() >= most => return Err(KeySetError::TooManyKeys),
            (Some(label), _, None) => {
                // Large enough never to be moved: it may hold a private key.
                open = Some((label, Zeroizing::new(String::with_capacity(text.len()))));
            }
            (Some(_), _, Some(_)) | (_, Some(_), None) => return Err(KeySetError::Pem),
            (_, Some(end), Some((label, body))) if end == *label => {
                let der = STANDARD.decode(body.as_bytes()).map_err(|_| KeySetError::Pem)?;
                blocks.push(Block { label: end, der });
                open = None;
            }
            (_, Some(_), Some(_)) => return Err(KeySetError::Pem),
            (None, None, Some((_, body))) => body.push_str(line),
            (None, None, None) => {}
        }
    }
    if open.is_some() || blocks.is_empty() { Err(KeySetError::Pem) } else { Ok(blocks) }
}

/// The `SubjectPublicKeyInfo` of a certificate (RFC 5280 §4.1), with its own tag and length.
fn spki_of_certificate(der: &[u8]) -> Result<&[u8], DerError> {
    let mut outer = Der::new(der);
    let mut certificate = Der::new(outer.read(SEQUENCE)?);
    outer.end()?;
    let mut body = Der::new(certificate.read(SEQUENCE)?);
    if body.peek() == Some(CONTEXT_0) {
        body.any()?;
    }
    // Serial number, signature algorithm, issuer, validity, subject.
    for _ in 0..5 {
        body.any()?;
    }
    body.element(SEQUENCE)
}

#[cfg(test)]
mod tests;
