//! What narrows a list of OAuth clients down.

use crate::domain::error::{Error, Result};
use crate::domain::oauth::client::OAuthClientFilter;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::http::query;
use crate::http::request::Request;

const SERVICE_PROVIDER: &str = "filter[service-provider]";

/// Each `filter` takes several values, separated by commas: one of them is enough. `BadRequest` for an unknown service
/// provider, because an empty list would hide the mistake.
pub fn filter(request: &Request) -> Result<OAuthClientFilter> {
    Ok(OAuthClientFilter {
        names: query::filter_list(request, "filter[name]"),
        service_providers: query::filter_list(request, SERVICE_PROVIDER).map(service_providers).transpose()?,
        projects: query::filter_list(request, "filter[project]"),
        part_of_name: query::filter(request, "q").map(str::to_owned),
    })
}

fn service_providers(identifiers: Vec<String>) -> Result<Vec<ServiceProvider>> {
    let parse = |identifier: &String| {
        ServiceProvider::from_identifier(identifier).ok_or_else(|| {
            let known = ServiceProvider::ALL.map(ServiceProvider::identifier).join(", ");
            Error::bad_parameter(SERVICE_PROVIDER, format!("`{SERVICE_PROVIDER}` takes one or more of {known}."))
        })
    };
    identifiers.iter().map(parse).collect()
}
