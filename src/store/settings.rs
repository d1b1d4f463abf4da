//! Columns named `settings`: what clients set and read back, as a JSON object of what differs from the defaults.

use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::domain::error::{Error, Result};

pub fn text<T: Serialize + Default>(settings: &T) -> Result<String> {
    let (mut members, defaults) = (members(settings)?, members(&T::default())?);
    members.retain(|name, value| defaults.get(name) != Some(value));
    Ok(Value::Object(members).to_string())
}

pub fn read<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(e)))
}

fn members<T: Serialize>(settings: &T) -> Result<Map<String, Value>> {
    match serde_json::to_value(settings).map_err(Error::internal)? {
        Value::Object(members) => Ok(members),
        other => Err(Error::internal(format!("settings are no object: {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::domain::organizations::options::OrganizationSettings;

    #[test]
    fn only_what_differs_is_kept_and_the_rest_is_as_always() {
        let settings =
            OrganizationSettings { session_timeout: Some(60), stacks_enabled: true, ..OrganizationSettings::default() };
        let kept = text(&settings).unwrap();
        assert_eq!(kept, r#"{"session-timeout":60,"stacks-enabled":true}"#);
        assert_eq!(serde_json::from_str::<OrganizationSettings>(&kept).unwrap(), settings);
        assert_eq!(text(&OrganizationSettings::default()).unwrap(), "{}");
    }
}
