//! Request documents.

use serde_json::{Value, json};

/// A document whose primary data is one resource.
pub fn document(kind: &str, attributes: Value) -> Value {
    json!({"data": {"type": kind, "attributes": attributes}})
}

/// The request document of the 2018 page.
pub fn sample_of_2018() -> Value {
    document(
        "oauth-clients",
        json!({
            "service-provider": "github",
            "http-url": "https://github.com",
            "api-url": "https://api.github.com",
            "oauth-token-string": "4306823352f0009d0ed81f1b654ac17a"
        }),
    )
}

/// The sample, with these attributes beside its own or in their place.
pub fn sample_with(attributes: Value) -> Value {
    let mut sample = sample_of_2018();
    for (name, value) in attributes.as_object().expect("attributes") {
        sample["data"]["attributes"][name] = value.clone();
    }
    sample
}

/// The sample without one of its attributes.
pub fn sample_without(name: &str) -> Value {
    let mut sample = sample_of_2018();
    let attributes = sample["data"]["attributes"].as_object_mut().expect("attributes");
    attributes.remove(name).expect("an attribute of the sample");
    sample
}
