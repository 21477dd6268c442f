use std::collections::HashMap;
use std::sync::Arc;

use claimgate_rules::Budget;

/// A rule in an annotation, in the language of one dialect.
pub trait AccountRule: Sized {
    /// What a rule reads.
    type Inputs<'a>;
    /// Why a rule has no answer.
    type Error;
    /// The annotation that holds the rule.
    const ANNOTATION: &'static str;
    /// The annotation that holds its precedence.
    const PRECEDENCE: &'static str;
    /// What one rule may spend.
    const BUDGET: Budget;
    /// Steps that the rules of one search may take together.
    const MOST_STEPS: u64;

    /// The rule of an annotation's text, or why there is none.
    ///
    /// # Errors
    /// What is wrong with the text, for people.
    fn compile(source: &str) -> Result<Self, String>;

    /// Whether the rule holds.
    ///
    /// # Errors
    /// The rule failed.
    fn test(&self, inputs: &Self::Inputs<'_>, budget: &mut Budget) -> Result<bool, Self::Error>;

    /// Whether a limit of the budget ended the rule.
    fn is_exhausted(error: &Self::Error) -> bool;

    /// What failed in the rule of this source, for people.
    fn describe(error: &Self::Error, source: &str) -> String;
}

/// Compiled rules, one for all annotations of the same text.
#[derive(Debug)]
pub(super) struct Sources<R> {
    rules: HashMap<Arc<str>, Arc<Compiled<R>>>,
}

/// The text of an annotation and what became of it.
#[derive(Debug)]
pub(super) struct Compiled<R> {
    pub(super) source: Arc<str>,
    pub(super) rule: Result<R, String>,
}

impl<R> Default for Sources<R> {
    fn default() -> Self {
        Self { rules: HashMap::new() }
    }
}

impl<R: AccountRule> Sources<R> {
    /// How many different rules are held.
    pub(super) fn len(&self) -> usize {
        self.rules.len()
    }

    /// The rule of this text, compiled unless it is held already.
    pub(super) fn take(&mut self, source: &str) -> Arc<Compiled<R>> {
        if let Some(compiled) = self.rules.get(source) {
            return Arc::clone(compiled);
        }
        let source: Arc<str> = source.into();
        let compiled = Arc::new(Compiled { source: Arc::clone(&source), rule: R::compile(&source) });
        self.rules.insert(source, Arc::clone(&compiled));
        compiled
    }

    /// Gives a rule back; with the last one of its text it is dropped.
    pub(super) fn release(&mut self, compiled: Arc<Compiled<R>>) {
        let source = Arc::clone(&compiled.source);
        drop(compiled);
        if self.rules.get(&source).is_some_and(|held| Arc::strong_count(held) == 1) {
            self.rules.remove(&source);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static COMPILED: Cell<usize> = const { Cell::new(0) };
    }

    struct Counted;

    impl AccountRule for Counted {
        type Inputs<'a> = ();
        type Error = ();
        const ANNOTATION: &'static str = "rule";
        const PRECEDENCE: &'static str = "precedence";
        const BUDGET: Budget = Budget::EXPR;
        const MOST_STEPS: u64 = 1;

        fn compile(source: &str) -> Result<Self, String> {
            COMPILED.set(COMPILED.get() + 1);
            if source == "broken" { Err("no rule".into()) } else { Ok(Self) }
        }

        fn test(&self, (): &(), _: &mut Budget) -> Result<bool, ()> {
            Ok(true)
        }

        fn is_exhausted((): &()) -> bool {
            false
        }

        fn describe((): &(), _: &str) -> String {
            String::new()
        }
    }

    #[test]
    fn a_text_is_compiled_once_while_anybody_holds_it() {
        let mut sources = Sources::<Counted>::default();
        let held: Vec<_> = ["a", "b", "broken"].iter().cycle().take(300).map(|it| sources.take(it)).collect();
        assert_eq!((COMPILED.get(), sources.len()), (3, 3));
        for compiled in held {
            sources.release(compiled);
        }
        assert_eq!(sources.len(), 0);
        sources.take("a");
        assert_eq!(COMPILED.get(), 4);
    }
}
