//! As much DER (X.690) as public keys and certificates need.

/// Bytes that are not the DER structure expected there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DerError;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
/// The optional version of a certificate.
pub(crate) const CONTEXT_0: u8 = 0xa0;

/// Reads one element after the other.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a> {
    rest: &'a [u8],
}

impl<'a> Der<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn read(&mut self, tag: u8) -> Result<&'a [u8], DerError> {
        let (found, content) = self.any()?;
        if found == tag { Ok(content) } else { Err(DerError) }
    }

    /// The next element whole, with its tag and length; it must have this tag.
    pub(crate) fn element(&mut self, tag: u8) -> Result<&'a [u8], DerError> {
        let before = self.rest;
        self.read(tag)?;
        before.get(..before.len() - self.rest.len()).ok_or(DerError)
    }

    /// The next element's tag.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Tag and content of the next element.
    pub(crate) fn any(&mut self) -> Result<(u8, &'a [u8]), DerError> {
        let (&[tag, first], after) = self.rest.split_first_chunk().ok_or(DerError)?;
        let (length, after) = match first {
            0..=0x7f => (usize::from(first), after),
            // One to three bytes of length: more than any key or certificate needs.
            0x81..=0x83 => {
                let count = usize::from(first & 0x7f);
                let (digits, after) = after.split_at_checked(count).ok_or(DerError)?;
                let length = digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit));
                // The shortest form is the only one.
                let shortest = length >= 0x80 && digits.first() != Some(&0);
                if !shortest {
                    return Err(DerError);
                }
                (length, after)
            }
            _ => return Err(DerError),
        };
        let (content, rest) = after.split_at_checked(length).ok_or(DerError)?;
        self.rest = rest;
        Ok((tag, content))
    }

    /// The next element, a non-negative integer, without leading zeros.
    pub(crate) fn unsigned(&mut self) -> Result<&'a [u8], DerError> {
        match self.read(INTEGER)? {
            [0, rest @ ..] if rest.first().is_some_and(|byte| *byte >= 0x80) => Ok(rest),
            [0] => Ok(&[]),
            [first, ..] if *first == 0 || *first >= 0x80 => Err(DerError),
            [] => Err(DerError),
            digits => Ok(digits),
        }
    }

    /// The bytes of the next element, a bit string of whole bytes.
    pub(crate) fn bit_string(&mut self) -> Result<&'a [u8], DerError> {
        match self.read(BIT_STRING)? {
            [0, bytes @ ..] => Ok(bytes),
            _ => Err(DerError),
        }
    }

    /// Nothing may follow.
    pub(crate) fn end(self) -> Result<(), DerError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DerError) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Der, DerError, INTEGER, SEQUENCE};

    #[test]
    fn lengths_have_one_form() {
        let long = [&[SEQUENCE, 0x81, 0x80][..], &[0; 0x80]].concat();
        assert_eq!(Der::new(&long).read(SEQUENCE).map(<[u8]>::len), Ok(0x80));
        let too_long_a_form = [&[SEQUENCE, 0x82, 0x00, 0x80][..], &[0; 0x80]].concat();
        for bad in [
            &too_long_a_form[..],
            &[SEQUENCE, 0x81, 1, 0],
            &[SEQUENCE, 0x80, 0, 0],
            &[SEQUENCE, 2, 0],
            &[SEQUENCE],
            &[],
        ] {
            assert_eq!(Der::new(bad).read(SEQUENCE), Err(DerError), "{bad:?}");
        }
    }

    #[test]
    fn integers_are_unsigned_and_short() {
        for (bytes, value) in [(&[0, 0x80][..], Ok(&[0x80][..])), (&[1], Ok(&[1])), (&[0], Ok(&[]))] {
            let element = [&[INTEGER, u8::try_from(bytes.len()).unwrap()], bytes].concat();
            assert_eq!(Der::new(&element).unsigned(), value);
        }
        for bad in [&[0x80][..], &[0, 1], &[]] {
            let element = [&[INTEGER, u8::try_from(bad.len()).unwrap()], bad].concat();
            assert_eq!(Der::new(&element).unsigned(), Err(DerError), "{bad:?}");
        }
    }
}
