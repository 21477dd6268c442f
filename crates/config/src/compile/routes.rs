use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use claimgate_core::credential::CredentialSource;
use claimgate_core::headers::{HeaderSource, IdentityHeader, ListForm, OwnedHeaders};
use claimgate_core::identity::Identity;
use claimgate_core::policy::{Allow, Effect, Policy, PolicyRule, ShadowRule};
use claimgate_core::request::{EncodedSlash, Path};
use claimgate_core::route::{AcceptedEntries, HostPattern, PathPattern, Route, RouteScope, RouteTable};
use claimgate_core::trust::TrustEntry;
use claimgate_rules::closest;

use super::draft::Draft;
use crate::decode::At;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expressions::Expressions;
use crate::sections::{self, Config};

/// Targets of `accept` that a later release has.
const LATER: &[&str] =
    &["session", "cluster", "personalAccessToken", "staticKey", "clientCertificate", "upstream"];

/// The routes, and every header that one of them may set; `None` if a route cannot be built.
pub(super) fn compile(
    config: &Config,
    drafts: &[Draft<'_>],
    entries: &[Option<Arc<TrustEntry>>],
    complete: bool,
    problems: &mut Diagnostics,
) -> Option<(RouteTable, OwnedHeaders)> {
    let mut compiler = Compiler {
        drafts,
        entries,
        by_name: drafts.iter().enumerate().map(|(index, draft)| (draft.name.as_str(), index)).collect(),
        complete,
        accepted: BTreeMap::new(),
        known_audiences: BTreeMap::new(),
        sources: [CredentialSource::Authorization].into(),
        headers: IdentityHeader::defaults().into(),
        problems,
    };
    let routes = config.routes.iter().filter_map(|route| compiler.route(route).map(Arc::new));
    let routes: Vec<Arc<Route>> = routes.collect();
    compiler.readiness(config);
    let whole = routes.len() == config.routes.len();
    let owned = OwnedHeaders::new(routes.iter().flat_map(|route| &*route.headers).map(|header| &header.name));
    match RouteTable::new(routes) {
        Ok(table) => whole.then_some((table, owned)),
        Err(ties) => {
            for tie in ties {
                let find = |name: &str| config.routes.iter().rev().find(|route| route.name.value == name);
                let (Some(first), Some(second)) = (find(&tie.first), find(&tie.second)) else { continue };
                let message =
                    format!("the routes `{}` and `{}` cover the same requests", tie.first, tie.second);
                let hint = format!("the other one stands at {}", first.place);
                problems.push(Diagnostic::error(Code::RouteTie, &second.place, message).hint(hint));
            }
            None
        }
    }
}

/// The entries that a route accepts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Accept {
    All,
    /// Some of them, by index.
    Some(BTreeSet<usize>),
}

impl Accept {
    /// The indexes, of as many entries as there are.
    fn indexes(&self, entries: usize) -> Vec<usize> {
        match self {
            Self::All => (0..entries).collect(),
            Self::Some(indexes) => indexes.iter().copied().collect(),
        }
    }
}

struct Compiler<'a> {
    drafts: &'a [Draft<'a>],
    entries: &'a [Option<Arc<TrustEntry>>],
    by_name: BTreeMap<&'a str, usize>,
    /// Whether every entry could be read, so that a name that is not there is none.
    complete: bool,
    /// Routes that accept the same share one table, and are checked once.
    accepted: BTreeMap<(Accept, Option<Vec<String>>), Arc<AcceptedEntries>>,
    /// The audiences of what is accepted.
    known_audiences: BTreeMap<Accept, BTreeSet<&'a str>>,
    /// The sources of routes that name none.
    sources: Arc<[CredentialSource]>,
    /// The headers of routes that name none.
    headers: Arc<[IdentityHeader]>,
    problems: &'a mut Diagnostics,
}

impl<'a> Compiler<'a> {
    fn route(&mut self, route: &sections::Route) -> Option<Route> {
        let accept = self.accept(route);
        let audiences = route.audiences.as_ref();
        let audiences =
            audiences.map(|list| list.iter().map(|audience| audience.value.clone()).collect::<Vec<_>>());
        self.check_audiences(route, &accept);
        let accept = self.accepted(route, accept, audiences.clone());
        let mut expressions = Expressions::claimgate();
        let policy = self.policy(route, &mut expressions);
        let headers = self.headers(route, &mut expressions);
        let paths = self.paths(&route.paths);
        let exempt = self.paths(&route.exempt);
        let anonymous = route.anonymous.as_ref().map(|anonymous| {
            let groups = anonymous.groups.iter().map(|group| group.value.clone()).collect();
            Arc::new(Identity::anonymous(anonymous.username.value.clone(), groups))
        });
        Some(Route {
            name: route.name.value.as_str().into(),
            scope: RouteScope {
                hosts: route.hosts.iter().map(|host| host_pattern(&host.value)).collect(),
                paths: paths?,
                methods: route.methods.iter().map(|method| method.value.0.as_str().into()).collect(),
            },
            accept,
            sources: self.sources(&route.credential_sources),
            audiences,
            policy: policy?,
            headers: headers?,
            exempt: exempt?,
            anonymous,
            encoded_slash: match route.encoded_slash {
                sections::EncodedSlash::Refuse => EncodedSlash::Refuse,
                sections::EncodedSlash::Keep => EncodedSlash::Keep,
            },
        })
    }

    /// The indexes of the entries that the route accepts.
    fn accept(&mut self, route: &sections::Route) -> Accept {
        let mut all = false;
        let mut accepted = BTreeSet::new();
        for target in &route.accept.items {
            let text = target.value.as_str();
            let kind = text.split('/').next().unwrap_or(text);
            if matches!(text, "all" | "jwt") {
                all = true;
            } else if let Some(name) = text.strip_prefix("jwt/") {
                match self.by_name.get(name) {
                    Some(index) => accepted.extend([*index]),
                    None if self.complete => self.unknown(target, name),
                    None => {}
                }
            } else if LATER.contains(&kind) {
                let message = format!("`{text}` is not supported by this release yet");
                self.problems.push(Diagnostic::error(Code::NotYetSupported, &target.place, message));
            } else {
                let message = format!("`{text}` names no kind of credential");
                let mut problem = Diagnostic::error(Code::UnknownTarget, &target.place, message)
                    .expected("`all`, `jwt` or `jwt/NAME`");
                if self.by_name.contains_key(text) {
                    problem = problem.hint(format!("did you mean `jwt/{text}`?"));
                }
                self.problems.push(problem);
            }
        }
        if all || accepted.len() == self.drafts.len() { Accept::All } else { Accept::Some(accepted) }
    }

    fn unknown(&mut self, target: &At<String>, name: &str) {
        let message = format!("there is no trust entry `{name}`");
        let mut problem = Diagnostic::error(Code::UnknownTarget, &target.place, message);
        let names: Vec<&str> = self.by_name.keys().copied().collect();
        if let Some(close) = closest(name, &names) {
            problem = problem.hint(format!("did you mean `{close}`?"));
        }
        self.problems.push(problem);
    }

    fn check_audiences(&mut self, route: &sections::Route, accept: &Accept) {
        let Some(audiences) = route.audiences.as_ref().filter(|_| self.complete) else { return };
        if !self.known_audiences.contains_key(accept) {
            let known = self.drafts(accept).into_iter().flat_map(|draft| draft.audiences);
            let known = known.map(|audience| audience.value.as_str()).collect();
            self.known_audiences.insert(accept.clone(), known);
        }
        let known = self.known_audiences.get(accept);
        for audience in audiences {
            if known.is_none_or(|known| !known.contains(audience.value.as_str())) {
                let message = format!("no accepted trust entry has the audience `{}`", audience.value);
                self.problems.push(Diagnostic::error(Code::UnknownTarget, &audience.place, message));
            }
        }
    }

    fn drafts(&self, accept: &Accept) -> Vec<&'a Draft<'a>> {
        accept.indexes(self.drafts.len()).into_iter().filter_map(|index| self.drafts.get(index)).collect()
    }

    fn accepted(
        &mut self,
        route: &sections::Route,
        accept: Accept,
        audiences: Option<Vec<String>>,
    ) -> Arc<AcceptedEntries> {
        let key = (accept, audiences);
        if let Some(known) = self.accepted.get(&key) {
            return Arc::clone(known);
        }
        self.check_ambiguity(route, &key.0, key.1.as_deref());
        let entries = key.0.indexes(self.entries.len());
        let entries = entries.into_iter().filter_map(|index| self.entries.get(index)?.clone());
        let accepted = Arc::new(AcceptedEntries::new(entries));
        self.accepted.insert(key, Arc::clone(&accepted));
        accepted
    }

    /// Two entries of one issuer must differ in audiences or kinds of token on every route.
    fn check_ambiguity(&mut self, route: &sections::Route, accept: &Accept, audiences: Option<&[String]>) {
        let mut by_issuer: BTreeMap<&str, Vec<&Draft<'_>>> = BTreeMap::new();
        for draft in self.drafts(accept) {
            by_issuer.entry(draft.url.value.as_str()).or_default().push(draft);
        }
        for drafts in by_issuer.values().filter(|drafts| drafts.len() > 1) {
            let counts =
                |audience: &str| audiences.is_none_or(|list| list.iter().any(|listed| listed == audience));
            for (index, second) in drafts.iter().enumerate() {
                for first in drafts.iter().take(index) {
                    let kinds = (first.token_kinds.jwt && second.token_kinds.jwt)
                        || (first.token_kinds.access_token && second.token_kinds.access_token);
                    let shared =
                        first.audiences.iter().map(|audience| audience.value.as_str()).find(|audience| {
                            counts(audience) && second.audiences.iter().any(|other| other.value == **audience)
                        });
                    if let (true, Some(audience)) = (kinds, shared) {
                        let message = format!(
                            "a token of this issuer for `{audience}` fits the entries `{}` and `{}` on the route `{}`",
                            first.name, second.name, route.name.value
                        );
                        let problem = Diagnostic::error(Code::AmbiguousTrustEntries, second.place, message);
                        self.problems.push(problem.hint(
                            "name one of them in the route's `accept`, or give them different audiences",
                        ));
                    }
                }
            }
        }
    }

    fn policy(&mut self, route: &sections::Route, expressions: &mut Expressions) -> Option<Policy> {
        let mut shadow = Vec::new();
        let deny = self.rules(Effect::Deny, &route.deny, expressions, &mut shadow);
        let allow = match &route.allow {
            Some(sections::Allow::Rules(rules, _)) => {
                self.rules(Effect::Allow, rules, expressions, &mut shadow).map(Allow::Rules)
            }
            Some(sections::Allow::Authenticated(_)) => Some(Allow::Authenticated),
            None => None,
        };
        Some(Policy { deny: deny?, allow: allow?, shadow })
    }

    /// The rules that count. Those that are only watched go into `shadow`.
    fn rules(
        &mut self,
        effect: Effect,
        rules: &[sections::Rule],
        expressions: &mut Expressions,
        shadow: &mut Vec<ShadowRule>,
    ) -> Option<Vec<PolicyRule>> {
        let compile = |source: &sections::Rule| {
            let condition = match &source.condition {
                Some(source) => expressions.policy(source, self.problems).map(Some),
                None => Some(None),
            };
            let expression = expressions.policy(&source.expression, self.problems);
            let name = source.name.as_ref().map_or(source.expression.text.as_str(), |name| &name.value);
            let rule = PolicyRule { name: name.into(), condition: condition?, expression: expression? };
            Some((rule, source.shadow))
        };
        // Each is compiled, so that every problem is told.
        let built: Vec<Option<(PolicyRule, bool)>> = rules.iter().map(compile).collect();
        let mut counted = Vec::new();
        for rule in built {
            match rule? {
                (rule, true) => shadow.push(ShadowRule { effect, rule }),
                (rule, false) => counted.push(rule),
            }
        }
        Some(counted)
    }

    fn headers(
        &mut self,
        route: &sections::Route,
        expressions: &mut Expressions,
    ) -> Option<Arc<[IdentityHeader]>> {
        let Some(headers) = &route.headers else { return Some(Arc::clone(&self.headers)) };
        let mut built = Vec::new();
        for (name, header) in &headers.entries {
            let rule = expressions.header(&header.expression, self.problems);
            let list = match header.list.value {
                sections::ListForm::Repeated => ListForm::Repeated,
                sections::ListForm::Json => ListForm::Json,
                sections::ListForm::Joined => ListForm::Joined {
                    separator: header.separator.as_ref().map_or(",", |separator| &separator.value).into(),
                    omit_ambiguous: header.omit_ambiguous.as_ref().is_some_and(|omit| omit.value),
                },
            };
            built.push(rule.map(|rule| IdentityHeader {
                name: name.value.clone(),
                value: HeaderSource::Expression(rule),
                list,
            }));
        }
        built.into_iter().collect()
    }

    fn sources(&self, sources: &[At<sections::CredentialSource>]) -> Arc<[CredentialSource]> {
        if sources.is_empty() {
            return Arc::clone(&self.sources);
        }
        let source = |source: &At<sections::CredentialSource>| match &source.value {
            sections::CredentialSource::Authorization => CredentialSource::Authorization,
            sections::CredentialSource::Header(name) => CredentialSource::Header(name.clone()),
            sections::CredentialSource::Cookie(name) => CredentialSource::Cookie(name.as_str().into()),
            sections::CredentialSource::WebSocketSubprotocol => CredentialSource::WebSocketSubprotocol,
        };
        sources.iter().map(source).collect()
    }

    /// Patterns are compared with canonical paths, so one that is not canonical matches nothing.
    fn paths(&mut self, paths: &[At<sections::PathPattern>]) -> Option<Vec<PathPattern>> {
        let mut built = Vec::with_capacity(paths.len());
        for path in paths {
            let text = path.value.as_str();
            let fault = match Path::parse(text) {
                Ok(canonical) if canonical.as_str() == text => None,
                Ok(canonical) => {
                    Some(format!("a request for `{text}` is compared as `{}`", canonical.as_str()))
                }
                Err(error) => Some(format!("`{text}` matches no request: {error}")),
            };
            if let Some(fault) = fault {
                self.problems.push(Diagnostic::error(Code::InvalidValue, &path.place, fault));
                built.push(None);
            } else if path.value.is_prefix() {
                built.push(Some(PathPattern::prefix(text)));
            } else {
                built.push(Some(PathPattern::Exact(text.into())));
            }
        }
        built.into_iter().collect()
    }

    fn readiness(&mut self, config: &Config) {
        for target in &config.readiness.wait_for {
            let name = target.value.strip_prefix("jwt/").unwrap_or(&target.value);
            if self.complete && !self.by_name.contains_key(name) {
                self.unknown(target, name);
            }
        }
    }
}

fn host_pattern(pattern: &sections::HostPattern) -> HostPattern {
    match pattern {
        sections::HostPattern::Exact(host) => HostPattern::Exact(host.as_str().into()),
        sections::HostPattern::OneLabel(suffix) => HostPattern::OneLabel(suffix.as_str().into()),
    }
}
