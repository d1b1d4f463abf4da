"""azure-devops (Microsoft's own client) and requests-oauthlib against the demo's Azure DevOps and Entra ID."""

import requests
from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.git.models import GitVersionDescriptor
from msrest.authentication import BasicAuthentication, OAuthTokenAuthentication
from requests_oauthlib import OAuth2Session

from demo import CALLBACK, ORIGIN, Case, decide


class AzureDevOpsServer(Case):
    kind = "ado_server"
    organization = "DefaultCollection"

    def connection(self, credentials=None, organization=None):
        url = f"{self.base()}/{organization or self.organization}"
        return Connection(base_url=url, creds=credentials or BasicAuthentication("", "a personal token"))

    def test_repositories(self):
        git = self.connection().clients_v7_1.get_git_client()
        repositories = git.get_repositories()
        self.assertEqual(len({r.name for r in repositories}), 18)
        self.assertEqual({r.project.name for r in repositories}, {"platform", "services"})
        infra = git.get_repository("infra", project="platform")
        self.assertEqual((infra.name, infra.default_branch), ("infra", "refs/heads/main"))
        self.assertTrue(infra.remote_url.endswith(f"/{self.organization}/platform/_git/infra"))
        refs = git.get_refs(infra.id, project="platform", filter="heads/")
        self.assertEqual([r.name for r in refs], ["refs/heads/main", "refs/heads/develop"])
        version = GitVersionDescriptor(version="develop", version_type="branch")
        items = git.get_items(infra.id, recursion_level="full", version_descriptor=version)
        self.assertIn("/experiments", [i.path for i in items if i.is_folder])
        with self.assertRaises(AzureDevOpsServiceError) as caught:
            git.get_repository("nothing", project="platform")
        self.assertIn("TF401019", str(caught.exception))

    def test_projects(self):
        core = self.connection().clients_v7_1.get_core_client()
        self.assertEqual([p.name for p in core.get_projects()], ["platform", "services"])

    def test_refused_tokens(self):
        for token in ["revoked", "expired"]:
            git = self.connection(BasicAuthentication("", token)).clients_v7_1
            with self.assertRaises(AzureDevOpsServiceError) as caught:
                git.get_git_client()
            self.assertIn("TF400813", str(caught.exception))
            # Without the header that suppresses it, a page comes with a status that is no error.
            answer = requests.get(f"{self.base()}/{self.organization}/_apis/connectionData", auth=("", token))
            self.assertEqual((answer.status_code, answer.headers["Content-Type"][:9]), (203, "text/html"))

    def test_who_am_i(self):
        answer = requests.get(f"{self.base()}/{self.organization}/_apis/connectionData", auth=("", "a token")).json()
        self.assertEqual(answer["authenticatedUser"]["properties"]["Account"]["$value"], "ada@example.com")


class AzureDevOpsServices(AzureDevOpsServer):
    kind = "ado_services"
    organization = "acme"

    def connect(self, user="ada"):
        identity = f"{ORIGIN}/ado_services/identity/a-tenant/oauth2/v2.0"
        scope = ["499b84ac-1321-427f-aa17-267ca6975798/vso.code", "offline_access"]
        session = OAuth2Session("an-app", redirect_uri=CALLBACK, scope=scope, pkce="S256")
        url, _ = session.authorization_url(identity + "/authorize")
        session.fetch_token(
            identity + "/token",
            authorization_response=decide(url, user),
            client_secret="a-secret",
            include_client_id=True,
        )
        return session, identity

    def test_connect_and_list(self):
        session, _ = self.connect()
        self.assertTrue(session.token["access_token"].startswith("eyJ"))
        me = session.get(self.base() + "/profile/_apis/profile/profiles/me", params={"api-version": "7.1"}).json()
        self.assertEqual(me["displayName"], "Ada Lovelace")
        accounts = session.get(self.base() + "/profile/_apis/accounts", params={"memberId": me["id"]}).json()["value"]
        self.assertEqual([a["accountName"] for a in accounts], ["acme", "acme-labs"])
        credentials = OAuthTokenAuthentication("an-app", session.token)
        git = self.connection(credentials, "acme-labs").clients_v7_1.get_git_client()
        self.assertEqual(len(git.get_repositories()), 7)

    def test_refresh(self):
        session, identity = self.connect()
        old = session.token["refresh_token"]
        refresh = lambda: session.refresh_token(
            identity + "/token", refresh_token=old, client_id="an-app", client_secret="a-secret"
        )
        # The old refresh token is not revoked.
        self.assertNotEqual(refresh()["refresh_token"], refresh()["refresh_token"])
