use std::hash::BuildHasher as _;
use std::sync::Arc;

use hashbrown::{HashMap, HashTable};

use super::{HostPattern, PathPattern, Route};
use crate::request::CanonicalRequest;

type Hasher = foldhash::fast::RandomState;

/// All routes of a configuration, found by look-ups alone.
///
/// The order is total: an exact host before `*.` before any host; then an exact path before the longest
/// prefix; then a route that names the method before one that covers all. Names, hosts and paths are those
/// of the routes, not copies of them.
#[derive(Debug, Default)]
pub struct RouteTable {
    routes: Vec<Arc<Route>>,
    by_name: HashMap<Arc<str>, u32, Hasher>,
    exact_hosts: HashMap<Arc<str>, PathTable, Hasher>,
    wildcard_hosts: HashMap<Arc<str>, PathTable, Hasher>,
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
    pub fn new(routes: impl IntoIterator<Item = Arc<Route>>) -> Result<Self, Vec<RouteTie>> {
        let mut table = Self::default();
        let mut ties = Vec::new();
        for (index, route) in (0..).zip(routes) {
            let clashes = table.insert(&route, index);
            for first in clashes.filter_map(|other| table.route(other)) {
                let tie = RouteTie { first: first.name.to_string(), second: route.name.to_string() };
                if !ties.contains(&tie) {
                    ties.push(tie);
                }
            }
            table.by_name.insert(route.name.clone(), index);
            table.routes.push(route);
        }
        if ties.is_empty() { Ok(table) } else { Err(ties) }
    }

    /// Adds a route; the routes that cover the same.
    fn insert(&mut self, route: &Route, index: u32) -> impl Iterator<Item = u32> + use<> {
        let scope = &route.scope;
        let mut clashes = Vec::new();
        if scope.hosts.is_empty() {
            clashes.extend(self.any_host.insert(&scope.paths, &scope.methods, index));
        }
        for host in &scope.hosts {
            let (hosts, host) = match host {
                HostPattern::Exact(host) => (&mut self.exact_hosts, host),
                HostPattern::OneLabel(suffix) => (&mut self.wildcard_hosts, suffix),
            };
            let paths = hosts.entry(host.clone()).or_default();
            clashes.extend(paths.insert(&scope.paths, &scope.methods, index));
        }
        clashes.into_iter()
    }

    fn route(&self, index: u32) -> Option<&Arc<Route>> {
        self.routes.get(usize::try_from(index).ok()?)
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
        self.route(index)
    }

    /// The route named `name`.
    pub fn by_name(&self, name: &str) -> Option<&Arc<Route>> {
        self.by_name.get(name).and_then(|index| self.route(*index))
    }

    /// The routes in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Route>> {
        self.routes.iter()
    }
}

/// The paths of one host.
#[derive(Debug, Default)]
struct PathTable {
    paths: Vec<PathSlot>,
    /// Where each path stands in `paths`, once they are many. Most hosts have one or two.
    index: Option<Box<PathIndex>>,
}

#[derive(Debug)]
struct PathSlot {
    /// Without a slash at the end if it is a prefix.
    path: PathPattern,
    methods: MethodTable,
}

#[derive(Debug, Default)]
struct PathIndex {
    slots: HashTable<u32>,
    hasher: Hasher,
}

/// From how many paths on there is an index.
const MANY_PATHS: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum PathKind {
    Exact,
    Prefix,
}

impl PathTable {
    /// Adds a route and returns the one that covers the same, if there is one.
    fn insert(&mut self, paths: &[PathPattern], methods: &[Box<str>], index: u32) -> Option<u32> {
        let mut clash = None;
        let whole_tree = [PathPattern::Prefix("".into())];
        for path in if paths.is_empty() { &whole_tree } else { paths } {
            let (kind, text) = parts(path);
            let known = self.position(kind, text);
            let position = known.unwrap_or_else(|| self.add(path.clone()));
            if let Some(slot) = self.paths.get_mut(position) {
                clash = clash.or(slot.methods.insert(methods, index));
            }
        }
        clash
    }

    fn add(&mut self, path: PathPattern) -> usize {
        let position = self.paths.len();
        if position == 0 {
            self.paths.reserve_exact(1);
        }
        self.paths.push(PathSlot { path, methods: MethodTable::default() });
        if self.paths.len() >= MANY_PATHS {
            let index = self.index.get_or_insert_default();
            let PathIndex { slots, hasher } = &mut **index;
            let hash = |slot: &PathSlot| hasher.hash_one(parts(&slot.path));
            for (number, slot) in (0..).zip(&self.paths).skip(slots.len()) {
                let rehash = |number: &u32| usize::try_from(*number).ok().and_then(|at| self.paths.get(at));
                slots.insert_unique(hash(slot), number, |number| rehash(number).map_or(0, hash));
            }
        }
        position
    }

    /// Where the path of this kind stands.
    fn position(&self, kind: PathKind, text: &str) -> Option<usize> {
        let fits = |slot: &PathSlot| parts(&slot.path) == (kind, text);
        let Some(index) = &self.index else { return self.paths.iter().position(fits) };
        let hash = index.hasher.hash_one((kind, text));
        let at = |number: &u32| usize::try_from(*number).ok();
        let fits = |number: &u32| at(number).and_then(|at| self.paths.get(at)).is_some_and(fits);
        index.slots.find(hash, fits).and_then(at)
    }

    fn methods(&self, kind: PathKind, text: &str) -> Option<&MethodTable> {
        self.paths.get(self.position(kind, text)?).map(|slot| &slot.methods)
    }

    fn find(&self, path: &str, method: &str) -> Option<u32> {
        if let Some(index) = self.methods(PathKind::Exact, path).and_then(|methods| methods.find(method)) {
            return Some(index);
        }
        if self.paths.is_empty() {
            return None;
        }
        let mut prefix = path;
        loop {
            if let Some(index) =
                self.methods(PathKind::Prefix, prefix).and_then(|methods| methods.find(method))
            {
                return Some(index);
            }
            // From the longest prefix to the empty one, a segment at a time.
            prefix = prefix.get(..prefix.rfind('/')?)?;
        }
    }
}

fn parts(path: &PathPattern) -> (PathKind, &str) {
    match path {
        PathPattern::Exact(path) => (PathKind::Exact, path),
        PathPattern::Prefix(path) => (PathKind::Prefix, path),
    }
}

#[derive(Debug, Default)]
struct MethodTable {
    named: Vec<(Box<str>, u32)>,
    all: Option<u32>,
}

impl MethodTable {
    fn insert(&mut self, methods: &[Box<str>], index: u32) -> Option<u32> {
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

    fn find(&self, method: &str) -> Option<u32> {
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

    fn route(name: &str, hosts: &[&str], paths: &[&str], methods: &[&str]) -> Arc<Route> {
        let host = |host: &&str| match host.strip_prefix("*.") {
            Some(suffix) => HostPattern::OneLabel(suffix.into()),
            None => HostPattern::Exact((*host).into()),
        };
        let path = |path: &&str| match path.strip_prefix('=') {
            Some(exact) => PathPattern::Exact(exact.into()),
            None => PathPattern::prefix(path),
        };
        Arc::new(Route {
            name: name.into(),
            scope: RouteScope {
                hosts: hosts.iter().map(host).collect(),
                paths: paths.iter().map(path).collect(),
                methods: methods.iter().map(|&method| method.into()).collect(),
            },
            accept: Arc::new(AcceptedEntries::default()),
            sources: [].into(),
            audiences: None,
            policy: Policy { deny: vec![], allow: Allow::Authenticated, shadow: vec![] },
            headers: [].into(),
            exempt: vec![],
            anonymous: None,
            encoded_slash: EncodedSlash::Refuse,
        })
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
            host in 0..4usize, path in 0..8usize, method in 0..2usize,
            more in 0..3usize,
        ) {
            let hosts: [&[&str]; 4] = [&[], &["a.x.io"], &["*.x.io"], &["b.io"]];
            let paths: [&[&str]; 5] = [&[], &["/a"], &["/a/b"], &["=/a"], &["/c/"]];
            let methods: [&[&str]; 3] = [&[], &["GET"], &["POST"]];
            // With few paths a host has no index, with many it gets one under way.
            let further: Vec<String> = (0..[0, 5, 20][more]).map(|path| format!("/z{path}")).collect();
            let further: Vec<&str> = further.iter().map(String::as_str).collect();
            let mut routes: Vec<_> = scopes.iter().enumerate()
                .map(|(index, (h, p, m))| route(&index.to_string(), hosts[*h], paths[*p], methods[*m])).collect();
            if more > 0 {
                routes.insert(1, route("further", hosts[1], &further, &[]));
                routes.push(route("furthest", &[], &further, &[]));
            }
            let scopes: Vec<_> = routes.iter().map(|route| (route.name.to_string(), route.scope.clone())).collect();
            if let Ok(table) = RouteTable::new(routes) {
                let host = ["a.x.io", "b.x.io", "b.io", "q"][host];
                let path = ["/", "/a", "/a/b", "/ab", "/c", "/a/b/c", "/z4/a", "/z19"][path];
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
