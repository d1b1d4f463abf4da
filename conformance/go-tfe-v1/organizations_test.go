package conformance

import (
	"testing"

	"github.com/hashicorp/go-tfe"
)

func TestOrganizationLife(t *testing.T) {
	c := client(t)
	name := unique("org")
	created, err := c.Organizations.Create(ctx, tfe.OrganizationCreateOptions{
		Name:                  tfe.String(name),
		Email:                 tfe.String("Ops@example.com"),
		CostEstimationEnabled: tfe.Bool(true),
		StacksEnabled:         tfe.Bool(true),
	})
	must(t, "create", err)
	equal(t, "name", name, created.Name)
	equal(t, "e-mail", "Ops@example.com", created.Email)
	equal(t, "policy", tfe.AuthPolicyPassword, created.CollaboratorAuthPolicy)
	equal(t, "stacks", true, created.StacksEnabled)
	equal(t, "cost estimation", true, created.CostEstimationEnabled)
	equal(t, "speculative plans are managed", true, created.SpeculativePlanManagementEnabled)
	equal(t, "force delete", false, created.AllowForceDeleteWorkspaces)
	equal(t, "session timeout", 0, created.SessionTimeout)
	equal(t, "execution mode", "remote", created.DefaultExecutionMode)
	if created.Permissions == nil || !created.Permissions.CanUpdate || !created.Permissions.CanDestroy {
		t.Errorf("the creator's permissions: %+v", created.Permissions)
	}

	read, err := c.Organizations.ReadWithOptions(ctx, name, tfe.OrganizationReadOptions{
		Include: []tfe.OrganizationIncludeOpt{tfe.OrganizationDefaultProject},
	})
	must(t, "read with its default project", err)
	if read.DefaultProject == nil || read.DefaultProject.Name != "Default Project" {
		t.Errorf("the default project: %+v", read.DefaultProject)
	}
	teams, err := c.Teams.List(ctx, name, nil)
	must(t, "list its teams", err)
	equal(t, "teams", 1, len(teams.Items))
	equal(t, "the team", "owners", teams.Items[0].Name)

	entitlements, err := c.Organizations.ReadEntitlements(ctx, name)
	must(t, "entitlements", err)
	equal(t, "entitlement set", created.ExternalID, entitlements.ID)
	equal(t, "entitled to VCS integrations", true, entitlements.VCSIntegrations)
	equal(t, "entitled to teams", true, entitlements.Teams)
	equal(t, "entitled to operations", true, entitlements.Operations)

	renamed := unique("renamed")
	updated, err := c.Organizations.Update(ctx, name, tfe.OrganizationUpdateOptions{
		Name:                       tfe.String(renamed),
		Email:                      tfe.String("new@example.com"),
		AllowForceDeleteWorkspaces: tfe.Bool(true),
		SessionTimeout:             tfe.Int(3600),
	})
	must(t, "update", err)
	equal(t, "name", renamed, updated.Name)
	equal(t, "e-mail", "new@example.com", updated.Email)
	equal(t, "force delete", true, updated.AllowForceDeleteWorkspaces)
	equal(t, "session timeout", 3600, updated.SessionTimeout)
	equal(t, "untouched", true, updated.StacksEnabled)
	_, err = c.Organizations.Read(ctx, name)
	missing(t, "the old name", err)

	orphan := oauthClient(t, c, renamed)
	must(t, "delete", c.Organizations.Delete(ctx, renamed))
	_, err = c.Organizations.Read(ctx, renamed)
	missing(t, "read after delete", err)
	missing(t, "second delete", c.Organizations.Delete(ctx, renamed))
	_, err = c.OAuthClients.Read(ctx, orphan.ID)
	missing(t, "its client after delete", err)
}

func TestOrganizationLists(t *testing.T) {
	c := client(t)
	one, two := organization(t, c), organization(t, c)
	list, err := c.Organizations.List(ctx, nil)
	must(t, "list", err)
	found := ids(list.Items, func(o *tfe.Organization) string { return o.Name })
	if !found[one] || !found[two] {
		t.Errorf("the organizations are %v", found)
	}
	matching, err := c.Organizations.List(ctx, &tfe.OrganizationListOptions{Query: one})
	must(t, "search", err)
	equal(t, "found", 1, len(matching.Items))
}

func TestOrganizationErrors(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	_, err := c.Organizations.Read(ctx, "no-such-organization")
	missing(t, "read", err)
	_, err = c.Organizations.Update(ctx, "no-such-organization", tfe.OrganizationUpdateOptions{Email: tfe.String("a@example.com")})
	missing(t, "update", err)
	_, err = c.Organizations.Create(ctx, tfe.OrganizationCreateOptions{Name: tfe.String(org), Email: tfe.String("a@example.com")})
	says(t, "a taken name", "has already been taken", err)
	_, err = c.Organizations.Update(ctx, organization(t, c), tfe.OrganizationUpdateOptions{Name: tfe.String(org)})
	says(t, "rename to a taken name", "has already been taken", err)
}

func TestUserTokensCanBeSwitchedOff(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	owners, err := c.Teams.List(ctx, org, &tfe.TeamListOptions{Names: []string{"owners"}})
	must(t, "the owners", err)
	token, err := c.TeamTokens.Create(ctx, owners.Items[0].ID)
	must(t, "the owners' token", err)
	_, err = c.Organizations.Update(ctx, org, tfe.OrganizationUpdateOptions{UserTokensEnabled: tfe.Bool(false)})
	must(t, "switch user tokens off", err)
	_, err = c.Organizations.Read(ctx, org)
	if err != tfe.ErrUnauthorized {
		t.Errorf("a user token: wanted %q, got %v", tfe.ErrUnauthorized, err)
	}
	_, err = clientWith(t, token.Token).Organizations.Update(ctx, org, tfe.OrganizationUpdateOptions{UserTokensEnabled: tfe.Bool(true)})
	must(t, "switch user tokens on with the owners' token", err)
	_, err = c.Organizations.Read(ctx, org)
	must(t, "a user token again", err)
}
