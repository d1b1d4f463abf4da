//! The consumer key and the RSA keys of an application link, where a person brings none.

use crate::domain::error::{Error, Result};
use crate::domain::field::Field;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::client_change::OAuthClientChangeFields;
use crate::domain::oauth::new_client::OAuthClientFields;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::domain::sources::Sources;
use crate::http::form::Form;
use crate::providers::{KeyPair, generate_key_pair};

/// What comes after they were generated.
pub const NEXT: &str = "Register the consumer key and the public key from its card at the provider, then connect.";

pub struct Keys {
    consumer_key: String,
    pair: KeyPair,
}

/// Whether the form leaves all three of them to Bowline.
pub fn are_wanted(form: &Form, provider: ServiceProvider) -> bool {
    provider.connects_by_application_link()
        && ["key", "secret", "rsa-public-key"].iter().all(|name| form.get(name).is_empty())
}

/// Takes a second or so: to be called while the worker's slot is left.
pub fn generate(sources: &Sources) -> Result<Keys> {
    let pair = generate_key_pair().map_err(|e| Error::internal(format!("no RSA keys could be generated: {e}")))?;
    Ok(Keys { consumer_key: format!("bowline-{}", sources.text("consumer-key", b"0123456789abcdef", 16)), pair })
}

impl Keys {
    pub fn fill(&self, fields: &mut OAuthClientFields) {
        fields.key = Field::Value(self.consumer_key.clone());
        fields.secret = Field::Value(self.pair.private_key.reveal().to_owned());
        fields.rsa_public_key = Field::Value(self.pair.public_key.clone());
    }

    /// For a client that is there without them. A consumer key that it has stays.
    pub fn change(&self, client: &OAuthClient) -> OAuthClientChangeFields {
        OAuthClientChangeFields {
            key: if client.key.is_some() { Field::Absent } else { Field::Value(self.consumer_key.clone()) },
            secret: Field::Value(self.pair.private_key.reveal().to_owned()),
            rsa_public_key: Field::Value(self.pair.public_key.clone()),
            ..OAuthClientChangeFields::default()
        }
    }
}
