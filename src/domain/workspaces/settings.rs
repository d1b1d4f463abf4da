//! What clients set of a workspace and read back, and nothing here acts upon.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::names;
use crate::domain::projects::activity_duration;
use crate::domain::timestamp::Timestamp;
use crate::domain::url::link;

pub const MAX_TRIGGERS: usize = 100;

/// The attributes, their defaults, and the type that they arrive in. On the wire and in the store they have the same
/// names, with hyphens.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $stored:ty = $default:expr, from $given:ty;)*) => {
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, rename_all = "kebab-case")]
        pub struct WorkspaceSettings {
            $($(#[$doc])* pub $name: $stored,)*
        }

        impl Default for WorkspaceSettings {
            fn default() -> WorkspaceSettings {
                WorkspaceSettings { $($name: $default,)* }
            }
        }

        /// The attributes as they came.
        #[derive(Debug, Default)]
        pub struct SettingsFields {
            $(pub $name: Field<$given>,)*
        }

        impl SettingsFields {
            /// What is absent stays as it is, null stands for the default.
            pub fn applied_to(&self, current: WorkspaceSettings) -> WorkspaceSettings {
                let default = WorkspaceSettings::default();
                WorkspaceSettings {
                    $($name: match &self.$name {
                        Field::Absent => current.$name,
                        Field::Null => default.$name,
                        Field::Value(value) => value.clone().into(),
                    },)*
                }
            }
        }
    };
}

settings! {
    allow_destroy_plan: bool = true, from bool;
    assessments_enabled: bool = false, from bool;
    auto_apply: bool = false, from bool;
    auto_apply_run_trigger: bool = false, from bool;
    auto_destroy_activity_duration: Option<String> = None, from String;
    auto_destroy_at: Option<String> = None, from String;
    file_triggers_enabled: bool = true, from bool;
    global_remote_state: bool = false, from bool;
    hyok_enabled: bool = false, from bool;
    inherits_project_auto_destroy: bool = true, from bool;
    project_remote_state: bool = false, from bool;
    queue_all_runs: bool = false, from bool;
    /// Who made the workspace, and where that can be read. Set once, when it is created.
    source_name: Option<String> = None, from String;
    source_url: Option<String> = None, from String;
    speculative_enabled: bool = true, from bool;
    structured_run_output_enabled: bool = true, from bool;
    /// A version, a constraint, or `latest`.
    terraform_version: String = "latest".to_owned(), from String;
    trigger_patterns: Vec<String> = Vec::new(), from Vec<String>;
    trigger_prefixes: Vec<String> = Vec::new(), from Vec<String>;
    working_directory: String = String::new(), from String;
}

impl WorkspaceSettings {
    fn destroys_by_itself(&self) -> bool {
        self.auto_destroy_at.is_some() || self.auto_destroy_activity_duration.is_some()
    }

    /// As they count in a project with this `auto-destroy-activity-duration`.
    pub fn inheriting(&self, project_auto_destroy_activity_duration: &Option<String>) -> WorkspaceSettings {
        let mut settings = self.clone();
        if settings.inherits_project_auto_destroy && settings.auto_destroy_activity_duration.is_none() {
            settings.auto_destroy_activity_duration.clone_from(project_auto_destroy_activity_duration);
        }
        settings
    }
}

impl SettingsFields {
    /// `is_new` where the workspace is being created: only then its source can be told.
    pub fn check(mut self, is_new: bool, problems: &mut Problems) -> SettingsFields {
        if !is_new {
            (self.source_name, self.source_url) = (Field::Absent, Field::Absent);
        }
        self.source_name = unset_if_blank(self.source_name);
        self.source_url = unset_if_blank(self.source_url);
        self.terraform_version = unset_if_blank(self.terraform_version);
        check_line("source-name", &self.source_name, 255, problems);
        if let Field::Value(text) = &self.terraform_version
            && !is_version(text)
        {
            problems.attribute(
                "terraform-version",
                "`terraform-version` must be a version, a constraint such as `~> 1.9.0`, or `latest`.",
            );
        }
        check_line("working-directory", &self.working_directory, 1024, problems);
        if let Field::Value(text) = &self.source_url
            && let Err(wrong) = link(text)
        {
            problems.attribute("source-url", format!("`source-url` {wrong}."));
        }
        if let Field::Value(text) = &self.auto_destroy_activity_duration {
            activity_duration::check(text, problems);
        }
        self.auto_destroy_at = match self.auto_destroy_at {
            Field::Value(text) => match Timestamp::parse(&text) {
                Some(at) => Field::Value(at.to_string()),
                None => {
                    problems.attribute("auto-destroy-at", "`auto-destroy-at` must be an RFC 3339 date and time.");
                    Field::Absent
                }
            },
            other => other,
        };
        if self.auto_destroy_at.as_value().is_some() && self.auto_destroy_activity_duration.as_value().is_some() {
            problems.attribute(
                "auto-destroy-at",
                "`auto-destroy-at` and `auto-destroy-activity-duration` exclude each other.",
            );
        }
        check_triggers("trigger-patterns", &self.trigger_patterns, problems);
        check_triggers("trigger-prefixes", &self.trigger_prefixes, problems);
        if is_some(&self.trigger_patterns) && is_some(&self.trigger_prefixes) {
            problems.attribute("trigger-patterns", "`trigger-patterns` and `trigger-prefixes` exclude each other.");
        }
        self
    }

    /// What `tags-regex` excludes. Once tags trigger runs, paths do not; a request must not ask for both.
    pub fn check_beside_tags_regex(&self, problems: &mut Problems) {
        for (name, triggers) in
            [("trigger-patterns", &self.trigger_patterns), ("trigger-prefixes", &self.trigger_prefixes)]
        {
            if is_some(triggers) {
                problems.attribute(name, format!("`{name}` and `vcs-repo.tags-regex` exclude each other."));
            }
        }
        if self.file_triggers_enabled == Field::Value(true) {
            problems.attribute(
                "file-triggers-enabled",
                "`file-triggers-enabled` and `vcs-repo.tags-regex` exclude each other.",
            );
        }
    }

    /// Of what excludes each other, the newer replaces the older: clients send what is configured, not what was. An
    /// empty list counts too: there is nothing of either kind then. With a new tags-regex, tags trigger runs and files
    /// do not.
    pub fn displacing_triggers(mut self, tags_regex_is_given: bool) -> SettingsFields {
        let (patterns, prefixes) = (self.trigger_patterns.is_given(), self.trigger_prefixes.is_given());
        if tags_regex_is_given || (patterns && !prefixes) || is_some(&self.trigger_patterns) {
            self.trigger_prefixes = Field::Null;
        }
        if tags_regex_is_given || (prefixes && !patterns) || is_some(&self.trigger_prefixes) {
            self.trigger_patterns = Field::Null;
        }
        if tags_regex_is_given && self.file_triggers_enabled.as_value().is_none() {
            self.file_triggers_enabled = Field::Value(false);
        }
        self
    }

    /// The settings after this change of `before`, in a project with this `auto-destroy-activity-duration`.
    pub fn settled(
        &self,
        before: &WorkspaceSettings,
        project_auto_destroy_activity_duration: &Option<String>,
        problems: &mut Problems,
    ) -> WorkspaceSettings {
        let mut after = self.applied_to(before.clone());
        self.settle_auto_destroy(project_auto_destroy_activity_duration, &mut after);
        // The Terraform provider's tests want it of patterns, and want prefixes to be kept.
        let says_so = self.file_triggers_enabled.is_given() || is_some(&self.trigger_patterns);
        if says_so && !after.file_triggers_enabled && !after.trigger_patterns.is_empty() {
            problems.attribute("trigger-patterns", PATTERNS_WITHOUT_FILE_TRIGGERS);
        }
        after
    }

    /// A workspace goes by a time, by a duration, or by its project: what is given displaces the other two.
    fn settle_auto_destroy(&self, of_project: &Option<String>, after: &mut WorkspaceSettings) {
        let (at, duration) = (&self.auto_destroy_at, &self.auto_destroy_activity_duration);
        let is_echo = |duration: &String| Some(duration) == of_project.as_ref();
        let is_own = at.as_value().is_some() || duration.as_value().is_some_and(|duration| !is_echo(duration));
        if self.inherits_project_auto_destroy == Field::Value(true) && !is_own {
            (after.auto_destroy_at, after.auto_destroy_activity_duration) = (None, None);
            return;
        }
        if at.as_value().is_some() {
            after.auto_destroy_activity_duration = None;
        } else if duration.as_value().is_some() {
            after.auto_destroy_at = None;
        }
        let names_either = at.is_given() || duration.is_given();
        if after.destroys_by_itself() {
            after.inherits_project_auto_destroy = false;
        } else if names_either && self.inherits_project_auto_destroy != Field::Value(false) {
            after.inherits_project_auto_destroy = true;
        }
    }
}

/// In the service's own words.
const PATTERNS_WITHOUT_FILE_TRIGGERS: &str =
    "'trigger_patterns' cannot be populated when 'file_triggers_enabled' is set to false.";

fn is_some(triggers: &Field<Vec<String>>) -> bool {
    matches!(triggers, Field::Value(triggers) if !triggers.is_empty())
}

fn unset_if_blank(field: Field<String>) -> Field<String> {
    match field {
        Field::Value(text) if text.trim().is_empty() => Field::Null,
        other => other,
    }
}

/// `latest`, or versions and comparisons with versions, separated by commas.
fn is_version(text: &str) -> bool {
    let compared = |part: &str| {
        let part = part.trim();
        let version = part.trim_start_matches(['=', '!', '<', '>', '~']);
        let operator = &part[..part.len() - version.len()];
        ["", "=", "!=", ">", "<", ">=", "<=", "~>"].contains(&operator) && is_one_version(version.trim_start())
    };
    let is_one_line = text.len() <= 255 && !text.chars().any(char::is_control);
    text == "latest" || (is_one_line && text.split(',').all(compared))
}

/// `1.9`, `1.9.0`, `1.9.0-rc1`.
fn is_one_version(text: &str) -> bool {
    let (numbers, rest) = text.split_once(['-', '+']).unwrap_or((text, "x"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_label = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    numbers.split('.').count() <= 3
        && numbers.split('.').all(is_number)
        && !rest.is_empty()
        && rest.chars().all(is_label)
}

fn check_line(name: &str, field: &Field<String>, limit: usize, problems: &mut Problems) {
    if let Field::Value(text) = field
        && (!names::is_line(text, limit))
    {
        problems.attribute(name, format!("`{name}` must be one line of at most {limit} characters."));
    }
}

fn check_triggers(name: &str, field: &Field<Vec<String>>, problems: &mut Problems) {
    let Field::Value(triggers) = field else { return };
    let is_bad = |trigger: &String| trigger.trim().is_empty() || !names::is_line(trigger, 1024);
    if triggers.len() > MAX_TRIGGERS {
        problems.attribute(name, format!("`{name}` must not have more than {MAX_TRIGGERS} items."));
    } else if triggers.iter().any(is_bad) {
        problems.attribute(name, format!("Each of `{name}` must be one line of 1 to 1024 characters."));
    }
}
