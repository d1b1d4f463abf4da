//! An event of the audit trail, as it is read.

use serde_json::Value;
use uuid::Uuid;

use crate::domain::timestamp::Timestamp;

#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// Its place in the trail.
    pub number: i64,
    pub id: Uuid,
    pub at: Timestamp,
    /// External id; none for what belongs to no organization.
    pub organization: Option<String>,
    /// As it is called today; none where it is gone.
    pub organization_name: Option<String>,
    pub request_id: Option<Uuid>,
    /// `Client`, `System` or `Unknown`.
    pub actor_type: String,
    pub actor_id: Option<String>,
    pub actor_name: String,
    pub resource_type: String,
    pub resource_id: String,
    pub action: String,
    pub meta: Option<Value>,
}
