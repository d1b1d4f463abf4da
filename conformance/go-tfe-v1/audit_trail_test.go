package conformance

import (
	"testing"
	"time"

	"github.com/hashicorp/go-tfe"
)

// The trail of an organization, read with a token for that alone.
func TestAuditTrail(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	kind := tfe.AuditTrailToken
	token, err := c.OrganizationTokens.CreateWithOptions(ctx, org, tfe.OrganizationTokenCreateOptions{TokenType: &kind})
	must(t, "create a token for the audit trail", err)
	_, err = c.OrganizationTokens.Read(ctx, org)
	missing(t, "the organization's own token", err)
	read, err := c.OrganizationTokens.ReadWithOptions(ctx, org, tfe.OrganizationTokenReadOptions{TokenType: &kind})
	must(t, "read the token", err)
	equal(t, "id", token.ID, read.ID)

	reader := clientWith(t, token.Token)
	made := oauthClient(t, c, org)
	trail, err := reader.AuditTrails.List(ctx, nil)
	must(t, "list", err)
	newest := trail.Items[0]
	for _, event := range trail.Items {
		if event.Resource.ID == made.ID {
			newest = event
		}
	}
	equal(t, "id of the resource", made.ID, newest.Resource.ID)
	equal(t, "type of the resource", "oauth_client", newest.Resource.Type)
	equal(t, "action", "create", newest.Resource.Action)
	equal(t, "version", "0", newest.Version)
	equal(t, "type of the actor", "Client", newest.Auth.Type)
	me, err := c.Users.ReadCurrent(ctx)
	must(t, "who am I", err)
	equal(t, "actor", me.ID, newest.Auth.AccessorID)
	if newest.Request.ID == "" || newest.Timestamp.IsZero() || newest.Auth.OrganizationID == "" {
		t.Errorf("an event without a request, a time or an organization: %+v", newest)
	}

	page, err := reader.AuditTrails.List(ctx, &tfe.AuditTrailListOptions{
		ListOptions: &tfe.ListOptions{PageNumber: 2, PageSize: 1},
	})
	must(t, "list a page", err)
	equal(t, "items of the page", 1, len(page.Items))
	equal(t, "number of the page", 2, page.CurrentPage)
	equal(t, "page before", 1, page.PreviousPage)
	equal(t, "events", trail.TotalCount, page.TotalCount)
	since, err := reader.AuditTrails.List(ctx, &tfe.AuditTrailListOptions{Since: time.Now().Add(time.Hour)})
	must(t, "list since", err)
	equal(t, "events to come", 0, len(since.Items))

	_, err = c.AuditTrails.List(ctx, nil)
	missing(t, "the trail, for a user", err)
	_, err = reader.OAuthClients.List(ctx, org, nil)
	missing(t, "anything else, for the token", err)
	deletion := tfe.OrganizationTokenDeleteOptions{TokenType: &kind}
	must(t, "delete the token", c.OrganizationTokens.DeleteWithOptions(ctx, org, deletion))
}
