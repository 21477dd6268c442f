use std::sync::Arc;

use hashbrown::HashMap;

use super::{HostPattern, PathPattern, Route};
use crate::request::CanonicalRequest;

/// All routes of a configuration, found by look-ups alone.
///
/// The order is total: an exact host before `*.` before any host; then an exact path before the longest
/// prefix; then a route that names the method before one that covers all.
#[derive(Debug, Default)]
pub struct RouteTable {
    routes: Vec<Arc<Route>>,
    by_name: HashMap<Box<str>, usize, foldhash::fast::RandomState>,
    exact_hosts: HashMap<Box<str>, PathTable, foldhash::fast::RandomState>,
    wildcard_hosts: HashMap<Box<str>, PathTable, foldhash::fast::RandomState>,
    any_host: PathTable,
}

/// Two routes that cover the same requests in the same way, so that neither precedes the other.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("routes `{first}` and `{second}` cover the same requests")]
pub struct RouteTie {
    /// The route that stands first.
    pub first: String,
    /// The other one.
    pub second: String,
}

impl RouteTable {
    /// The table of `routes`.
    ///
    /// # Errors
    /// Every [`RouteTie`] among them.
    pub fn new(routes: impl IntoIterator<Item = Route>) -> Result<Self, Vec<RouteTie>> {
        let mut table = Self::default();
        let mut ties = Vec::new();
        for route in routes {
            let index = table.routes.len();
            let scope = route.scope.clone();
            table.by_name.insert(route.name.as_ref().into(), index);
            table.routes.push(Arc::new(route));
            let mut clash = |other: Option<usize>, routes: &[Arc<Route>]| {
                if let (Some(first), Some(second)) =
                    (other.and_then(|other| routes.get(other)), routes.get(index))
                {
                    let tie = RouteTie { first: first.name.to_string(), second: second.name.to_string() };
                    if !ties.contains(&tie) {
                        ties.push(tie);
                    }
                }
            };
            if scope.hosts.is_empty() {
                clash(table.any_host.insert(&scope.paths, &scope.methods, index), &table.routes);
            }
            for host in &scope.hosts {
                let paths = match host {
                    HostPattern::Exact(host) => table.exact_hosts.entry(host.clone()).or_default(),
                    HostPattern::OneLabel(suffix) => table.wildcard_hosts.entry(suffix.clone()).or_default(),
                };
                clash(paths.insert(&scope.paths, &scope.methods, index), &table.routes);
            }
        }
        if ties.is_empty() { Ok(table) } else { Err(ties) }
    }

    /// The route that covers `request`.
    pub fn find(&self, request: &CanonicalRequest) -> Option<&Arc<Route>> {
        let host = request.host().as_str();
        let (path, method) = (request.path().as_str(), request.method());
        let index = self
            .exact_hosts
            .get(host)
            .and_then(|paths| paths.find(path, method))
            .or_else(|| {
                let (_, suffix) = host.split_once('.')?;
                self.wildcard_hosts.get(suffix)?.find(path, method)
            })
            .or_else(|| self.any_host.find(path, method))?;
        self.routes.get(index)
    }

    /// The route named `name`.
    pub fn by_name(&self, name: &str) -> Option<&Arc<Route>> {
        self.by_name.get(name).and_then(|index| self.routes.get(*index))
    }

    /// The routes in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Route>> {
        self.routes.iter()
    }
}

#[derive(Debug, Default)]
struct PathTable {
    exact: HashMap<Box<str>, MethodTable, foldhash::fast::RandomState>,
    /// By prefix without a slash at its end.
    prefix: HashMap<Box<str>, MethodTable, foldhash::fast::RandomState>,
}

impl PathTable {
    /// Adds a route and returns the one that covers the same, if there is one.
    fn insert(&mut self, paths: &[PathPattern], methods: &[Box<str>], index: usize) -> Option<usize> {
        let mut clash = None;
        let whole_tree = [PathPattern::Prefix("".into())];
        for path in if paths.is_empty() { &whole_tree } else { paths } {
            let table = match path {
                PathPattern::Exact(path) => self.exact.entry(path.clone()).or_default(),
                PathPattern::Prefix(path) => self.prefix.entry(path.clone()).or_default(),
            };
            clash = clash.or(table.insert(methods, index));
        }
        clash
    }

    fn find(&self, path: &str, method: &str) -> Option<usize> {
        if let Some(index) = self.exact.get(path).and_then(|methods| methods.find(method)) {
            return Some(index);
        }
        if self.prefix.is_empty() {
            return None;
        }
        let mut prefix = path;
        loop {
            if let Some(index) = self.prefix.get(prefix).and_then(|methods| methods.find(method)) {
                return Some(index);
            }
            // From the longest prefix to the empty one, a segment at a time.
            prefix = prefix.get(..prefix.rfind('/')?)?;
        }
    }
}

#[derive(Debug, Default)]
struct MethodTable {
    named: Vec<(Box<str>, usize)>,
    all: Option<usize>,
}

impl MethodTable {
    fn insert(&mut self, methods: &[Box<str>], index: usize) -> Option<usize> {
        if methods.is_empty() {
            let before = self.all.filter(|before| *before != index);
            self.all = self.all.or(Some(index));
            return before;
        }
        let mut clash = None;
        for method in methods {
            match self.named.iter().find(|(known, _)| known == method) {
                Some((_, before)) if *before != index => clash = Some(*before),
                Some(_) => {}
                None => self.named.push((method.clone(), index)),
            }
        }
        clash
    }

    fn find(&self, method: &str) -> Option<usize> {
        let named = self.named.iter().find(|(known, _)| **known == *method).map(|(_, index)| *index);
        named.or(self.all)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::{Allow, Policy};
    use crate::request::{EncodedSlash, RawRequest};
    use crate::route::{AcceptedEntries, RouteScope};

    fn route(name: &str, hosts: &[&str], paths: &[&str], methods: &[&str]) -> Route {
        let host = |host: &&str| match host.strip_prefix("*.") {
            Some(suffix) => HostPattern::OneLabel(suffix.into()),
            None => HostPattern::Exact((*host).into()),
        };
        let path = |path: &&str| match path.strip_prefix('=') {
            Some(exact) => PathPattern::Exact(exact.into()),
            None => PathPattern::prefix(path),
        };
        Route {
            name: name.into(),
            scope: RouteScope {
                hosts: hosts.iter().map(host).collect(),
                paths: paths.iter().map(path).collect(),
                methods: methods.iter().map(|&method| method.into()).collect(),
            },
            accept: Arc::new(AcceptedEntries::default()),
            sources: vec![],
            audiences: None,
            policy: Policy { deny: vec![], allow: Allow::Authenticated, shadow: vec![] },
            headers: vec![],
            exempt: vec![],
            anonymous: None,
            encoded_slash: EncodedSlash::Refuse,
        }
    }

    fn find(table: &RouteTable, method: &str, host: &str, path: &str) -> Option<String> {
        let raw = RawRequest { method, scheme: "https", authority: host, target: path };
        table.find(&CanonicalRequest::parse(raw).unwrap()).map(|route| route.name.to_string())
    }

    #[test]
    fn the_most_specific_route_is_found() {
        let table = RouteTable::new([
            route("any", &[], &[], &[]),
            route("wild", &["*.x.io"], &[], &[]),
            route("host", &["a.x.io"], &["/app"], &[]),
            route("deep", &["a.x.io"], &["/app/deep"], &[]),
            route("exact", &["a.x.io"], &["=/app/deep"], &[]),
            route("post", &["a.x.io"], &["/app"], &["POST"]),
            route("slash", &["a.x.io"], &["/tree/"], &[]),
        ])
        .unwrap();
        for (method, host, path, expected) in [
            ("GET", "b.io", "/", "any"),
            ("GET", "b.x.io", "/", "wild"),
            ("GET", "c.b.x.io", "/", "any"),
            ("GET", "x.io", "/", "any"),
            ("GET", "A.X.IO:443", "/app", "host"),
            ("GET", "a.x.io", "/app/", "host"),
            ("GET", "a.x.io", "/app/z", "host"),
            ("GET", "a.x.io", "/application", "wild"),
            ("POST", "a.x.io", "/app/z", "post"),
            ("POST", "a.x.io", "/app/deep/z", "deep"),
            ("GET", "a.x.io", "/app/deep", "exact"),
            ("GET", "a.x.io", "/app/deep/", "deep"),
            ("GET", "a.x.io", "/tree", "slash"),
            ("GET", "a.x.io", "/other", "wild"),
        ] {
            assert_eq!(find(&table, method, host, path).as_deref(), Some(expected), "{method} {host}{path}");
        }
    }

    #[test]
    fn ties_are_reported() {
        for (routes, tie) in [
            ([route("a", &[], &[], &[]), route("b", &[], &[], &[])], true),
            ([route("a", &["x"], &["/p"], &[]), route("b", &["y", "x"], &["/q", "/p/"], &[])], true),
            ([route("a", &["x"], &["/p"], &["GET"]), route("b", &["x"], &["/p"], &["GET", "PUT"])], true),
            ([route("a", &["x"], &["/p"], &["GET"]), route("b", &["x"], &["/p"], &[])], false),
            ([route("a", &["x"], &["/p"], &[]), route("b", &["x"], &["=/p"], &[])], false),
            ([route("a", &["x.io"], &[], &[]), route("b", &["*.io"], &[], &[])], false),
        ] {
            assert_eq!(RouteTable::new(routes).is_err(), tie);
        }
        let same_host_twice = route("a", &["x", "x"], &["/p", "/p/"], &["GET", "GET"]);
        assert!(RouteTable::new([same_host_twice]).is_ok());
    }

    proptest! {
        /// The table finds a route exactly when one covers the request, and then one that does.
        #[test]
        fn agrees_with_a_scan(
            scopes in proptest::collection::vec((0..4usize, 0..5usize, 0..3usize), 1..8),
            host in 0..4usize, path in 0..6usize, method in 0..2usize,
        ) {
            let hosts: [&[&str]; 4] = [&[], &["a.x.io"], &["*.x.io"], &["b.io"]];
            let paths: [&[&str]; 5] = [&[], &["/a"], &["/a/b"], &["=/a"], &["/c/"]];
            let methods: [&[&str]; 3] = [&[], &["GET"], &["POST"]];
            let routes: Vec<_> = scopes.iter().enumerate()
                .map(|(index, (h, p, m))| route(&index.to_string(), hosts[*h], paths[*p], methods[*m])).collect();
            let scopes: Vec<_> = routes.iter().map(|route| (route.name.to_string(), route.scope.clone())).collect();
            if let Ok(table) = RouteTable::new(routes) {
                let host = ["a.x.io", "b.x.io", "b.io", "q"][host];
                let path = ["/", "/a", "/a/b", "/ab", "/c", "/a/b/c"][path];
                let method = ["GET", "POST"][method];
                let raw = RawRequest { method, scheme: "http", authority: host, target: path };
                let request = CanonicalRequest::parse(raw).unwrap();
                let found = find(&table, method, host, path);
                let covering: Vec<_> = scopes.iter().filter(|(_, scope)| scope.covers(&request)).collect();
                prop_assert_eq!(found.is_some(), !covering.is_empty());
                if let Some(found) = found {
                    prop_assert!(covering.iter().any(|(name, _)| *name == found));
                }
            }
        }
    }
}
