package conformance

import (
	"errors"
	"testing"

	"github.com/hashicorp/go-tfe"
)

func TestOAuthClientLife(t *testing.T) {
	c := client(t)
	org := organization(t, c)

	options := github()
	options.Name = tfe.String("the forge")
	created, err := c.OAuthClients.Create(ctx, org, options)
	must(t, "create", err)
	equal(t, "name", "the forge", *created.Name)
	equal(t, "API URL", "https://api.github.com", created.APIURL)
	equal(t, "HTTP URL", "https://github.com", created.HTTPURL)
	equal(t, "display name", "GitHub", created.ServiceProviderName)
	equal(t, "organization-scoped", true, *created.OrganizationScoped)
	equal(t, "organization", org, created.Organization.Name)
	equal(t, "tokens", 1, len(created.OAuthTokens))

	read, err := c.OAuthClients.Read(ctx, created.ID)
	must(t, "read", err)
	equal(t, "callback URL", created.CallbackURL, read.CallbackURL)
	equal(t, "connect path", created.ConnectPath, read.ConnectPath)
	equal(t, "created at", created.CreatedAt, read.CreatedAt)
	equal(t, "token", created.OAuthTokens[0].ID, read.OAuthTokens[0].ID)

	updated, err := c.OAuthClients.Update(ctx, created.ID, tfe.OAuthClientUpdateOptions{
		Name:               tfe.String("another name"),
		Key:                tfe.String("foo"),
		OrganizationScoped: tfe.Bool(false),
	})
	must(t, "update", err)
	equal(t, "name", "another name", *updated.Name)
	equal(t, "key", "foo", updated.Key)
	equal(t, "organization-scoped", false, *updated.OrganizationScoped)
	equal(t, "API URL after the update", created.APIURL, updated.APIURL)

	must(t, "delete", c.OAuthClients.Delete(ctx, created.ID))
	_, err = c.OAuthClients.Read(ctx, created.ID)
	missing(t, "read after delete", err)
	missing(t, "second delete", c.OAuthClients.Delete(ctx, created.ID))
	_, err = c.OAuthTokens.Read(ctx, created.OAuthTokens[0].ID)
	missing(t, "its token after delete", err)
}

func TestOAuthClientOfEveryProvider(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	for _, provider := range []tfe.ServiceProviderType{
		tfe.ServiceProviderAzureDevOpsServer, tfe.ServiceProviderAzureDevOpsServices, tfe.ServiceProviderBitbucket,
		tfe.ServiceProviderBitbucketServer, tfe.ServiceProviderBitbucketServerLegacy, tfe.ServiceProviderBitbucketDataCenter,
		tfe.ServiceProviderGithub, tfe.ServiceProviderGithubEE, tfe.ServiceProviderGitlab, tfe.ServiceProviderGitlabCE,
		tfe.ServiceProviderGitlabEE,
	} {
		t.Run(string(provider), func(t *testing.T) {
			options := github()
			options.ServiceProvider = tfe.ServiceProvider(provider)
			options.HTTPURL = tfe.String("https://forge.example.com")
			options.APIURL = tfe.String("https://forge.example.com")
			if provider == tfe.ServiceProviderAzureDevOpsServer {
				options.PrivateKey = tfe.String("a key")
			}
			created, err := c.OAuthClients.Create(ctx, org, options)
			must(t, "create", err)
			equal(t, "provider", provider, created.ServiceProvider)
			read, err := c.OAuthClients.Read(ctx, created.ID)
			must(t, "read", err)
			equal(t, "display name", created.ServiceProviderName, read.ServiceProviderName)
			if created.ServiceProviderName == "" {
				t.Error("the display name is blank")
			}
		})
	}
}

func TestOAuthClientWithAnRSAKey(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	key := "\n-----BEGIN PUBLIC KEY-----\ncut short\n-----END PUBLIC KEY-----\n"
	created, err := c.OAuthClients.Create(ctx, org, tfe.OAuthClientCreateOptions{
		APIURL:          tfe.String("https://bbdc.example.com"),
		HTTPURL:         tfe.String("https://bbdc.example.com"),
		ServiceProvider: tfe.ServiceProvider(tfe.ServiceProviderBitbucketDataCenter),
		Key:             tfe.String("consumer"),
		Secret:          tfe.String("a secret"),
		RSAPublicKey:    tfe.String(key),
	})
	must(t, "create", err)
	equal(t, "tokens", 0, len(created.OAuthTokens))
	equal(t, "RSA key", key, created.RSAPublicKey)
	equal(t, "key", "consumer", created.Key)
	equal(t, "secret", "", created.Secret)

	updated, err := c.OAuthClients.Update(ctx, created.ID, tfe.OAuthClientUpdateOptions{Key: tfe.String("another")})
	must(t, "update the key", err)
	equal(t, "key", "another", updated.Key)
	equal(t, "RSA key after the update", key, updated.RSAPublicKey)

	_, err = c.OAuthClients.Update(ctx, created.ID, tfe.OAuthClientUpdateOptions{Key: tfe.String("")})
	says(t, "a blank key", "Consumer Key", err)

	updated, err = c.OAuthClients.Update(ctx, created.ID, tfe.OAuthClientUpdateOptions{OAuthToken: tfe.String("now there is one")})
	must(t, "give it a token", err)
	equal(t, "tokens after the update", 1, len(updated.OAuthTokens))
}

func TestOAuthClientTokenRotation(t *testing.T) {
	c := client(t)
	created := oauthClient(t, c, organization(t, c))
	for _, secret := range []string{"rotated", ""} {
		updated, err := c.OAuthClients.Update(ctx, created.ID, tfe.OAuthClientUpdateOptions{OAuthToken: tfe.String(secret)})
		must(t, "rotate", err)
		equal(t, "tokens", 1, len(updated.OAuthTokens))
		equal(t, "the token's id", created.OAuthTokens[0].ID, updated.OAuthTokens[0].ID)
	}
}

func TestOAuthClientProjects(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	one, two := project(t, c, org), project(t, c, org)
	foreign := project(t, c, organization(t, c))

	options := github()
	options.Projects = []*tfe.Project{one, foreign}
	created, err := c.OAuthClients.Create(ctx, org, options)
	must(t, "create with projects", err)
	equal(t, "projects, the foreign one dropped", 1, len(created.Projects))

	both := []*tfe.Project{one, two}
	for range 2 {
		must(t, "attach", c.OAuthClients.AddProjects(ctx, created.ID, tfe.OAuthClientAddProjectsOptions{Projects: both}))
	}
	read, err := c.OAuthClients.ReadWithOptions(ctx, created.ID, &tfe.OAuthClientReadOptions{
		Include: []tfe.OAuthClientIncludeOpt{tfe.OauthClientProjects, tfe.OauthClientOauthTokens},
	})
	must(t, "read with projects", err)
	equal(t, "projects", 2, len(read.Projects))
	names := ids(read.Projects, func(p *tfe.Project) string { return p.Name })
	if !names[one.Name] || !names[two.Name] {
		t.Errorf("the included projects are %v", names)
	}
	if read.OAuthTokens[0].CreatedAt.IsZero() {
		t.Error("the included token has no time of creation")
	}

	err = c.OAuthClients.AddProjects(ctx, created.ID, tfe.OAuthClientAddProjectsOptions{Projects: []*tfe.Project{foreign}})
	if err == nil || errors.Is(err, tfe.ErrResourceNotFound) {
		t.Errorf("attach a foreign project: wanted a 422, got %v", err)
	}
	for range 2 {
		must(t, "detach", c.OAuthClients.RemoveProjects(ctx, created.ID, tfe.OAuthClientRemoveProjectsOptions{Projects: both}))
	}
	read, err = c.OAuthClients.Read(ctx, created.ID)
	must(t, "read", err)
	equal(t, "projects after detach", 0, len(read.Projects))
	missing(t, "attach to an unknown client",
		c.OAuthClients.AddProjects(ctx, "oc-nonexisting", tfe.OAuthClientAddProjectsOptions{Projects: both}))
}

func TestOAuthClientLists(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	created := map[string]bool{}
	for range 3 {
		created[oauthClient(t, c, org).ID] = true
	}
	list, err := c.OAuthClients.List(ctx, org, nil)
	must(t, "list", err)
	equal(t, "clients", 3, len(list.Items))
	for _, item := range list.Items {
		if !created[item.ID] {
			t.Errorf("%s was never created", item.ID)
		}
		if item.Name != nil {
			t.Errorf("a name nobody gave: %q", *item.Name)
		}
	}

	page, err := c.OAuthClients.List(ctx, org, &tfe.OAuthClientListOptions{
		ListOptions: tfe.ListOptions{PageNumber: 2, PageSize: 2},
		Include:     []tfe.OAuthClientIncludeOpt{tfe.OauthClientOauthTokens},
	})
	must(t, "second page", err)
	equal(t, "clients on the second page", 1, len(page.Items))
	equal(t, "current page", 2, page.CurrentPage)
	equal(t, "total pages", 2, page.TotalPages)
	equal(t, "total count", 3, page.TotalCount)

	beyond, err := c.OAuthClients.List(ctx, org, &tfe.OAuthClientListOptions{ListOptions: tfe.ListOptions{PageNumber: 999, PageSize: 100}})
	must(t, "page 999", err)
	equal(t, "clients on page 999", 0, len(beyond.Items))
	equal(t, "current page", 999, beyond.CurrentPage)

	_, err = c.OAuthClients.List(ctx, "no-such-organization", nil)
	missing(t, "list of an unknown organization", err)
}

func TestOAuthClientErrors(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	_, err := c.OAuthClients.Read(ctx, "nonexisting")
	missing(t, "read", err)
	_, err = c.OAuthClients.Update(ctx, "nonexisting", tfe.OAuthClientUpdateOptions{Key: tfe.String("foo")})
	missing(t, "update", err)
	_, err = c.OAuthClients.Create(ctx, "no-such-organization", github())
	missing(t, "create in an unknown organization", err)

	created := oauthClient(t, c, org)
	_, err = c.OAuthClients.ReadWithOptions(ctx, created.ID, &tfe.OAuthClientReadOptions{
		Include: []tfe.OAuthClientIncludeOpt{"no_such_thing"},
	})
	if !errors.Is(err, tfe.ErrInvalidIncludeValue) {
		t.Errorf("an unknown include: wanted %q, got %v", tfe.ErrInvalidIncludeValue, err)
	}

	options := github()
	options.ServiceProvider = tfe.ServiceProvider(tfe.ServiceProviderGithubEE)
	options.HTTPURL = tfe.String("https://github.example.com")
	options.APIURL = tfe.String("https://github.example.com")
	options.AgentPool = &tfe.AgentPool{ID: "! / nope"}
	_, err = c.OAuthClients.Create(ctx, org, options)
	says(t, "an unknown agent pool", "the provided agent pool does not exist or you are not authorized to use it", err)

	options = github()
	options.ServiceProvider = tfe.ServiceProvider(tfe.ServiceProviderGitlabCE)
	options.HTTPURL = tfe.String("https://gitlab.com")
	options.APIURL = tfe.String("https://gitlab.com/api/v4")
	_, err = c.OAuthClients.Create(ctx, org, options)
	says(t, "gitlab.com with a self-hosted GitLab",
		"HTTP URL cannot point to https://gitlab.com when service-provider is gitlab_community_edition", err)
	says(t, "gitlab.com with a self-hosted GitLab",
		"API URL cannot point to https://gitlab.com/api/v4 when service-provider is gitlab_community_edition", err)

	options = github()
	options.ServiceProvider = tfe.ServiceProvider("sourceforge")
	_, err = c.OAuthClients.Create(ctx, org, options)
	says(t, "an unknown provider", "invalid attribute", err)
}

func TestOAuthClientWithAnAgentPool(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	pool, err := c.AgentPools.Create(ctx, org, tfe.AgentPoolCreateOptions{Name: tfe.String(unique("pool"))})
	must(t, "create a pool", err)
	options := github()
	options.AgentPool = pool
	created, err := c.OAuthClients.Create(ctx, org, options)
	must(t, "create with a pool", err)
	equal(t, "agent pool", pool.ID, created.AgentPool.ID)
	read, err := c.OAuthClients.Read(ctx, created.ID)
	must(t, "read", err)
	equal(t, "agent pool", pool.ID, read.AgentPool.ID)
}
