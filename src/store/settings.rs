//! Settings as the store keeps them: a JSON object of what differs from the defaults.

use serde::Serialize;
use serde_json::Value;

use crate::domain::error::{Error, Result};

/// So that a default may change without touching a row, and most rows say nothing.
pub fn differing<S: Serialize + Default>(settings: &S) -> Result<String> {
    let mut value = serde_json::to_value(settings).map_err(Error::internal)?;
    let default = serde_json::to_value(S::default()).map_err(Error::internal)?;
    if let (Value::Object(members), Value::Object(default)) = (&mut value, &default) {
        members.retain(|name, member| default.get(name) != Some(member));
    }
    Ok(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::workspace_settings::WorkspaceSettings;

    #[test]
    fn only_what_differs_is_kept_and_all_of_it_comes_back() {
        assert_eq!(differing(&WorkspaceSettings::default()).unwrap(), "{}");
        let settings = WorkspaceSettings {
            auto_apply: true,
            source_name: Some("pipeline".to_owned()),
            trigger_prefixes: vec!["modules".to_owned()],
            ..WorkspaceSettings::default()
        };
        let kept = differing(&settings).unwrap();
        assert_eq!(kept, r#"{"auto-apply":true,"source-name":"pipeline","trigger-prefixes":["modules"]}"#);
        assert_eq!(serde_json::from_str::<WorkspaceSettings>(&kept).unwrap(), settings);
        assert_eq!(serde_json::from_str::<WorkspaceSettings>("{}").unwrap(), WorkspaceSettings::default());
    }
}
