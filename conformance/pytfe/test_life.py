"""pytfe's services through their whole life, against the server that TFE_ADDRESS and TFE_TOKEN name."""

import itertools
import unittest

from pytfe import TFEClient, TFEConfig
from pytfe.errors import AuthError, NotFound, TFEError
from pytfe.models import (
    AgentPoolCreateOptions,
    AgentPoolUpdateOptions,
    OAuthClientAddProjectsOptions,
    OAuthClientCreateOptions,
    OAuthClientIncludeOpt,
    OAuthClientListOptions,
    OAuthClientReadOptions,
    OAuthClientRemoveProjectsOptions,
    OAuthClientUpdateOptions,
    OAuthTokenUpdateOptions,
    OrganizationCreateOptions,
    OrganizationUpdateOptions,
    Project,
    ProjectAddTagBindingsOptions,
    ProjectCreateOptions,
    ProjectUpdateOptions,
    ServiceProviderType,
    TagBinding,
    TeamCreateOptions,
    TeamTokenCreateOptions,
    TeamUpdateOptions,
    VCSRepoOptions,
    WorkspaceCreateOptions,
    WorkspaceUpdateOptions,
)
from pytfe.models.team import OrganizationAccessOptions


numbers = itertools.count(1)


def github(**more):
    return OAuthClientCreateOptions(
        api_url="https://api.github.com",
        http_url="https://github.com",
        oauth_token="not-a-real-token",
        service_provider=ServiceProviderType.GITHUB,
        **more,
    )


class Life(unittest.TestCase):
    def setUp(self):
        self.tfe = TFEClient(TFEConfig(max_retries=0))
        self.addCleanup(self.tfe.close)
        self.org = self.tfe.organizations.create(
            OrganizationCreateOptions(name=f"org-{next(numbers)}", email="ops@example.com")
        ).name
        self.addCleanup(self.tfe.organizations.delete, self.org)

    def project(self):
        return self.tfe.projects.create(self.org, ProjectCreateOptions(name=f"project-{next(numbers)}"))

    def oauth_client(self, **more):
        created = self.tfe.oauth_clients.create(self.org, github(**more))
        self.assertEqual(len(created.oauth_tokens), 1)
        return created

    def says(self, text, call, *arguments):
        with self.assertRaises(TFEError) as caught:
            call(*arguments)
        self.assertNotIsInstance(caught.exception, (AuthError, NotFound))
        self.assertEqual(caught.exception.status, 422)
        self.assertIn(text, f"{caught.exception} {caught.exception.errors}")

    def test_an_oauth_client(self):
        clients = self.tfe.oauth_clients
        created = self.oauth_client(name="the forge")
        self.assertEqual(created.name, "the forge")
        self.assertEqual(created.service_provider_name, "GitHub")
        self.assertEqual(created.organization["id"], self.org)
        self.assertIs(created.organization_scoped, True)
        read = clients.read(created.id)
        self.assertEqual(read.callback_url, created.callback_url)
        self.assertEqual(read.created_at, created.created_at)

        updated = clients.update(
            created.id, OAuthClientUpdateOptions(name="another", key="foo", organization_scoped=False, oauth_token="rotated")
        )
        self.assertEqual((updated.name, updated.key, updated.organization_scoped), ("another", "foo", False))
        self.assertEqual([t["id"] for t in updated.oauth_tokens], [t["id"] for t in created.oauth_tokens])

        self.assertEqual([c.id for c in clients.list(self.org)], [created.id])
        self.oauth_client()
        paged = clients.list(
            self.org, OAuthClientListOptions(page_size=1, include=[OAuthClientIncludeOpt.OAUTH_TOKENS])
        )
        self.assertEqual(len(list(paged)), 2)

        clients.delete(created.id)
        self.assertRaises(NotFound, clients.read, created.id)
        self.assertRaises(NotFound, clients.delete, created.id)
        self.assertRaises(NotFound, lambda: list(clients.list("no-such-organization")))

    def test_its_projects(self):
        clients = self.tfe.oauth_clients
        project = self.project()
        linkage = {"type": "projects", "id": project.id}
        created = self.oauth_client(projects=[linkage])
        self.assertEqual(created.projects, [linkage])
        clients.remove_projects(created.id, OAuthClientRemoveProjectsOptions(projects=[linkage]))
        self.assertEqual(clients.read(created.id).projects, [])
        clients.add_projects(created.id, OAuthClientAddProjectsOptions(projects=[linkage]))
        read = clients.read_with_options(created.id, OAuthClientReadOptions(include=[OAuthClientIncludeOpt.PROJECTS]))
        self.assertEqual(read.projects, [linkage])
        unknown = OAuthClientAddProjectsOptions(projects=[{"type": "projects", "id": "prj-nonexisting"}])
        self.says("", clients.add_projects, created.id, unknown)

    def test_every_provider(self):
        for provider in ServiceProviderType:
            with self.subTest(provider=provider.value):
                created = self.tfe.oauth_clients.create(
                    self.org,
                    OAuthClientCreateOptions(
                        api_url="https://forge.example.com",
                        http_url="https://forge.example.com",
                        oauth_token="not-a-real-token",
                        service_provider=provider,
                        private_key="a key" if provider is ServiceProviderType.AZURE_DEVOPS_SERVER else None,
                    ),
                )
                self.assertIs(created.service_provider, provider)

    def test_refusals(self):
        agent_pool = {"type": "agent-pools", "id": "apool-nonexisting"}
        self.says(
            "the provided agent pool does not exist or you are not authorized to use it",
            self.tfe.oauth_clients.create,
            self.org,
            github(agent_pool=agent_pool),
        )
        with self.assertRaises(AuthError):
            with TFEClient(TFEConfig(token="no-such-token", max_retries=0)) as stranger:
                stranger.organizations.read(self.org)

    def test_an_oauth_token(self):
        tokens = self.tfe.oauth_tokens
        owner = self.oauth_client()
        id = owner.oauth_tokens[0]["id"]
        self.assertEqual([t.id for t in tokens.list(self.org)], [id])
        read = tokens.read(id)
        self.assertIs(read.has_ssh_key, False)
        self.assertIsInstance(read.service_provider_user, str)
        self.assertIs(tokens.update(id, OAuthTokenUpdateOptions()).has_ssh_key, False)
        self.says("Ssh key is invalid", tokens.update, id, OAuthTokenUpdateOptions(private_ssh_key="no key at all"))
        tokens.delete(id)
        self.assertRaises(NotFound, tokens.read, id)
        self.assertRaises(NotFound, tokens.delete, id)
        self.assertEqual(self.tfe.oauth_clients.read(owner.id).oauth_tokens, [])

    def test_an_organization(self):
        organizations = self.tfe.organizations
        updated = organizations.update(self.org, OrganizationUpdateOptions(email="new@example.com"))
        self.assertEqual(updated.email, "new@example.com")
        self.assertEqual(organizations.read(self.org).email, "new@example.com")
        self.assertIn(self.org, [o.name for o in organizations.list()])
        self.assertTrue(organizations.read_entitlements(self.org).vcs_integrations)
        self.assertRaises(NotFound, organizations.read, "no-such-organization")
        self.says("has already been taken", organizations.create, OrganizationCreateOptions(name=self.org, email="a@example.com"))

    def test_a_project(self):
        projects = self.tfe.projects
        created = self.project()
        self.assertEqual(len(list(projects.list(self.org))), 2)
        updated = projects.update(created.id, ProjectUpdateOptions(name="platform", description="below all others"))
        self.assertEqual((updated.name, updated.description), ("platform", "below all others"))
        projects.add_tag_bindings(
            created.id, ProjectAddTagBindingsOptions(tag_bindings=[TagBinding(key="stage", value="live")])
        )
        self.assertEqual([(t.key, t.value) for t in projects.list_tag_bindings(created.id)], [("stage", "live")])
        self.assertEqual([t.key for t in projects.list_effective_tag_bindings(created.id)], ["stage"])
        projects.delete_tag_bindings(created.id)
        self.assertEqual(projects.list_tag_bindings(created.id), [])
        workspace = self.tfe.workspaces.create(self.org, WorkspaceCreateOptions(name="moving"))
        projects.move_workspaces(created.id, [workspace.id])
        self.assertEqual(self.tfe.workspaces.read_by_id(workspace.id).project.id, created.id)
        self.tfe.workspaces.delete_by_id(workspace.id)
        projects.delete(created.id)
        self.assertRaises(NotFound, projects.read, created.id)

    def test_a_workspace(self):
        workspaces = self.tfe.workspaces
        project = self.project()
        token = self.oauth_client().oauth_tokens[0]["id"]
        created = workspaces.create(
            self.org,
            WorkspaceCreateOptions(
                name="linked",
                project=Project(id=project.id),
                vcs_repo=VCSRepoOptions(identifier="acme/infra", oauth_token_id=token),
            ),
        )
        self.assertEqual((created.vcs_repo.identifier, created.vcs_repo.oauth_token_id), ("acme/infra", token))
        self.assertEqual(created.project.id, project.id)
        updated = workspaces.update(
            "linked", WorkspaceUpdateOptions(name="renamed", auto_apply=True), organization=self.org
        )
        self.assertEqual((updated.name, updated.auto_apply), ("renamed", True))
        self.assertEqual(workspaces.read("renamed", organization=self.org).id, created.id)
        self.assertEqual(updated.vcs_repo.identifier, "acme/infra")
        self.assertIsNone(workspaces.remove_vcs_connection_by_id(created.id).vcs_repo)
        # pytfe sends an empty vcs-repo where none is given: no repository then, and no change now.
        described = workspaces.update_by_id(created.id, WorkspaceUpdateOptions(description="no repository"))
        self.assertEqual((described.description, described.vcs_repo), ("no repository", None))
        self.assertEqual([w.id for w in workspaces.list(self.org)], [created.id])
        workspaces.safe_delete_by_id(created.id)
        self.assertRaises(NotFound, workspaces.read_by_id, created.id)

    def test_a_team_and_its_tokens(self):
        teams, tokens = self.tfe.teams, self.tfe.team_tokens
        created = teams.create(
            self.org,
            TeamCreateOptions(name="plumbers", organization_access=OrganizationAccessOptions(manage_vcs_settings=True)),
        )
        self.assertTrue(created.organization_access.manage_vcs_settings)
        self.assertFalse(created.organization_access.manage_workspaces)
        updated = teams.update(created.id, TeamUpdateOptions(name="fitters", visibility="organization"))
        self.assertEqual((updated.name, updated.visibility), ("fitters", "organization"))
        me = self.tfe.users.read_current().username
        teams.add_users(created.id, [me])
        self.assertEqual([u.username for u in teams.list_users(created.id)], [me])
        teams.remove_users(created.id, [me])

        self.assertRaises(NotFound, tokens.read, created.id)
        token = tokens.create(created.id)
        with TFEClient(TFEConfig(token=token.token, max_retries=0)) as plumber:
            made = plumber.oauth_clients.create(self.org, github())
            plumber.oauth_clients.delete(made.id)
        self.assertEqual(tokens.read(created.id).id, token.id)
        tokens.delete(created.id)
        described = tokens.create_with_options(created.id, TeamTokenCreateOptions(description="pipeline"))
        self.assertEqual(tokens.read_by_id(described.id).description, "pipeline")
        tokens.delete_by_id(described.id)
        teams.delete(created.id)
        self.assertRaises(NotFound, teams.read, created.id)

    def test_an_organization_token(self):
        tokens = self.tfe.organization_tokens
        self.assertRaises(NotFound, tokens.read, self.org)
        created = tokens.create(self.org)
        with TFEClient(TFEConfig(token=created.token, max_retries=0)) as holder:
            self.assertEqual(list(holder.oauth_clients.list(self.org)), [])
        self.assertEqual(tokens.read(self.org).id, created.id)
        tokens.delete(self.org)
        self.assertRaises(NotFound, tokens.read, self.org)

    def test_an_agent_pool(self):
        pools = self.tfe.agent_pools
        created = pools.create(self.org, AgentPoolCreateOptions(name="rack-1"))
        self.assertEqual(pools.update(created.id, AgentPoolUpdateOptions(name="rack-2")).name, "rack-2")
        self.assertEqual([p.id for p in pools.list(self.org)], [created.id])
        pools.delete(created.id)
        self.assertRaises(NotFound, pools.read, created.id)


if __name__ == "__main__":
    unittest.main()
