"""python-gitlab and requests-oauthlib against the demo's three GitLabs."""

import gitlab
import requests
from oauthlib.oauth2 import InvalidGrantError
from requests_oauthlib import OAuth2Session

from demo import CALLBACK, REPOSITORIES, Case, decide


class GitLabHosted(Case):
    kind = "gitlab_hosted"

    def connect(self, user="ada"):
        session = OAuth2Session("an-app", redirect_uri=CALLBACK, scope=["api"], pkce="S256")
        url, _ = session.authorization_url(self.base() + "/oauth/authorize")
        session.fetch_token(
            self.base() + "/oauth/token",
            authorization_response=decide(url, user),
            client_secret="a-secret",
            include_client_id=True,
        )
        return session

    def refresh(self, session, token):
        return session.refresh_token(
            self.base() + "/oauth/token",
            refresh_token=token,
            client_id="an-app",
            client_secret="a-secret",
            redirect_uri=CALLBACK,
        )

    def oauth(self, session):
        return gitlab.Gitlab(self.base(), oauth_token=session.token["access_token"])

    def test_connect_and_list(self):
        session = self.connect()
        self.assertEqual((session.token["expires_in"], session.token["token_type"]), (7200, "bearer"))
        client = self.oauth(session)
        client.auth()
        self.assertEqual(client.user.username, "ada")
        projects = list(client.projects.list(membership=True, iterator=True, per_page=9))
        self.assertEqual(len({p.path_with_namespace for p in projects}), REPOSITORIES)
        self.assertIn("acme/labs/edge", {p.path_with_namespace for p in projects})
        self.assertEqual([g.full_path for g in client.groups.list(get_all=True)], ["acme", "acme/labs"])

    def test_a_project(self):
        client = gitlab.Gitlab(self.base(), private_token="glpat-anything")
        project = client.projects.get("acme/labs/edge")
        self.assertEqual((project.default_branch, project.namespace["full_path"]), ("main", "acme/labs"))
        self.assertEqual(client.projects.get(project.id).path_with_namespace, "acme/labs/edge")
        self.assertEqual([b.name for b in project.branches.list(get_all=True)], ["main", "develop"])
        tree = project.repository_tree(recursive=True, ref="develop", get_all=True)
        self.assertIn("experiments", [e["path"] for e in tree if e["type"] == "tree"])
        self.assertEqual([e["name"] for e in project.repository_tree(path="modules", get_all=True)], ["compute", "network"])
        self.assertRaises(gitlab.GitlabGetError, client.projects.get, "acme/nothing")

    def test_refresh_tokens_rotate(self):
        session = self.connect()
        old = dict(session.token)
        new = self.refresh(session, old["refresh_token"])
        self.assertNotEqual(new["access_token"], old["access_token"])
        self.assertNotEqual(new["refresh_token"], old["refresh_token"])
        with self.assertRaises(gitlab.GitlabAuthenticationError):
            gitlab.Gitlab(self.base(), oauth_token=old["access_token"]).auth()
        self.assertRaises(InvalidGrantError, self.refresh, session, old["refresh_token"])
        self.oauth(session).auth()

    def test_revoked(self):
        session = self.connect()
        form = {"client_id": "an-app", "client_secret": "a-secret", "token": session.token["access_token"]}
        self.assertEqual(requests.post(self.base() + "/oauth/revoke", data=form).json(), {})
        with self.assertRaises(gitlab.GitlabAuthenticationError) as caught:
            self.oauth(session).auth()
        self.assertEqual(caught.exception.response_code, 401)

    def test_faults(self):
        session = self.connect()
        self.fault("expired")
        with self.assertRaises(gitlab.GitlabAuthenticationError):
            self.oauth(session).auth()
        self.refresh(session, session.token["refresh_token"])
        self.oauth(session).auth()
        self.fault("revoked")
        self.assertRaises(InvalidGrantError, self.refresh, session, session.token["refresh_token"])
        self.fault("server-error")
        with self.assertRaises(gitlab.GitlabListError) as caught:
            self.oauth(session).projects.list()
        self.assertEqual(caught.exception.response_code, 503)

    def test_refused_tokens(self):
        for token in ["revoked-token", "expired-token", 64 * "0"]:
            with self.assertRaises(gitlab.GitlabAuthenticationError):
                gitlab.Gitlab(self.base(), private_token=token).auth()


class GitLabCommunityEdition(GitLabHosted):
    kind = "gitlab_community_edition"


class GitLabEnterpriseEdition(GitLabHosted):
    kind = "gitlab_enterprise_edition"
