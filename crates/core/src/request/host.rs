use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A request's host: a DNS name in lower case or an IP literal, without its port.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Host(Box<str>);

impl Host {
    /// The host of an authority `host[:port]` (RFC 3986 §3.2).
    ///
    /// # Errors
    /// [`HostError`] for user information, a trailing dot, an empty label, and every character that a DNS
    /// name or an IP literal does not have.
    pub fn parse_authority(authority: &str) -> Result<Self, HostError> {
        if authority.is_empty() {
            return Err(HostError::Missing);
        }
        if authority.contains('@') {
            return Err(HostError::UserInformation);
        }
        if let Some(rest) = authority.strip_prefix('[') {
            let (address, port) = rest.split_once(']').ok_or(HostError::Character)?;
            check_port(port)?;
            let address: Ipv6Addr = address.parse().map_err(|_| HostError::Character)?;
            return Ok(Self(format!("[{address}]").into()));
        }
        let end = authority.find(':').unwrap_or(authority.len());
        let (name, port) = authority.split_at(end);
        check_port(port)?;
        check_name(name)?;
        Ok(Self(name.to_ascii_lowercase().into()))
    }

    /// The host in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A port with its colon, or nothing.
fn check_port(port: &str) -> Result<(), HostError> {
    let Some(digits) = port.strip_prefix(':') else {
        return if port.is_empty() { Ok(()) } else { Err(HostError::Character) };
    };
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if plain && digits.parse::<u16>().is_ok_and(|port| port != 0) { Ok(()) } else { Err(HostError::Port) }
}

fn check_name(name: &str) -> Result<(), HostError> {
    if name.is_empty() {
        return Err(HostError::Missing);
    }
    if name.ends_with('.') {
        return Err(HostError::TrailingDot);
    }
    if name.len() > 253 {
        return Err(HostError::TooLong);
    }
    for label in name.split('.') {
        if label.is_empty() || label.len() > 63 {
            return Err(HostError::Label);
        }
        if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(HostError::Character);
        }
    }
    // Numbers with dots that are not a plain IPv4 address (`0x7f.1`, `127.1`, `010.0.0.1`) are read in
    // different ways by different systems.
    let numeric = name.rsplit('.').next().is_some_and(|last| {
        last.bytes().all(|b| b.is_ascii_digit())
            || last
                .strip_prefix("0x")
                .or(last.strip_prefix("0X"))
                .is_some_and(|hexadecimal| hexadecimal.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    if numeric && name.parse::<Ipv4Addr>().is_err() {
        return Err(HostError::Address);
    }
    Ok(())
}

/// Why an authority names no host.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HostError {
    /// There is none.
    #[error("is missing")]
    Missing,
    /// `user@host`.
    #[error("carries user information")]
    UserInformation,
    /// `example.com.`
    #[error("ends with a dot")]
    TrailingDot,
    /// Over 253 characters.
    #[error("is too long")]
    TooLong,
    /// An empty label or one over 63 characters.
    #[error("has an empty or too long label")]
    Label,
    /// A character that no DNS name or IP literal has.
    #[error("has a character that a host cannot have")]
    Character,
    /// A number that is not a dotted IPv4 address.
    #[error("is a number but not an IPv4 address")]
    Address,
    /// A port that is not a number from 1 to 65535.
    #[error("has an invalid port")]
    Port,
}
