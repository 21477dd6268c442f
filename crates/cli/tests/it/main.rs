//! The command, run as a program: what the documentation shows is tried here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod documentation;
