package conformance

import (
	"testing"

	"github.com/hashicorp/go-tfe"
)

func TestProjectLife(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	created, err := c.Projects.Create(ctx, org, tfe.ProjectCreateOptions{
		Name:        "Platform 1",
		Description: tfe.String("what all others stand on"),
		TagBindings: []*tfe.TagBinding{{Key: "stage", Value: "live"}},
	})
	must(t, "create", err)
	equal(t, "name", "Platform 1", created.Name)
	equal(t, "description", "what all others stand on", created.Description)
	equal(t, "organization", org, created.Organization.Name)

	bindings, err := c.Projects.ListTagBindings(ctx, created.ID)
	must(t, "tag bindings", err)
	equal(t, "tag bindings", 1, len(bindings))
	equal(t, "key", "stage", bindings[0].Key)
	equal(t, "value", "live", bindings[0].Value)
	_, err = c.Projects.AddTagBindings(ctx, created.ID, tfe.ProjectAddTagBindingsOptions{
		TagBindings: []*tfe.TagBinding{{Key: "stage", Value: "test"}, {Key: "owner"}},
	})
	must(t, "add tag bindings", err)
	effective, err := c.Projects.ListEffectiveTagBindings(ctx, created.ID)
	must(t, "effective tag bindings", err)
	equal(t, "effective tag bindings", 2, len(effective))
	must(t, "delete all tag bindings", c.Projects.DeleteAllTagBindings(ctx, created.ID))
	bindings, err = c.Projects.ListTagBindings(ctx, created.ID)
	must(t, "tag bindings", err)
	equal(t, "tag bindings after delete", 0, len(bindings))

	updated, err := c.Projects.Update(ctx, created.ID, tfe.ProjectUpdateOptions{Name: tfe.String("Platform 2"), Description: tfe.String("")})
	must(t, "update", err)
	equal(t, "name", "Platform 2", updated.Name)
	equal(t, "description", "", updated.Description)

	list, err := c.Projects.List(ctx, org, &tfe.ProjectListOptions{Name: "Platform 2"})
	must(t, "list by name", err)
	equal(t, "found", 1, len(list.Items))
	list, err = c.Projects.List(ctx, org, nil)
	must(t, "list", err)
	equal(t, "projects, the default one too", 2, list.TotalCount)

	must(t, "delete", c.Projects.Delete(ctx, created.ID))
	_, err = c.Projects.Read(ctx, created.ID)
	missing(t, "read after delete", err)
	missing(t, "second delete", c.Projects.Delete(ctx, created.ID))
}

func TestProjectErrors(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	_, err := c.Projects.Create(ctx, org, tfe.ProjectCreateOptions{Name: "ab"})
	says(t, "a name too short", "invalid attribute", err)
	one := project(t, c, org)
	_, err = c.Projects.Create(ctx, org, tfe.ProjectCreateOptions{Name: one.Name})
	says(t, "a taken name", "has already been taken", err)
	_, err = c.Projects.Read(ctx, "prj-nonexisting")
	missing(t, "read", err)
	_, err = c.Projects.Create(ctx, "no-such-organization", tfe.ProjectCreateOptions{Name: "orphan"})
	missing(t, "create in an unknown organization", err)

	_, err = c.Workspaces.Create(ctx, org, tfe.WorkspaceCreateOptions{Name: tfe.String("held"), Project: one})
	must(t, "create a workspace in it", err)
	if err := c.Projects.Delete(ctx, one.ID); err == nil {
		t.Error("a project with workspaces was deleted")
	}
}
