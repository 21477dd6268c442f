//! From a configuration to the domain's types: trust entries, routes, and what is known of issuers.

mod draft;
mod examples;
mod issuers;
mod records;
mod routes;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use claimgate_core::headers::OwnedHeaders;
use claimgate_core::route::RouteTable;
use claimgate_core::trust::{Issuer, TrustEntry};
use url::Url;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kubernetes::{self, AuthenticationConfiguration};
use crate::load::{load, load_unless};
use crate::sections::Config;
use crate::yaml::Node;

use draft::{Draft, Origin};

/// The files that a configuration names. Paths come as they are written; an implementation reads them
/// relative to the configuration file.
pub trait Files {
    /// The content of `path`.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>>;
}

/// A configuration, compiled.
#[derive(Debug)]
pub struct Compiled {
    /// The issuers of all trust entries, once each.
    pub issuers: Vec<IssuerSettings>,
    /// The trust entries: those of `jwt`, then those of each included file.
    pub entries: Vec<Arc<TrustEntry>>,
    /// The routes.
    pub routes: RouteTable,
    /// Every header that any route may set.
    pub owned_headers: Arc<OwnedHeaders>,
}

/// An issuer, and how its keys are had.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// The issuer.
    pub issuer: Arc<Issuer>,
    /// The names of its trust entries.
    pub entries: Vec<Arc<str>>,
    /// The complete address of its discovery document, where it is not below its URL.
    pub discovery_url: Option<Url>,
    /// Its certificate authorities; the system's if absent.
    pub certificate_authority: Option<CertificateAuthority>,
    /// Where its keys come from, at least one place.
    pub keys: Vec<KeyOrigin>,
    /// The HTTP proxy through which it is reached.
    pub proxy: Option<Url>,
    /// Whether it may be fetched without TLS from elsewhere than loopback.
    pub allow_http: bool,
}

/// Certificate authorities in PEM, and the file to watch where they come from one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateAuthority {
    /// The certificates.
    pub pem: Arc<str>,
    /// The file, as it is written.
    pub file: Option<Arc<str>>,
}

/// Where keys come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyOrigin {
    /// The `jwks_uri` of the discovery document.
    Discovery,
    /// A JWK Set at a URL.
    Url(Url),
    /// A file with a JWK Set, as the path is written; it was readable when the configuration was loaded.
    File(Arc<str>),
    /// A JWK Set.
    Inline(Arc<str>),
}

/// Reads, checks and compiles a configuration; what `claimgate check` does, and start and reload.
///
/// A file of Kubernetes' kind is served as it stands: one route, every host, all its entries.
/// `Compiled` is there if and only if no problem is an error.
pub fn build(file: &str, bytes: &[u8], files: &dyn Files) -> (Option<(Config, Compiled)>, Diagnostics) {
    let (config, mut problems) = load_either(file, bytes);
    let Some(config) = config else { return (None, problems) };
    let (compiled, more) = compile_with(&config, files, (file, bytes), &problems);
    problems.extend(more);
    problems.sort();
    (compiled.filter(|_| !problems.has_errors()).map(|compiled| (config, compiled)), problems)
}

/// A configuration, or the one around a bare file of Kubernetes' kind.
fn load_either(file: &str, bytes: &[u8]) -> (Option<Config>, Diagnostics) {
    // Kubernetes reads some files that are none for us, such as several documents in one.
    let is_other = |root: Option<&Node<'_>>| {
        root.is_none_or(kubernetes::names_its_kind)
            && kubernetes::is_authentication_configuration(file, bytes)
    };
    load_unless(file, bytes, is_other).unwrap_or_else(|| bare(file))
}

/// Compiles a configuration that was loaded before.
///
/// # Errors
/// [`Diagnostics`] with at least one error.
pub fn compile(config: &Config, files: &dyn Files) -> Result<(Compiled, Diagnostics), Diagnostics> {
    let (compiled, mut problems) = compile_with(config, files, ("", b""), &Diagnostics::new());
    problems.sort();
    match compiled {
        Some(compiled) if !problems.has_errors() => Ok((compiled, problems)),
        _ => Err(problems),
    }
}

/// The configuration around a bare `AuthenticationConfiguration`.
fn bare(file: &str) -> (Option<Config>, Diagnostics) {
    let name = serde_json::Value::from(file);
    let text = format!(
        "version: 1\nauthenticationConfigurations: [{name}]\nroutes: [{{ name: all, accept: all, allow: authenticated }}]\n"
    );
    load(file, text.as_bytes())
}

/// `known` is a file whose content is at hand, and `before` what is known to be wrong already: parts that
/// could not be read are no reason to complain about what refers to them.
fn compile_with(
    config: &Config,
    files: &dyn Files,
    known: (&str, &[u8]),
    before: &Diagnostics,
) -> (Option<Compiled>, Diagnostics) {
    let mut problems = Diagnostics::new();
    let included = include(config, files, known, &mut problems);
    records::check_digest_key(&config.audit, files, &mut problems);
    let mut drafts: Vec<Draft<'_>> = config.jwt.iter().map(Draft::of_claimgate).collect();
    for (file, configuration) in &included {
        drafts.extend(
            configuration
                .jwt
                .iter()
                .enumerate()
                .filter_map(|(index, entry)| Draft::of_kubernetes(format!("{}.{index}", stem(file)), entry)),
        );
    }
    check_names(&drafts, &mut problems);
    let context = trust::Context {
        clock_skew: config.limits.clock_skew.value,
        groups: usize::try_from(config.limits.groups.value).unwrap_or(usize::MAX),
    };
    let issuers = issuers::collect(&drafts, files, &mut problems);
    let entries = trust::compile(&drafts, &issuers, &context, &mut problems);
    let complete = !before.has_errors() || !jwt_is_broken(before, config);
    let routes = routes::compile(config, &drafts, &entries, complete, &mut problems);
    examples::run(&drafts, &entries, &mut problems);
    let entries: Vec<Arc<TrustEntry>> = entries.into_iter().flatten().collect();
    let compiled = routes.map(|(routes, owned_headers)| Compiled {
        issuers: issuers.into_iter().map(|found| found.settings).collect(),
        entries,
        routes,
        owned_headers: Arc::new(owned_headers),
    });
    (compiled, problems)
}

/// Entries of included files are named after the file, and no two entries may have one name.
fn check_names(drafts: &[Draft<'_>], problems: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, &Draft<'_>> = BTreeMap::new();
    for draft in drafts {
        match seen.get(draft.name.as_str()) {
            // Those of `jwt` among themselves were compared when the file was read.
            Some(before) if draft.origin == Origin::Kubernetes => {
                let message = format!("this entry is called `{}`, as another one is", draft.name);
                let hint = format!(
                    "the other one stands at {}; rename that one, or this entry's file",
                    before.place
                );
                problems.push(Diagnostic::error(Code::DuplicateValue, draft.place, message).hint(hint));
            }
            Some(_) => {}
            None => {
                seen.insert(&draft.name, draft);
            }
        }
    }
}

fn jwt_is_broken(before: &Diagnostics, config: &Config) -> bool {
    before.broken_key(&config.place, "jwt")
}

type Included<'a> = (&'a str, AuthenticationConfiguration);

fn include<'a>(
    config: &'a Config,
    files: &dyn Files,
    known: (&str, &[u8]),
    problems: &mut Diagnostics,
) -> Vec<Included<'a>> {
    let mut included = Vec::new();
    let mut seen = BTreeSet::new();
    for file in config.authentication_configurations.iter().filter(|file| seen.insert(&file.value)) {
        let bytes = if file.value == known.0 { Ok(known.1.to_vec()) } else { files.read(&file.value) };
        match bytes {
            Ok(bytes) => {
                let (configuration, found) = kubernetes::load(&file.value, &bytes);
                problems.extend(found);
                included.extend(configuration.map(|configuration| (file.value.as_str(), configuration)));
            }
            Err(error) => {
                let message = format!("`{}` cannot be read: {error}", file.value);
                problems.push(Diagnostic::error(Code::File, &file.place, message));
            }
        }
    }
    included
}

/// The file's name without directory and ending: what its entries are named after.
fn stem(file: &str) -> String {
    let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or("authentication");
    stem.to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .collect()
}
