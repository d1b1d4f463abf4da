package conformance

import (
	"errors"
	"testing"

	"github.com/hashicorp/go-tfe"
)

func TestTeamLife(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	created, err := c.Teams.Create(ctx, org, tfe.TeamCreateOptions{
		Name:               tfe.String("plumbers"),
		Visibility:         tfe.String("organization"),
		OrganizationAccess: &tfe.OrganizationAccessOptions{ManageVCSSettings: tfe.Bool(true), ManageWorkspaces: tfe.Bool(true)},
	})
	must(t, "create", err)
	equal(t, "name", "plumbers", created.Name)
	equal(t, "visibility", "organization", created.Visibility)
	equal(t, "manages VCS settings", true, created.OrganizationAccess.ManageVCSSettings)
	equal(t, "manages workspaces", true, created.OrganizationAccess.ManageWorkspaces)
	equal(t, "reads workspaces, which nobody asked for", false, created.OrganizationAccess.ReadWorkspaces)
	equal(t, "members manage tokens", true, created.AllowMemberTokenManagement)

	updated, err := c.Teams.Update(ctx, created.ID, tfe.TeamUpdateOptions{
		Name:               tfe.String("fitters"),
		OrganizationAccess: &tfe.OrganizationAccessOptions{ManageVCSSettings: tfe.Bool(false)},
	})
	must(t, "update", err)
	equal(t, "name", "fitters", updated.Name)
	equal(t, "manages VCS settings", false, updated.OrganizationAccess.ManageVCSSettings)
	equal(t, "still manages workspaces", true, updated.OrganizationAccess.ManageWorkspaces)

	list, err := c.Teams.List(ctx, org, &tfe.TeamListOptions{Names: []string{"fitters"}})
	must(t, "list by name", err)
	equal(t, "found", 1, len(list.Items))
	must(t, "delete", c.Teams.Delete(ctx, created.ID))
	_, err = c.Teams.Read(ctx, created.ID)
	missing(t, "read after delete", err)
	missing(t, "second delete", c.Teams.Delete(ctx, created.ID))
}

func TestTeamMembers(t *testing.T) {
	c := client(t)
	tm := team(t, c, organization(t, c), nil)
	me, err := c.Users.ReadCurrent(ctx)
	must(t, "account details", err)
	must(t, "add", c.TeamMembers.Add(ctx, tm.ID, tfe.TeamMemberAddOptions{Usernames: []string{me.Username}}))
	members, err := c.TeamMembers.ListUsers(ctx, tm.ID)
	must(t, "list", err)
	equal(t, "members", 1, len(members))
	equal(t, "the member", me.Username, members[0].Username)
	read, err := c.Teams.Read(ctx, tm.ID)
	must(t, "read", err)
	equal(t, "user count", 1, read.UserCount)
	must(t, "remove", c.TeamMembers.Remove(ctx, tm.ID, tfe.TeamMemberRemoveOptions{Usernames: []string{me.Username}}))
	members, err = c.TeamMembers.ListUsers(ctx, tm.ID)
	must(t, "list", err)
	equal(t, "members", 0, len(members))
	err = c.TeamMembers.Add(ctx, tm.ID, tfe.TeamMemberAddOptions{Usernames: []string{"nobody-of-that-name"}})
	says(t, "an unknown user", "nobody-of-that-name", err)
}

func TestTeamErrors(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	tm := team(t, c, org, nil)
	_, err := c.Teams.Create(ctx, org, tfe.TeamCreateOptions{Name: tfe.String(tm.Name)})
	says(t, "a taken name", "has already been taken", err)
	_, err = c.Teams.Create(ctx, org, tfe.TeamCreateOptions{
		Name:               tfe.String(unique("team")),
		OrganizationAccess: &tfe.OrganizationAccessOptions{ManageProjects: tfe.Bool(true)},
	})
	if err == nil || errors.Is(err, tfe.ErrResourceNotFound) {
		t.Errorf("manage-projects without manage-workspaces: wanted a 422, got %v", err)
	}
	_, err = c.Teams.Read(ctx, "team-nonexisting")
	missing(t, "read", err)
	_, err = c.Teams.List(ctx, org, &tfe.TeamListOptions{Include: []tfe.TeamIncludeOpt{"no-such-thing"}})
	if !errors.Is(err, tfe.ErrInvalidIncludeValue) {
		t.Errorf("an unknown include: wanted %q, got %v", tfe.ErrInvalidIncludeValue, err)
	}
}

func TestWhatATeamMayDo(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	oc := oauthClient(t, c, org)
	as := func(access *tfe.OrganizationAccessOptions) *tfe.Client {
		token, err := c.TeamTokens.Create(ctx, team(t, c, org, access).ID)
		must(t, "a team's token", err)
		return clientWith(t, token.Token)
	}
	plumbers := as(&tfe.OrganizationAccessOptions{ManageVCSSettings: tfe.Bool(true)})
	_, err := plumbers.OAuthClients.Update(ctx, oc.ID, tfe.OAuthClientUpdateOptions{Key: tfe.String("theirs")})
	must(t, "update with manage-vcs-settings", err)
	own := oauthClient(t, plumbers, org)
	must(t, "delete with manage-vcs-settings", plumbers.OAuthClients.Delete(ctx, own.ID))

	others := as(nil)
	_, err = others.OAuthClients.Update(ctx, oc.ID, tfe.OAuthClientUpdateOptions{Key: tfe.String("theirs")})
	missing(t, "update without manage-vcs-settings", err)
	_, err = others.OAuthClients.Create(ctx, org, github())
	missing(t, "create without manage-vcs-settings", err)
	missing(t, "delete without manage-vcs-settings", others.OAuthClients.Delete(ctx, oc.ID))
	missing(t, "delete of a token without manage-vcs-settings", others.OAuthTokens.Delete(ctx, oc.OAuthTokens[0].ID))

	elsewhere := organization(t, c)
	_, err = plumbers.OAuthClients.List(ctx, elsewhere, nil)
	missing(t, "another organization", err)
	foreign := oauthClient(t, c, elsewhere)
	_, err = plumbers.OAuthClients.Read(ctx, foreign.ID)
	missing(t, "another organization's client", err)
	_, err = clientWith(t, "no-such-token").OAuthClients.Read(ctx, oc.ID)
	if !errors.Is(err, tfe.ErrUnauthorized) {
		t.Errorf("an unknown token: wanted %q, got %v", tfe.ErrUnauthorized, err)
	}
}
