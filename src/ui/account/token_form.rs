//! The form for a new API token.

use std::time::Duration;

use crate::domain::accounts::api_token::TokenTerms;
use crate::domain::error::Result;
use crate::domain::timestamp::Timestamp;
use crate::http::form::Form;
use crate::ui::input::{Choice, Input};
use crate::ui::problems;

const DAY: u64 = 24 * 60 * 60;
/// What the form offers: the value, the words, and how many days.
const LIVES: [(&str, &str, Option<u64>); 5] = [
    ("30", "After 30 days", Some(30)),
    ("90", "After 90 days", Some(90)),
    ("365", "After one year", Some(365)),
    ("730", "After two years", Some(730)),
    ("never", "Never", None),
];

pub fn fields() -> Vec<Input> {
    let lives = LIVES.iter().map(|(value, label, _)| Choice {
        value: (*value).to_owned(),
        label: (*label).to_owned(),
        is_chosen: *value == "90",
    });
    vec![
        Input::text("description", "Description").hint("Where the token is used."),
        Input::choice("expires", "Expires", lives.collect()).required(),
    ]
}

pub fn terms(form: &Form, now: Timestamp) -> Result<TokenTerms> {
    let chosen = LIVES.iter().find(|(value, _, _)| *value == form.get("expires"));
    let Some((_, _, days)) = chosen else {
        return Err(problems::wrong("expires", "Choose when the token expires."));
    };
    let expires_at = days.map(|days| now.plus(Duration::from_secs(days * DAY))).transpose()?;
    let description = Some(form.get("description").to_owned()).filter(|text| !text.is_empty());
    TokenTerms::new(description, expires_at)
}
