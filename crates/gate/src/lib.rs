//! The decision: authenticators, cache of verified tokens, explain.
