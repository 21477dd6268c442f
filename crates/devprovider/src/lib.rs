//! An OpenID Provider for the demo and for tests.
