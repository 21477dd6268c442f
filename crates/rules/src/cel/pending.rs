//! The surface that other crates build on until the engine behind it lands; it replaces this file.
use crate::{Budget, Inputs, LoadError, RunError, Trace};
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect { Kubernetes, Claimgate }
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind { ClaimValidation, UserValidation, Username, Groups, Uid, Extra, Policy, Header, Account }
#[derive(Debug)]
pub struct Rule;
pub struct Reads;
impl Reads { pub fn selects(&self, _: &str) -> bool { false } pub fn indexes(&self, _: &str) -> bool { false } pub fn request(&self) -> bool { false } }
impl Rule {
    pub fn compile(_: Dialect, _: Kind, _: &str) -> Result<Rule, LoadError> { Ok(Rule) }
    pub fn kubernetes_refusal(&self) -> Option<&LoadError> { None }
    pub fn source(&self) -> &str { "" }
    pub fn reads(&self) -> &Reads { &Reads }
    pub fn test(&self, _: &Inputs<'_>, _: &mut Budget, _: Option<&mut Trace>) -> Result<bool, RunError> { Ok(true) }
    pub fn text(&self, _: &Inputs<'_>, _: &mut Budget, _: Option<&mut Trace>) -> Result<String, RunError> { Ok(String::new()) }
    pub fn texts(&self, _: &Inputs<'_>, _: &mut Budget, _: Option<&mut Trace>) -> Result<Vec<String>, RunError> { Ok(vec![]) }
}
