use thiserror::Error;

/// What one evaluation may still spend.
///
/// A step is one node of the tree, one round of a loop, 64 bytes that a function looks at, or 32 bytes
/// that are held against a part of a regular expression. Bytes are those of values that the rule itself makes. Depth is the nesting of values and of functions
/// within functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Steps that are left.
    pub steps: u64,
    /// Bytes of new values that are left.
    pub bytes: u64,
    /// Levels of nesting that are left.
    pub depth: u32,
}

impl Budget {
    /// What a CEL rule may spend: a million steps, 16 MiB.
    pub const CEL: Self = Self { steps: 1_000_000, bytes: 16 << 20, depth: 300 };

    /// What an expr-lang rule may spend: a hundred thousand steps, 1 MiB.
    pub const EXPR: Self = Self { steps: 100_000, bytes: 1 << 20, depth: 128 };

    /// Takes one step.
    ///
    /// # Errors
    /// [`Exhausted::Steps`] when none is left.
    #[inline]
    pub fn step(&mut self) -> Result<(), Exhausted> {
        self.take_steps(1)
    }

    /// Takes `count` steps.
    ///
    /// # Errors
    /// [`Exhausted::Steps`] when fewer are left; then none is left.
    #[inline]
    pub fn take_steps(&mut self, count: u64) -> Result<(), Exhausted> {
        if let Some(left) = self.steps.checked_sub(count) {
            self.steps = left;
            Ok(())
        } else {
            self.steps = 0;
            Err(Exhausted::Steps)
        }
    }

    /// Takes the steps for looking at `bytes` bytes.
    ///
    /// # Errors
    /// [`Exhausted::Steps`] when too few are left.
    #[inline]
    pub fn scan(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.take_steps(1 + as_u64(bytes) / 64)
    }

    /// Takes the steps for looking at `bytes` bytes where a few are looked at for nothing.
    ///
    /// # Errors
    /// [`Exhausted::Steps`] when too few are left.
    #[inline]
    pub(crate) fn look(&mut self, bytes: usize) -> Result<(), Exhausted> {
        if bytes < 64 { Ok(()) } else { self.take_steps(as_u64(bytes) / 64) }
    }

    /// Takes the steps for finding a key of `length` bytes among `count` that are in order.
    ///
    /// # Errors
    /// [`Exhausted::Steps`] when too few are left.
    #[inline]
    pub(crate) fn search(&mut self, count: usize, length: usize) -> Result<(), Exhausted> {
        if length < 64 {
            return Ok(());
        }
        self.look(length.saturating_mul(1 + count.checked_ilog2().unwrap_or(0) as usize))
    }

    /// Takes `count` bytes. Call it before the bytes are allocated.
    ///
    /// # Errors
    /// [`Exhausted::Bytes`] when fewer are left; then none is left.
    #[inline]
    pub fn take_bytes(&mut self, count: usize) -> Result<(), Exhausted> {
        if let Some(left) = self.bytes.checked_sub(as_u64(count)) {
            self.bytes = left;
            Ok(())
        } else {
            self.bytes = 0;
            Err(Exhausted::Bytes)
        }
    }

    /// Goes one level down; [`Budget::leave`] comes up again.
    ///
    /// # Errors
    /// [`Exhausted::Depth`] when no level is left.
    #[inline]
    pub fn enter(&mut self) -> Result<(), Exhausted> {
        self.depth = self.depth.checked_sub(1).ok_or(Exhausted::Depth)?;
        Ok(())
    }

    /// Does `work` one level down, and comes up again whatever comes of it.
    ///
    /// # Errors
    /// Those of `work`, and [`Exhausted::Depth`] when no level is left.
    pub(crate) fn nested<T, E: From<Exhausted>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.enter()?;
        let outcome = work(self);
        self.leave();
        outcome
    }

    /// Comes up one level.
    #[inline]
    pub fn leave(&mut self) {
        self.depth += 1;
    }
}

/// The limit that an evaluation ran into.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Exhausted {
    /// Too many steps.
    #[error("the rule takes too many steps")]
    Steps,
    /// Too many bytes.
    #[error("the rule makes values of too many bytes")]
    Bytes,
    /// Too deep a nest.
    #[error("the rule's values are nested too deeply")]
    Depth,
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overdrawn_budget_stays_empty() {
        let mut budget = Budget { steps: 3, bytes: 4, depth: 1 };
        assert_eq!(budget.take_steps(2), Ok(()));
        assert_eq!(budget.take_steps(2), Err(Exhausted::Steps));
        assert_eq!(budget.step(), Err(Exhausted::Steps));
        assert_eq!(budget.take_bytes(5), Err(Exhausted::Bytes));
        assert_eq!(budget.take_bytes(1), Err(Exhausted::Bytes));
        assert_eq!(budget.enter(), Ok(()));
        assert_eq!(budget.enter(), Err(Exhausted::Depth));
        budget.leave();
        assert_eq!(budget.depth, 1);
    }
}
