// Package conformance takes go-tfe's services through their whole life against a running server, errors included.
// TFE_ADDRESS and TFE_TOKEN say which.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/go-tfe"
)

var ctx = context.Background()

var taken atomic.Int64

// unique makes names that no other test of this run has.
func unique(word string) string {
	return fmt.Sprintf("%s-%d", word, taken.Add(1))
}

func client(t *testing.T) *tfe.Client {
	t.Helper()
	return clientWith(t, "")
}

// clientWith speaks with another token than TFE_TOKEN, if one is given.
func clientWith(t *testing.T, token string) *tfe.Client {
	t.Helper()
	c, err := tfe.NewClient(&tfe.Config{Token: token})
	must(t, "a client", err)
	return c
}

func organization(t *testing.T, c *tfe.Client) string {
	t.Helper()
	org, err := c.Organizations.Create(ctx, tfe.OrganizationCreateOptions{
		Name:  tfe.String(unique("org")),
		Email: tfe.String("ops@example.com"),
	})
	must(t, "create an organization", err)
	t.Cleanup(func() {
		if err := c.Organizations.Delete(ctx, org.Name); err != nil && !errors.Is(err, tfe.ErrResourceNotFound) {
			t.Errorf("delete the organization: %v", err)
		}
	})
	return org.Name
}

func github() tfe.OAuthClientCreateOptions {
	return tfe.OAuthClientCreateOptions{
		APIURL:          tfe.String("https://api.github.com"),
		HTTPURL:         tfe.String("https://github.com"),
		OAuthToken:      tfe.String("not-a-real-token"),
		ServiceProvider: tfe.ServiceProvider(tfe.ServiceProviderGithub),
	}
}

func oauthClient(t *testing.T, c *tfe.Client, org string) *tfe.OAuthClient {
	t.Helper()
	oc, err := c.OAuthClients.Create(ctx, org, github())
	must(t, "create an OAuth client", err)
	if len(oc.OAuthTokens) != 1 {
		t.Fatalf("the client has %d tokens, not one", len(oc.OAuthTokens))
	}
	return oc
}

func project(t *testing.T, c *tfe.Client, org string) *tfe.Project {
	t.Helper()
	p, err := c.Projects.Create(ctx, org, tfe.ProjectCreateOptions{Name: unique("project")})
	must(t, "create a project", err)
	return p
}

func team(t *testing.T, c *tfe.Client, org string, access *tfe.OrganizationAccessOptions) *tfe.Team {
	t.Helper()
	tm, err := c.Teams.Create(ctx, org, tfe.TeamCreateOptions{Name: tfe.String(unique("team")), OrganizationAccess: access})
	must(t, "create a team", err)
	return tm
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func equal[T comparable](t *testing.T, what string, want, got T) {
	t.Helper()
	if want != got {
		t.Errorf("%s: wanted %v, got %v", what, want, got)
	}
}

func missing(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, tfe.ErrResourceNotFound) {
		t.Errorf("%s: wanted %q, got %v", what, tfe.ErrResourceNotFound, err)
	}
}

// says wants an error with that text, which go-tfe shows for no 401 and no 404.
func says(t *testing.T, what, text string, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: wanted an error that says %q, got %v", what, text, err)
	}
}

func ids[T any](items []T, id func(T) string) map[string]bool {
	found := map[string]bool{}
	for _, item := range items {
		found[id(item)] = true
	}
	return found
}
