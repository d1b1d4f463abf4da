//! Which query parameters an endpoint knows. One that would change the answer must not be ignored.

use crate::domain::error::{Error, Result};

use super::request::{Request, is_same_name};

/// What an endpoint takes beside pages: names, and behind a `=` the values that a list such as `include` may have:
/// `["include=oauth_tokens,projects", "filter[provider]"]`. A `*` at the end stands for any rest of the name, for
/// parameters that are numbered: `filter[tagged]*`. The handler reads those itself, and refuses what it cannot read.
pub type Known = &'static [&'static str];

/// `BadRequest` for an unknown `include` or `sort`, and for a filter or search that would have no effect. Other unknown
/// parameters are ignored: clients send some that only other versions know.
pub fn check(request: &Request, known: Known) -> Result<()> {
    for (name, value) in &request.query {
        // An empty value asks for nothing; clients send them.
        if !changes_the_answer(name) || items(value).next().is_none() {
            continue;
        }
        let Some(known) = known.iter().find(|entry| is_named(entry, name)) else {
            let detail = match name.as_str() {
                // In these words, by which clients tell that it was the include parameter.
                "include" => "This path knows no include parameter.".to_owned(),
                name => format!("This path does not know the parameter `{}`.", shown(name)),
            };
            return Err(Error::bad_parameter(name, detail));
        };
        let Some((_, values)) = known.split_once('=') else { continue };
        let unknown = items(value).find(|item| !values.split(',').any(|value| is_same_name(value, item)));
        if let Some(unknown) = unknown {
            let takes = values.replace(',', ", ");
            return Err(Error::bad_parameter(
                name,
                format!("The {name} parameter takes {takes} here, not `{}`.", shown(unknown)),
            ));
        }
    }
    Ok(())
}

/// Whether a parameter that is a list, such as `include`, has `item` in it.
pub fn lists(request: &Request, parameter: &str, item: &str) -> bool {
    request.query(parameter).is_some_and(|value| items(value).any(|given| is_same_name(given, item)))
}

/// Whether a parameter that is a list, such as `include`, has any item in it.
pub fn has_items(request: &Request, parameter: &str) -> bool {
    request.query(parameter).is_some_and(|value| items(value).next().is_some())
}

/// The value of a filter; an empty one asks for nothing. Where it is repeated, the last one counts.
pub fn filter<'a>(request: &'a Request, parameter: &str) -> Option<&'a str> {
    request.query(parameter).filter(|value| !value.is_empty())
}

/// What `sort` asks for first, spelled with hyphens; empty where it asks for nothing.
pub fn sort(request: &Request) -> String {
    items(request.query("sort").unwrap_or_default()).next().unwrap_or_default().replace('_', "-")
}

/// The values of a filter that takes several.
pub fn filter_list(request: &Request, parameter: &str) -> Option<Vec<String>> {
    let values: Vec<String> = items(filter(request, parameter)?).map(str::to_owned).collect();
    Some(values).filter(|values| !values.is_empty())
}

/// A filter that is `true` or `false`. `BadRequest` for anything else.
pub fn filter_flag(request: &Request, parameter: &str) -> Result<Option<bool>> {
    match filter(request, parameter) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Error::bad_parameter(parameter, format!("`{parameter}` must be true or false."))),
    }
}

fn changes_the_answer(name: &str) -> bool {
    matches!(name, "include" | "sort" | "q")
        || ["filter[", "search[", "q["].iter().any(|family| name.starts_with(family))
}

fn is_named(entry: &str, name: &str) -> bool {
    let known = entry.split_once('=').map_or(entry, |(known, _)| known);
    match known.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => is_same_name(known, name),
    }
}

fn items(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// No more of what a client sent than helps to recognise it.
fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Method;

    const KNOWN: Known = &["include=oauth_tokens,projects", "filter[provider]", "filter[tagged]*", "sort=name,-name"];

    fn checked(query: &str) -> std::result::Result<(), String> {
        let request = Request::new(Method::Get, &format!("/things?{query}"), vec![], vec![]).unwrap();
        check(&request, KNOWN).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_known_passes() {
        for query in [
            "",
            "include=",
            "include=oauth_tokens",
            "include=projects,oauth-tokens",
            "include=%20projects%20,",
            "filter%5Bprovider%5D=github&sort=-name",
            "filter[tagged][0][key]=a&filter%5Btagged%5D%5B12%5D%5Bvalue%5D=b",
            "page[size]=1",
            "show_affected_workspaces=true&anything=else",
        ] {
            assert_eq!(checked(query), Ok(()), "{query}");
        }
    }

    #[test]
    fn what_would_have_no_effect_is_refused_by_name() {
        for (query, told) in [
            ("include=organization", "The include parameter takes oauth_tokens, projects here, not `organization`."),
            (
                "include=projects,x&include=projects",
                "The include parameter takes oauth_tokens, projects here, not `x`.",
            ),
            ("sort=age", "The sort parameter takes name, -name here, not `age`."),
            ("filter[name]=x", "This path does not know the parameter `filter[name]`."),
            ("filter[tag]=x", "This path does not know the parameter `filter[tag]`."),
            ("filter[provider][0]=x", "This path does not know the parameter `filter[provider][0]`."),
            ("search[name]=x", "This path does not know the parameter `search[name]`."),
            ("q=x", "This path does not know the parameter `q`."),
        ] {
            assert_eq!(checked(query), Err(told.to_owned()), "{query}");
        }
        let request = Request::new(Method::Get, "/things?include=projects", vec![], vec![]).unwrap();
        assert!(check(&request, &[]).unwrap_err().to_string().contains("include parameter"));
    }

    #[test]
    fn items_are_found_in_lists() {
        let request = Request::new(Method::Get, "/things?include=a_b,c", vec![], vec![]).unwrap();
        assert!(lists(&request, "include", "a-b") && lists(&request, "include", "c"));
        assert!(!lists(&request, "include", "a") && !lists(&request, "sort", "c"));
    }
}
