//! Authenticators: from a credential to a verified token, one kind of credential per file.

pub mod jwt;
