//! What clients set of an organization beside its name and address.

use serde::{Deserialize, Serialize};

use super::execution_mode::ExecutionMode;
use crate::domain::error::Problems;
use crate::domain::field::Field;

const MAX_ROLE_ID_CHARACTERS: usize = 255;
/// What every client can count to.
const MAX_MINUTES: i64 = i32::MAX as i64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationOptions {
    /// If not, the tokens of users are none here; those of teams and of the organization itself still are.
    pub user_tokens_enabled: bool,
    /// Whether who manages workspaces may delete those that may manage something.
    pub allow_force_delete_workspaces: bool,
    pub default_execution_mode: ExecutionMode,
    pub settings: OrganizationSettings,
}

impl Default for OrganizationOptions {
    /// As in a new organization.
    fn default() -> OrganizationOptions {
        OrganizationOptions {
            user_tokens_enabled: true,
            allow_force_delete_workspaces: false,
            default_execution_mode: ExecutionMode::Remote,
            settings: OrganizationSettings::default(),
        }
    }
}

/// What clients read back, and nothing here acts upon. Named as on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct OrganizationSettings {
    pub collaborator_auth_policy: AuthPolicy,
    /// In minutes. The Terraform provider takes any value but null for a setting.
    pub session_timeout: Option<i64>,
    pub session_remember: Option<i64>,
    pub owners_team_saml_role_id: Option<String>,
    pub cost_estimation_enabled: bool,
    /// Not together with the next one.
    pub send_passing_statuses_for_untriggered_speculative_plans: bool,
    pub aggregated_commit_status_enabled: bool,
    pub speculative_plan_management_enabled: bool,
    pub assessments_enforced: bool,
    pub enforce_hyok: bool,
    pub stacks_enabled: bool,
    pub max_ttl_enabled: bool,
    pub stacks_default_execution_mode: StacksExecutionMode,
}

impl Default for OrganizationSettings {
    fn default() -> OrganizationSettings {
        OrganizationSettings {
            collaborator_auth_policy: AuthPolicy::Password,
            session_timeout: None,
            session_remember: None,
            owners_team_saml_role_id: None,
            cost_estimation_enabled: false,
            send_passing_statuses_for_untriggered_speculative_plans: false,
            aggregated_commit_status_enabled: true,
            speculative_plan_management_enabled: true,
            assessments_enforced: false,
            enforce_hyok: false,
            stacks_enabled: false,
            max_ttl_enabled: false,
            stacks_default_execution_mode: StacksExecutionMode::Remote,
        }
    }
}

/// Where the runs of stacks would take place, were there any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StacksExecutionMode {
    Remote,
    Agent,
}

impl StacksExecutionMode {
    pub fn name(self) -> &'static str {
        match self {
            StacksExecutionMode::Remote => "remote",
            StacksExecutionMode::Agent => "agent",
        }
    }

    pub fn from_name(name: &str) -> Option<StacksExecutionMode> {
        match name {
            "remote" => Some(StacksExecutionMode::Remote),
            "agent" => Some(StacksExecutionMode::Agent),
            _ => None,
        }
    }
}

/// How members would have to sign in, were there a place to sign in at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthPolicy {
    Password,
    TwoFactorMandatory,
}

impl AuthPolicy {
    pub fn from_name(name: &str) -> Option<AuthPolicy> {
        match name {
            "password" => Some(AuthPolicy::Password),
            "two_factor_mandatory" => Some(AuthPolicy::TwoFactorMandatory),
            _ => None,
        }
    }
}

/// The options as a request has them: what is absent stays, what is null becomes what it is in a new organization.
#[derive(Debug, Default)]
pub struct OrganizationOptionsChange {
    pub user_tokens_enabled: Field<bool>,
    pub allow_force_delete_workspaces: Field<bool>,
    pub default_execution_mode: Field<ExecutionMode>,
    pub collaborator_auth_policy: Field<AuthPolicy>,
    pub session_timeout: Field<i64>,
    pub session_remember: Field<i64>,
    pub owners_team_saml_role_id: Field<String>,
    pub cost_estimation_enabled: Field<bool>,
    pub send_passing_statuses_for_untriggered_speculative_plans: Field<bool>,
    pub aggregated_commit_status_enabled: Field<bool>,
    pub speculative_plan_management_enabled: Field<bool>,
    pub assessments_enforced: Field<bool>,
    pub enforce_hyok: Field<bool>,
    pub stacks_enabled: Field<bool>,
    pub max_ttl_enabled: Field<bool>,
    pub stacks_default_execution_mode: Field<StacksExecutionMode>,
}

impl OrganizationOptionsChange {
    /// Everything that is wrong with them together.
    pub fn check(mut self, problems: &mut Problems) -> OrganizationOptionsChange {
        self.session_timeout = check_minutes("session-timeout", self.session_timeout, problems);
        self.session_remember = check_minutes("session-remember", self.session_remember, problems);
        self.owners_team_saml_role_id = match self.owners_team_saml_role_id {
            Field::Value(text) if text.is_empty() => Field::Null,
            given => given,
        };
        if let Field::Value(text) = &self.owners_team_saml_role_id
            && text.chars().count() > MAX_ROLE_ID_CHARACTERS
        {
            problems.attribute(
                "owners-team-saml-role-id",
                "`owners-team-saml-role-id` must not be longer than 255 characters.",
            );
        }
        // A request for one of the two replaces the other.
        let (passing, aggregated) =
            (&self.send_passing_statuses_for_untriggered_speculative_plans, &self.aggregated_commit_status_enabled);
        match (passing, aggregated) {
            (Field::Value(true), Field::Value(true)) => problems.attribute(
                "aggregated-commit-status-enabled",
                "`aggregated-commit-status-enabled` and `send-passing-statuses-for-untriggered-speculative-plans` must \
                 not both be true.",
            ),
            (Field::Value(true), _) => self.aggregated_commit_status_enabled = Field::Value(false),
            (_, Field::Value(true) | Field::Null) => {
                self.send_passing_statuses_for_untriggered_speculative_plans = Field::Value(false);
            }
            _ => {}
        }
        self
    }

    /// What `current` options become.
    pub fn apply(&self, current: &OrganizationOptions) -> OrganizationOptions {
        let (set, new) = (&current.settings, OrganizationOptions::default());
        OrganizationOptions {
            user_tokens_enabled: self.user_tokens_enabled.or(&current.user_tokens_enabled, &new.user_tokens_enabled),
            allow_force_delete_workspaces: self
                .allow_force_delete_workspaces
                .or(&current.allow_force_delete_workspaces, &new.allow_force_delete_workspaces),
            default_execution_mode: self
                .default_execution_mode
                .or(&current.default_execution_mode, &new.default_execution_mode),
            settings: OrganizationSettings {
                collaborator_auth_policy: self
                    .collaborator_auth_policy
                    .or(&set.collaborator_auth_policy, &new.settings.collaborator_auth_policy),
                session_timeout: self.session_timeout.or_none(&set.session_timeout),
                session_remember: self.session_remember.or_none(&set.session_remember),
                owners_team_saml_role_id: self.owners_team_saml_role_id.or_none(&set.owners_team_saml_role_id),
                cost_estimation_enabled: self
                    .cost_estimation_enabled
                    .or(&set.cost_estimation_enabled, &new.settings.cost_estimation_enabled),
                send_passing_statuses_for_untriggered_speculative_plans: self
                    .send_passing_statuses_for_untriggered_speculative_plans
                    .or(
                        &set.send_passing_statuses_for_untriggered_speculative_plans,
                        &new.settings.send_passing_statuses_for_untriggered_speculative_plans,
                    ),
                aggregated_commit_status_enabled: self
                    .aggregated_commit_status_enabled
                    .or(&set.aggregated_commit_status_enabled, &new.settings.aggregated_commit_status_enabled),
                speculative_plan_management_enabled: self
                    .speculative_plan_management_enabled
                    .or(&set.speculative_plan_management_enabled, &new.settings.speculative_plan_management_enabled),
                assessments_enforced: self
                    .assessments_enforced
                    .or(&set.assessments_enforced, &new.settings.assessments_enforced),
                enforce_hyok: self.enforce_hyok.or(&set.enforce_hyok, &new.settings.enforce_hyok),
                stacks_enabled: self.stacks_enabled.or(&set.stacks_enabled, &new.settings.stacks_enabled),
                max_ttl_enabled: self.max_ttl_enabled.or(&set.max_ttl_enabled, &new.settings.max_ttl_enabled),
                stacks_default_execution_mode: self
                    .stacks_default_execution_mode
                    .or(&set.stacks_default_execution_mode, &new.settings.stacks_default_execution_mode),
            },
        }
    }
}

/// Zero minutes are how clients without a null say that there is no limit of its own.
fn check_minutes(name: &str, minutes: Field<i64>, problems: &mut Problems) -> Field<i64> {
    match minutes {
        Field::Value(0) => Field::Null,
        Field::Value(minutes) if !(1..=MAX_MINUTES).contains(&minutes) => {
            problems.attribute(name, format!("`{name}` must be a number of minutes from 1 to {MAX_MINUTES}."));
            Field::Absent
        }
        given => given,
    }
}
