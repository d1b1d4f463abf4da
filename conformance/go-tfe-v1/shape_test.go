package conformance

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-tfe"
)

// What go-tfe declares and the server leaves out, by type; go-tfe then sees the zero value.
var leftOut = map[string]string{
	// Its own tests want this one blank.
	"OAuthToken": "uid",
	// Runs, no-code modules, keys held by the customer, SCIM and Infragraph are not served.
	"Organization": "primary-hyok-configuration",
	"Entitlements": "infragraph infragraph-with-nrtu",
	"Workspace": "can-queue-destroy-plan migration-environment no-code-upgrade-available" +
		" hyok-data-key-for-encryption",
	"Team":      "is-unified scim-linked scim-sync-paused scim-group-name scim-updated-at",
	"AgentPool": "hyok-configurations",
	"User":      "is-scim-managed scim-username scim-updated-at",
}

// declared lists the attributes (or relationships) that go-tfe decodes into a type.
func declared(of reflect.Type, kind string) []string {
	var names []string
	for i := range of.NumField() {
		parts := strings.Split(of.Field(i).Tag.Get("jsonapi"), ",")
		if len(parts) > 1 && parts[0] == kind {
			names = append(names, parts[1])
		}
	}
	return names
}

func TestEveryDeclaredMemberIsThere(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	me, err := c.Users.ReadCurrent(ctx)
	must(t, "account details", err)
	oc := oauthClient(t, c, org)
	p := project(t, c, org)
	w := workspace(t, c, org)
	tm := team(t, c, org, nil)
	pool, err := c.AgentPools.Create(ctx, org, tfe.AgentPoolCreateOptions{Name: tfe.String("pool")})
	must(t, "create a pool", err)
	_, err = c.OrganizationTokens.Create(ctx, org)
	must(t, "create an organization's token", err)
	_, err = c.TeamTokens.Create(ctx, tm.ID)
	must(t, "create a team's token", err)
	token, err := c.UserTokens.Create(ctx, me.ID, tfe.UserTokenCreateOptions{})
	must(t, "create a user's token", err)
	_, err = c.Projects.AddTagBindings(ctx, p.ID, tfe.ProjectAddTagBindingsOptions{TagBindings: []*tfe.TagBinding{{Key: "k", Value: "v"}}})
	must(t, "bind a tag", err)

	for _, resource := range []struct {
		path string
		into any
	}{
		{"oauth-clients/" + oc.ID, tfe.OAuthClient{}},
		{"oauth-tokens/" + oc.OAuthTokens[0].ID, tfe.OAuthToken{}},
		{"organizations/" + org, tfe.Organization{}},
		{"organizations/" + org + "/entitlement-set", tfe.Entitlements{}},
		{"organizations/" + org + "/authentication-token", tfe.OrganizationToken{}},
		{"projects/" + p.ID, tfe.Project{}},
		{"workspaces/" + w.ID, tfe.Workspace{}},
		{"teams/" + tm.ID, tfe.Team{}},
		{"teams/" + tm.ID + "/authentication-token", tfe.TeamToken{}},
		{"authentication-tokens/" + token.ID, tfe.UserToken{}},
		{"agent-pools/" + pool.ID, tfe.AgentPool{}},
		{"account/details", tfe.User{}},
	} {
		request, err := c.NewRequest("GET", resource.path, nil)
		must(t, "a request", err)
		var document struct {
			Data struct {
				Attributes    map[string]any
				Relationships map[string]any
			}
		}
		must(t, resource.path, request.DoJSON(ctx, &document))
		of := reflect.TypeOf(resource.into)
		left := strings.Fields(leftOut[of.Name()])
		check := func(kind string, there map[string]any) {
			for _, name := range declared(of, kind) {
				if _, found := there[name]; found {
					continue
				}
				if i := slices.Index(left, name); i >= 0 {
					left[i] = ""
				} else {
					t.Errorf("%s has no %s %s", of.Name(), kind, name)
				}
			}
		}
		check("attr", document.Data.Attributes)
		check("relation", document.Data.Relationships)
		for _, name := range left {
			if name != "" {
				t.Errorf("%s has %s after all, or go-tfe does not know it", of.Name(), name)
			}
		}
	}
}
