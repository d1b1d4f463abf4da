package conformance

import (
	"testing"

	"github.com/hashicorp/go-tfe"
)

func TestAgentPoolLife(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	created, err := c.AgentPools.Create(ctx, org, tfe.AgentPoolCreateOptions{Name: tfe.String("rack-1")})
	must(t, "create", err)
	equal(t, "name", "rack-1", created.Name)
	equal(t, "organization-scoped", true, created.OrganizationScoped)
	equal(t, "organization", org, created.Organization.Name)
	updated, err := c.AgentPools.Update(ctx, created.ID, tfe.AgentPoolUpdateOptions{
		Name: tfe.String("rack-2"), OrganizationScoped: tfe.Bool(false),
	})
	must(t, "update", err)
	equal(t, "name", "rack-2", updated.Name)
	equal(t, "organization-scoped", false, updated.OrganizationScoped)
	list, err := c.AgentPools.List(ctx, org, nil)
	must(t, "list", err)
	equal(t, "pools", 1, len(list.Items))
	must(t, "delete", c.AgentPools.Delete(ctx, created.ID))
	_, err = c.AgentPools.Read(ctx, created.ID)
	missing(t, "read after delete", err)
	missing(t, "second delete", c.AgentPools.Delete(ctx, created.ID))
	_, err = c.AgentPools.Create(ctx, "no-such-organization", tfe.AgentPoolCreateOptions{Name: tfe.String("rack-1")})
	missing(t, "create in an unknown organization", err)
}
