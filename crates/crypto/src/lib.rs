//! Everything that touches a key: JWK, JWS, JWT, secrets, digests.
