use claimgate_crypto::{Algorithm, KeyId, SigningKey, SigningKeyError};
use claimgate_json::{Json, Object};

/// With what a token is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[default]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

/// The keys in use and those still published.
pub(crate) struct Keys {
    rs256: SigningKey,
    es256: SigningKey,
    published: Vec<Object>,
    prefix: Option<String>,
    rotations: u32,
}

impl Keys {
    pub(crate) fn generate(prefix: Option<String>) -> Result<Self, SigningKeyError> {
        let (rs256, es256) = (
            generate(Algorithm::Rs256, prefix.as_deref(), 0)?,
            generate(Algorithm::Es256, prefix.as_deref(), 0)?,
        );
        let published = [&rs256, &es256].into_iter().filter_map(SigningKey::public_jwk).collect();
        Ok(Self { rs256, es256, published, prefix, rotations: 0 })
    }

    /// New keys sign; the former ones stay published.
    pub(crate) fn rotate(&mut self) -> Result<(), SigningKeyError> {
        self.rotations += 1;
        self.rs256 = generate(Algorithm::Rs256, self.prefix.as_deref(), self.rotations)?;
        self.es256 = generate(Algorithm::Es256, self.prefix.as_deref(), self.rotations)?;
        self.published.extend([&self.rs256, &self.es256].into_iter().filter_map(SigningKey::public_jwk));
        Ok(())
    }

    /// Only the keys that sign stay published.
    pub(crate) fn withdraw_former(&mut self) {
        let former = self.published.len().saturating_sub(2);
        self.published.drain(..former);
    }

    pub(crate) fn signing(&self, algorithm: SigningAlgorithm) -> &SigningKey {
        match algorithm {
            SigningAlgorithm::Rs256 => &self.rs256,
            SigningAlgorithm::Es256 => &self.es256,
        }
    }

    pub(crate) fn public_set(&self) -> Vec<Json> {
        self.published.iter().cloned().map(Json::from).collect()
    }
}

fn generate(
    algorithm: Algorithm,
    prefix: Option<&str>,
    rotation: u32,
) -> Result<SigningKey, SigningKeyError> {
    let key = SigningKey::generate(algorithm)?;
    Ok(match prefix {
        Some(prefix) => key.with_id(KeyId::new(format!("{prefix}-{}-{rotation}", algorithm.name()))),
        None => key,
    })
}
