//! What the tests share: servers, tokens, faults.
