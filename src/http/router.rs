//! From a method and a path to a handler.

use super::request::{Method, Request};

/// A line of the table of routes. `H` is whatever handles it.
pub struct Route<H> {
    pub method: Method,
    /// `/organizations/:name`: a segment that begins with a colon matches any one segment and names it.
    pub pattern: &'static str,
    pub handler: H,
}

pub enum Found<'a, H> {
    Handler(&'a Route<H>),
    /// The path exists, but not for this method. The methods that it is there for: of the most literal pattern, since
    /// `/things/all` is no `/things/:id`.
    OtherMethods(Vec<Method>),
    Nothing,
}

/// Finds the handler and fills the request's parameters.
pub fn find<'a, H>(routes: &'a [Route<H>], request: &mut Request) -> Found<'a, H> {
    let (mut others, mut most_literal) = (Vec::new(), 0);
    for route in routes {
        if !matches(route.pattern, &request.path) {
            continue;
        }
        if route.method == request.method {
            request.parameters = segments(route.pattern)
                .zip(&request.path)
                .filter_map(|(name, value)| Some((name.strip_prefix(':')?, value.clone())))
                .collect();
            return Found::Handler(route);
        }
        let literal = segments(route.pattern).filter(|segment| !segment.starts_with(':')).count();
        if literal > most_literal {
            others.clear();
            most_literal = literal;
        }
        if literal == most_literal {
            others.push(route.method);
        }
    }
    if others.is_empty() { Found::Nothing } else { Found::OtherMethods(others) }
}

fn segments(pattern: &'static str) -> impl Iterator<Item = &'static str> {
    pattern.split('/').filter(|segment| !segment.is_empty())
}

fn matches(pattern: &'static str, path: &[String]) -> bool {
    let mut rest = path.iter();
    for expected in segments(pattern) {
        match rest.next() {
            Some(segment) if expected == segment || expected.starts_with(':') => {}
            _ => return false,
        }
    }
    rest.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[Route<&str>] = &[
        Route { method: Method::Get, pattern: "/things", handler: "index" },
        Route { method: Method::Post, pattern: "/things", handler: "create" },
        Route { method: Method::Get, pattern: "/things/:id", handler: "show" },
        Route { method: Method::Get, pattern: "/things/:id/parts/:part", handler: "part" },
        Route { method: Method::Delete, pattern: "/sets/:id/:part", handler: "remove" },
        Route { method: Method::Get, pattern: "/sets/:id/all", handler: "all" },
        Route { method: Method::Post, pattern: "/sets/:id/all", handler: "add" },
    ];

    fn ask(method: Method, target: &str) -> (String, Vec<(&'static str, String)>) {
        let mut request = Request::new(method, target, vec![], vec![]).unwrap();
        let found = match find(ROUTES, &mut request) {
            Found::Handler(route) => route.handler.to_owned(),
            Found::OtherMethods(methods) => methods.iter().map(|m| m.name()).collect::<Vec<_>>().join(", "),
            Found::Nothing => "nothing".to_owned(),
        };
        (found, request.parameters)
    }

    #[test]
    fn patterns_match_whole_paths() {
        assert_eq!(ask(Method::Get, "/things").0, "index");
        assert_eq!(ask(Method::Post, "/things?x=1").0, "create");
        assert_eq!(ask(Method::Get, "/things/7"), ("show".to_owned(), vec![("id", "7".to_owned())]));
        assert_eq!(ask(Method::Get, "/things/a%2Fb").1, [("id", "a/b".to_owned())]);
        assert_eq!(ask(Method::Get, "/things/7/parts/8").1, [("id", "7".to_owned()), ("part", "8".to_owned())]);
        assert_eq!(ask(Method::Get, "//things/7//parts/8/").1, [("id", "7".to_owned()), ("part", "8".to_owned())]);
        for target in ["/", "/thing", "/things/7/parts", "/things//parts/8", "/things/%2F/parts"] {
            assert_eq!(ask(Method::Get, target).0, "nothing", "{target}");
        }
    }

    #[test]
    fn another_method_is_told_which_there_are() {
        assert_eq!(ask(Method::Delete, "/things").0, "GET, POST");
        assert_eq!(ask(Method::Delete, "/things/7").0, "GET");
        assert_eq!(ask(Method::Patch, "/sets/7/one").0, "DELETE");
        assert_eq!(ask(Method::Patch, "/sets/7/all").0, "GET, POST");
    }
}
