//! The check endpoint, and the proxies that are configured by a file of their own.

use crate::doors::Door;
use crate::suite;

#[test]
fn right_answers_pass_behind_every_proxy() {
    suite::right_answers_pass_behind_every_proxy(Door::PLAIN);
}

#[test]
fn an_authorizer_that_always_says_the_same_is_caught() {
    suite::an_authorizer_that_always_says_the_same_is_caught(Door::PLAIN);
}

#[test]
fn nobody_passes_while_the_gate_is_down() {
    suite::nobody_passes_while_the_gate_is_down(Door::PLAIN);
}

#[test]
fn sixteen_kibibytes_of_identity_pass_through_every_proxy() {
    suite::sixteen_kibibytes_of_identity_pass_through_every_proxy(Door::PLAIN);
}

#[test]
fn the_way_to_the_sign_in_reaches_the_client() {
    suite::the_way_to_the_sign_in_reaches_the_client(Door::PLAIN);
}

#[test]
fn the_gate_decides_alike_behind_every_proxy() {
    suite::the_gate_decides_alike_behind_every_proxy(Door::PLAIN);
}

#[test]
fn a_proxy_that_is_not_trusted_is_refused() {
    suite::a_proxy_that_is_not_trusted_is_refused(Door::PLAIN);
}
