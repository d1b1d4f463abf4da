package conformance

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-tfe"
)

func inAYear() *time.Time {
	year := time.Now().UTC().AddDate(1, 0, 0).Truncate(time.Second)
	return &year
}

func TestOrganizationToken(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	_, err := c.OrganizationTokens.Read(ctx, org)
	missing(t, "read before there is one", err)
	first, err := c.OrganizationTokens.Create(ctx, org)
	must(t, "create", err)
	expiry := inAYear()
	second, err := c.OrganizationTokens.CreateWithOptions(ctx, org, tfe.OrganizationTokenCreateOptions{ExpiredAt: expiry})
	must(t, "create again", err)
	equal(t, "expiry", *expiry, second.ExpiredAt)
	read, err := c.OrganizationTokens.Read(ctx, org)
	must(t, "read", err)
	equal(t, "id", second.ID, read.ID)
	equal(t, "the secret, on show", "", read.Token)

	_, err = clientWith(t, first.Token).OAuthClients.List(ctx, org, nil)
	if !errors.Is(err, tfe.ErrUnauthorized) {
		t.Errorf("the replaced token: wanted %q, got %v", tfe.ErrUnauthorized, err)
	}
	holder := clientWith(t, second.Token)
	must(t, "delete a client of its own", holder.OAuthClients.Delete(ctx, oauthClient(t, holder, org).ID))
	team(t, holder, org, nil)
	_, err = holder.Organizations.Create(ctx, tfe.OrganizationCreateOptions{
		Name: tfe.String(unique("org")), Email: tfe.String("a@example.com"),
	})
	missing(t, "create an organization with an organization's token", err)

	must(t, "delete", c.OrganizationTokens.Delete(ctx, org))
	_, err = c.OrganizationTokens.Read(ctx, org)
	missing(t, "read after delete", err)
	missing(t, "second delete", c.OrganizationTokens.Delete(ctx, org))
}

func TestTeamToken(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	tm := team(t, c, org, nil)
	_, err := c.TeamTokens.Read(ctx, tm.ID)
	missing(t, "read before there is one", err)
	created, err := c.TeamTokens.Create(ctx, tm.ID)
	must(t, "create", err)
	if created.Token == "" {
		t.Error("a token without its secret")
	}
	read, err := c.TeamTokens.Read(ctx, tm.ID)
	must(t, "read", err)
	equal(t, "id", created.ID, read.ID)
	equal(t, "the secret, on show", "", read.Token)
	equal(t, "team", tm.ID, read.Team.ID)
	must(t, "delete", c.TeamTokens.Delete(ctx, tm.ID))
	missing(t, "second delete", c.TeamTokens.Delete(ctx, tm.ID))
}

func TestTeamTokensWithDescriptions(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	tm := team(t, c, org, nil)
	expiry := inAYear()
	create := func(description string) (*tfe.TeamToken, error) {
		return c.TeamTokens.CreateWithOptions(ctx, tm.ID, tfe.TeamTokenCreateOptions{Description: &description, ExpiredAt: expiry})
	}
	one, err := create("pipeline")
	must(t, "create", err)
	two, err := create("laptop")
	must(t, "create a second", err)
	equal(t, "description", "laptop", *two.Description)
	equal(t, "expiry", *expiry, two.ExpiredAt)
	if !strings.HasPrefix(one.ID, "at-") || one.ID == two.ID {
		t.Errorf("the ids are %s and %s", one.ID, two.ID)
	}
	_, err = create("laptop")
	if err == nil || errors.Is(err, tfe.ErrResourceNotFound) {
		t.Errorf("a taken description: wanted a 422, got %v", err)
	}
	read, err := c.TeamTokens.ReadByID(ctx, one.ID)
	must(t, "read by id", err)
	equal(t, "description", "pipeline", *read.Description)
	list, err := c.TeamTokens.List(ctx, org, nil)
	must(t, "list of the organization", err)
	found := ids(list.Items, func(tt *tfe.TeamToken) string { return tt.ID })
	if !found[one.ID] || !found[two.ID] {
		t.Errorf("the tokens are %v", found)
	}
	must(t, "delete by id", c.TeamTokens.DeleteByID(ctx, one.ID))
	_, err = c.TeamTokens.ReadByID(ctx, one.ID)
	missing(t, "read after delete", err)
}

func TestUserTokens(t *testing.T) {
	c := client(t)
	me, err := c.Users.ReadCurrent(ctx)
	must(t, "account details", err)
	expiry := inAYear()
	created, err := c.UserTokens.Create(ctx, me.ID, tfe.UserTokenCreateOptions{Description: "laptop", ExpiredAt: expiry})
	must(t, "create", err)
	equal(t, "description", "laptop", created.Description)
	equal(t, "expiry", *expiry, created.ExpiredAt)
	other := clientWith(t, created.Token)
	again, err := other.Users.ReadCurrent(ctx)
	must(t, "account details with the new token", err)
	equal(t, "user", me.ID, again.ID)
	read, err := c.UserTokens.Read(ctx, created.ID)
	must(t, "read", err)
	equal(t, "the secret, on show", "", read.Token)
	list, err := c.UserTokens.List(ctx, me.ID)
	must(t, "list", err)
	if !ids(list.Items, func(ut *tfe.UserToken) string { return ut.ID })[created.ID] {
		t.Error("the new token is not listed")
	}
	must(t, "delete", c.UserTokens.Delete(ctx, created.ID))
	_, err = other.Users.ReadCurrent(ctx)
	if !errors.Is(err, tfe.ErrUnauthorized) {
		t.Errorf("the deleted token: wanted %q, got %v", tfe.ErrUnauthorized, err)
	}
	missing(t, "second delete", c.UserTokens.Delete(ctx, created.ID))
	_, err = c.UserTokens.Create(ctx, "user-nonexisting", tfe.UserTokenCreateOptions{})
	missing(t, "create for somebody else", err)
}
