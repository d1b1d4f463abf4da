package conformance

import (
	"errors"
	"testing"

	"github.com/hashicorp/go-tfe"
)

func workspace(t *testing.T, c *tfe.Client, org string) *tfe.Workspace {
	t.Helper()
	w, err := c.Workspaces.Create(ctx, org, tfe.WorkspaceCreateOptions{Name: tfe.String(unique("ws"))})
	must(t, "create a workspace", err)
	return w
}

func TestWorkspaceLife(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	p := project(t, c, org)
	created, err := c.Workspaces.Create(ctx, org, tfe.WorkspaceCreateOptions{
		Name:             tfe.String("billing"),
		Description:      tfe.String("invoices"),
		AutoApply:        tfe.Bool(true),
		WorkingDirectory: tfe.String("live"),
		TriggerPrefixes:  []string{"/modules"},
		Project:          p,
	})
	must(t, "create", err)
	equal(t, "name", "billing", created.Name)
	equal(t, "description", "invoices", created.Description)
	equal(t, "auto-apply", true, created.AutoApply)
	equal(t, "working directory", "live", created.WorkingDirectory)
	equal(t, "project", p.ID, created.Project.ID)
	equal(t, "organization", org, created.Organization.Name)
	equal(t, "destroy plans allowed", true, created.AllowDestroyPlan)
	equal(t, "file triggers", true, created.FileTriggersEnabled)
	equal(t, "speculative", true, created.SpeculativeEnabled)
	equal(t, "structured output", true, created.StructuredRunOutputEnabled)
	if created.Permissions == nil || created.Permissions.CanForceDelete == nil || !*created.Permissions.CanForceDelete {
		t.Errorf("an owner's permissions: %+v", created.Permissions)
	}

	byName, err := c.Workspaces.Read(ctx, org, "billing")
	must(t, "read by name", err)
	equal(t, "id", created.ID, byName.ID)
	renamed, err := c.Workspaces.Update(ctx, org, "billing", tfe.WorkspaceUpdateOptions{Name: tfe.String("invoicing")})
	must(t, "rename by name", err)
	equal(t, "name", "invoicing", renamed.Name)
	equal(t, "untouched", "live", renamed.WorkingDirectory)
	updated, err := c.Workspaces.UpdateByID(ctx, created.ID, tfe.WorkspaceUpdateOptions{AutoApply: tfe.Bool(false)})
	must(t, "update by id", err)
	equal(t, "auto-apply", false, updated.AutoApply)

	list, err := c.Workspaces.List(ctx, org, &tfe.WorkspaceListOptions{Search: "invoic"})
	must(t, "search", err)
	equal(t, "found", 1, len(list.Items))
	_, err = c.Workspaces.ReadByIDWithOptions(ctx, created.ID, &tfe.WorkspaceReadOptions{Include: []tfe.WSIncludeOpt{tfe.WSProject}})
	must(t, "read with its project", err)

	must(t, "force delete", c.Workspaces.DeleteByID(ctx, created.ID))
	_, err = c.Workspaces.ReadByID(ctx, created.ID)
	missing(t, "read after delete", err)
	missing(t, "second delete", c.Workspaces.DeleteByID(ctx, created.ID))
	missing(t, "safe delete after delete", c.Workspaces.SafeDeleteByID(ctx, created.ID))

	must(t, "safe delete by id", c.Workspaces.SafeDeleteByID(ctx, workspace(t, c, org).ID))
	must(t, "safe delete by name", c.Workspaces.SafeDelete(ctx, org, workspace(t, c, org).Name))
	must(t, "force delete by name", c.Workspaces.Delete(ctx, org, workspace(t, c, org).Name))
}

func TestWorkspaceRepository(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	oc := oauthClient(t, c, org)
	token := oc.OAuthTokens[0].ID
	created, err := c.Workspaces.Create(ctx, org, tfe.WorkspaceCreateOptions{
		Name: tfe.String("linked"),
		VCSRepo: &tfe.VCSRepoOptions{
			Identifier: tfe.String("acme/infra"), OAuthTokenID: tfe.String(token), IngressSubmodules: tfe.Bool(true),
		},
	})
	must(t, "create with a repository", err)
	equal(t, "identifier", "acme/infra", created.VCSRepo.Identifier)
	equal(t, "display identifier", "acme/infra", created.VCSRepo.DisplayIdentifier)
	equal(t, "token", token, created.VCSRepo.OAuthTokenID)
	equal(t, "branch", "", created.VCSRepo.Branch)
	equal(t, "submodules", true, created.VCSRepo.IngressSubmodules)
	equal(t, "provider", "github", created.VCSRepo.ServiceProvider)
	equal(t, "repository URL", "https://github.com/acme/infra", created.VCSRepo.RepositoryHTTPURL)

	updated, err := c.Workspaces.UpdateByID(ctx, created.ID, tfe.WorkspaceUpdateOptions{
		VCSRepo: &tfe.VCSRepoOptions{Branch: tfe.String("main")},
	})
	must(t, "another branch", err)
	equal(t, "branch", "main", updated.VCSRepo.Branch)
	equal(t, "identifier after the update", "acme/infra", updated.VCSRepo.Identifier)

	unlinked, err := c.Workspaces.RemoveVCSConnectionByID(ctx, created.ID)
	must(t, "unlink by id", err)
	if unlinked.VCSRepo != nil {
		t.Errorf("still linked: %+v", unlinked.VCSRepo)
	}
	_, err = c.Workspaces.UpdateByID(ctx, created.ID, tfe.WorkspaceUpdateOptions{VCSRepo: &tfe.VCSRepoOptions{Branch: tfe.String("main")}})
	says(t, "a branch without a repository", "invalid attribute", err)
	link := tfe.WorkspaceUpdateOptions{VCSRepo: &tfe.VCSRepoOptions{Identifier: tfe.String("acme/infra"), OAuthTokenID: tfe.String(token)}}
	_, err = c.Workspaces.UpdateByID(ctx, created.ID, link)
	must(t, "link again", err)
	unlinked, err = c.Workspaces.RemoveVCSConnection(ctx, org, "linked")
	must(t, "unlink by name", err)
	if unlinked.VCSRepo != nil {
		t.Errorf("still linked: %+v", unlinked.VCSRepo)
	}

	_, err = c.Workspaces.UpdateByID(ctx, created.ID, link)
	must(t, "link once more", err)
	must(t, "delete the client", c.OAuthClients.Delete(ctx, oc.ID))
	read, err := c.Workspaces.ReadByID(ctx, created.ID)
	must(t, "read", err)
	if read.VCSRepo != nil {
		t.Errorf("still linked to a client that is gone: %+v", read.VCSRepo)
	}
}

func TestWorkspaceRepositoryIsRefused(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	w := workspace(t, c, org)
	foreign := oauthClient(t, c, organization(t, c)).OAuthTokens[0].ID
	narrow := github()
	narrow.OrganizationScoped = tfe.Bool(false)
	scoped, err := c.OAuthClients.Create(ctx, org, narrow)
	must(t, "create a client for some projects", err)
	link := func(token string) error {
		_, err := c.Workspaces.UpdateByID(ctx, w.ID, tfe.WorkspaceUpdateOptions{
			VCSRepo: &tfe.VCSRepoOptions{Identifier: tfe.String("acme/infra"), OAuthTokenID: tfe.String(token)},
		})
		return err
	}
	says(t, "an unknown token", "OAuth token does not exist", link("ot-nonexisting"))
	says(t, "a foreign token", "OAuth token does not exist", link(foreign))
	says(t, "a client of other projects", "invalid attribute", link(scoped.OAuthTokens[0].ID))
	must(t, "attach the project", c.OAuthClients.AddProjects(ctx, scoped.ID, tfe.OAuthClientAddProjectsOptions{
		Projects: []*tfe.Project{w.Project},
	}))
	must(t, "a client of this project", link(scoped.OAuthTokens[0].ID))
}

func TestWorkspaceErrors(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	w := workspace(t, c, org)
	_, err := c.Workspaces.Create(ctx, org, tfe.WorkspaceCreateOptions{Name: tfe.String(w.Name)})
	says(t, "a taken name", "has already been taken", err)
	_, err = c.Workspaces.Update(ctx, org, workspace(t, c, org).Name, tfe.WorkspaceUpdateOptions{Name: tfe.String(w.Name)})
	says(t, "rename to a taken name", "has already been taken", err)
	_, err = c.Workspaces.ReadByID(ctx, "ws-nonexisting")
	missing(t, "read by id", err)
	_, err = c.Workspaces.Read(ctx, org, "nonexisting")
	missing(t, "read by name", err)
	_, err = c.Workspaces.ReadByIDWithOptions(ctx, w.ID, &tfe.WorkspaceReadOptions{Include: []tfe.WSIncludeOpt{"no_such_thing"}})
	if !errors.Is(err, tfe.ErrInvalidIncludeValue) {
		t.Errorf("an unknown include: wanted %q, got %v", tfe.ErrInvalidIncludeValue, err)
	}
}
