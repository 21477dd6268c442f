//! CEL and expr-lang, bounded, with the meaning of the originals.
