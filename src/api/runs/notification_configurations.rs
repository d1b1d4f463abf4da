//! Notification configurations on the wire: of workspaces, projects and teams. Tokens only come in, and nothing is sent.

use serde::Serialize;

use crate::api::jsonapi::crud::{Changeable, Find, Parent, Plain, resource};
use crate::api::jsonapi::document::{self, ToMany, ToOne};
use crate::api::jsonapi::input::Input;
use crate::api::teams;
use crate::app::{Cx, no_input};
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::field::Field;
use crate::domain::id::{NotificationConfigurationId, OrganizationId, ProjectId, TeamId, WorkspaceId};
use crate::domain::page::{Listed, Page};
use crate::domain::projects::project::Project;
use crate::domain::runs::notification_configuration::{
    NotificationChange, NotificationConfiguration, NotificationFields, Subscribable, Subscription,
};
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;
use crate::domain::workspaces::workspace::Workspace;
use crate::http::reply::Reply;
use crate::store::{Change, View, place};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    name: &'a str,
    destination_type: &'a str,
    enabled: bool,
    url: Option<&'a str>,
    /// Always null.
    token: Option<()>,
    triggers: &'a [String],
    email_addresses: &'a [String],
    /// Those of `users`, for callers who see memberships.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_email_addresses: Option<&'a [String]>,
    external_email_addresses: &'a [String],
    /// Nothing is ever delivered.
    delivery_responses: [(); 0],
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct Relationships {
    subscribable: ToOne,
    users: ToMany,
}

/// Who manages what it is about manages its notifications, and sees them: a URL may be a secret.
fn subscription(view: &View, caller: &Caller, of: Subscribable) -> Result<(Subscription, OrganizationAccess)> {
    let (number, organization, organization_id, access) = match &of {
        Subscribable::Workspace(id) => {
            let (workspace, access) =
                view.owned_and_access::<Workspace>(caller, id.as_str(), Action::ManageWorkspaces)?;
            (workspace.number, workspace.organization, workspace.organization_id, access)
        }
        Subscribable::Project(id) => {
            let (project, access) = view.owned_and_access::<Project>(caller, id.as_str(), Action::ManageProjects)?;
            (project.number, project.organization, project.organization_id, access)
        }
        Subscribable::Team(id) => {
            let found = teams::Found::find(view, caller, id.as_str())?;
            if !found.rights.manage {
                return Err(Error::refused());
            }
            let team = found.team.team;
            (team.number, team.organization, team.organization_id, found.sight.access)
        }
    };
    Ok((Subscription { subscribable: of, number, organization, organization_id }, access))
}

impl Parent for Subscription {
    fn find(cx: &Cx, _: Action) -> Find<Subscription> {
        let of = match (cx.parameter("workspace"), cx.parameter("project"), cx.parameter("team")) {
            ("", "", team) => TeamId::parse(team).map(Subscribable::Team),
            ("", project, _) => ProjectId::parse(project).map(Subscribable::Project),
            (workspace, _, _) => WorkspaceId::parse(workspace).map(Subscribable::Workspace),
        };
        Box::new(move |view, caller| match &of {
            Ok(of) => subscription(view, caller, of.clone()),
            Err(_) => Err(Error::not_found()),
        })
    }

    fn number(&self) -> i64 {
        self.number
    }

    fn organization_id(&self) -> &OrganizationId {
        &self.organization_id
    }
}

/// What a request says, and the token as it is stored.
type Given = (NotificationChange, Field<Sealed>);

impl Plain for NotificationConfiguration {
    const KIND: &'static str = "notification-configurations";
    const KINDS: &'static [&'static str] = &[Self::KIND, "notification-configuration"];
    const PARAMETER: &'static str = "notification_configuration";
    // Whatever is done with one takes the same: see `subscription`.
    const SEE: Action = Action::ManageWorkspaces;
    const MANAGE: Action = Action::ManageWorkspaces;
    const IS_SHORT: bool = true;

    type Parent = Subscription;
    type New = Given;

    fn find(cx: &Cx, _: Action) -> Find<NotificationConfiguration> {
        let id = cx.parameter(Self::PARAMETER).to_owned();
        Box::new(move |view, caller| {
            let id = NotificationConfigurationId::parse(&id)?;
            let configuration: NotificationConfiguration = view.stored(&id)?;
            let (_, access) = subscription(view, caller, configuration.subscribable.clone())?;
            Ok((configuration, access))
        })
    }

    fn list(
        view: &View,
        _: &Cx,
        of: &Subscription,
        _: OrganizationAccess,
        page: Page,
    ) -> Result<Listed<NotificationConfiguration>> {
        view.notification_configurations(of, page)
    }

    fn read_new(cx: &Cx, input: Input, of: &Subscription, id: &NotificationConfigurationId) -> Result<Given> {
        read(cx, input, &of.subscribable, None, id, &of.organization_id)
    }

    fn create(
        change: &Change,
        of: &Subscription,
        id: &NotificationConfigurationId,
        (new, token): &Given,
    ) -> Result<NotificationConfiguration> {
        change.create_notification_configuration(of, id, new, token.as_value())
    }

    fn attributes(&self, access: OrganizationAccess) -> impl Serialize {
        let shows_addresses = access.allows(Action::SeeMemberships);
        Attributes {
            name: &self.name,
            destination_type: &self.destination_type,
            enabled: self.enabled,
            url: self.url.as_deref(),
            token: None,
            triggers: &self.triggers,
            email_addresses: &self.email_addresses,
            user_email_addresses: shows_addresses.then_some(&self.user_email_addresses[..]),
            external_email_addresses: &self.email_addresses,
            delivery_responses: [],
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    fn relationships(&self, _: OrganizationAccess) -> impl Serialize {
        Relationships {
            subscribable: {
                let (kind, id) = named(&self.subscribable);
                ToOne::to(kind, id)
            },
            users: ToMany::to("users", &self.users),
        }
    }
}

/// Type and id.
fn named(subscribable: &Subscribable) -> (&'static str, &str) {
    match subscribable {
        Subscribable::Workspace(id) => ("workspaces", id.as_str()),
        Subscribable::Project(id) => ("projects", id.as_str()),
        Subscribable::Team(id) => (teams::KIND, id.as_str()),
    }
}

impl Changeable for NotificationConfiguration {
    type Change = Given;

    fn read_change(cx: &Cx, mut input: Input, current: &NotificationConfiguration) -> Result<Given> {
        let identity = &current.identity;
        let (kind, id) = named(&current.subscribable);
        input.must_stay("subscribable", kind, id);
        read(cx, input, &current.subscribable, Some(current), &identity.id, &identity.organization_id)
    }

    fn update(
        change: &Change,
        current: &NotificationConfiguration,
        (update, token): &Given,
    ) -> Result<NotificationConfiguration> {
        change.update_notification_configuration(current, update, token)
    }
}

fn read(
    cx: &Cx,
    mut input: Input,
    of: &Subscribable,
    current: Option<&NotificationConfiguration>,
    id: &NotificationConfigurationId,
    organization: &OrganizationId,
) -> Result<Given> {
    let fields = NotificationFields {
        name: input.text("name"),
        destination_type: input.text("destination-type"),
        enabled: input.flag("enabled"),
        url: input.text("url"),
        token: input.text("token"),
        triggers: input.texts("triggers"),
        email_addresses: input.texts("email-addresses"),
        users: input.all_linked("users", "users"),
    };
    let mut change = NotificationChange::check(fields, of, current, &mut input.problems);
    input.finish()?;
    let seal = |token| cx.app.vault.seal(&place::secret_of::<NotificationConfiguration>(id, organization), &token);
    let token = std::mem::take(&mut change.token).try_map(seal)?;
    Ok((change, token))
}

/// `POST /notification-configurations/:notification_configuration/actions/enable`: the service sends a request first, to
/// see that somebody is there. Nothing is sent here.
pub fn enable(cx: &Cx) -> Result<Reply> {
    let (configuration, access) = cx.change(
        NotificationConfiguration::find(cx, NotificationConfiguration::MANAGE),
        no_input,
        |change, (current, access), ()| Ok((change.enable_notification_configuration(&current)?, access)),
    )?;
    Ok(document::one(resource(&configuration, access)))
}

/// `POST /notification-configurations/:notification_configuration/actions/verify`: the configuration as it is. Nothing is
/// sent, so that there is nothing to find out.
pub fn verify(cx: &Cx) -> Result<Reply> {
    let find = NotificationConfiguration::find(cx, NotificationConfiguration::MANAGE);
    let (configuration, access) = cx.read(|view, caller| find(view, caller))?;
    Ok(document::one(resource(&configuration, access)))
}
