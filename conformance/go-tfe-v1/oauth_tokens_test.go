package conformance

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/hashicorp/go-tfe"
)

func sshKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, "make a key", err)
	block := pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return strings.TrimSpace(string(pem.EncodeToMemory(&block)))
}

func TestOAuthTokenLife(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	owner := oauthClient(t, c, org)
	id := owner.OAuthTokens[0].ID

	read, err := c.OAuthTokens.Read(ctx, id)
	must(t, "read", err)
	equal(t, "id", id, read.ID)
	equal(t, "client", owner.ID, read.OAuthClient.ID)
	equal(t, "has an SSH key", false, read.HasSSHKey)
	equal(t, "uid", "", read.UID)

	untouched, err := c.OAuthTokens.Update(ctx, id, tfe.OAuthTokenUpdateOptions{})
	must(t, "update without attributes", err)
	equal(t, "has an SSH key", false, untouched.HasSSHKey)

	keyed, err := c.OAuthTokens.Update(ctx, id, tfe.OAuthTokenUpdateOptions{PrivateSSHKey: tfe.String(sshKey(t))})
	must(t, "update with a key", err)
	equal(t, "id after the update", id, keyed.ID)
	equal(t, "has an SSH key", true, keyed.HasSSHKey)

	_, err = c.OAuthTokens.Update(ctx, id, tfe.OAuthTokenUpdateOptions{PrivateSSHKey: tfe.String("no key at all")})
	says(t, "no key at all", "Ssh key is invalid", err)
	read, err = c.OAuthTokens.Read(ctx, id)
	must(t, "read", err)
	equal(t, "still has the SSH key", true, read.HasSSHKey)

	must(t, "delete", c.OAuthTokens.Delete(ctx, id))
	_, err = c.OAuthTokens.Read(ctx, id)
	missing(t, "read after delete", err)
	missing(t, "second delete", c.OAuthTokens.Delete(ctx, id))
	survivor, err := c.OAuthClients.Read(ctx, owner.ID)
	must(t, "read the client", err)
	equal(t, "the client's tokens", 0, len(survivor.OAuthTokens))
	must(t, "delete the client", c.OAuthClients.Delete(ctx, owner.ID))
}

func TestOAuthTokenLists(t *testing.T) {
	c := client(t)
	org := organization(t, c)
	one, two := oauthClient(t, c, org), oauthClient(t, c, org)
	list, err := c.OAuthTokens.List(ctx, org, nil)
	must(t, "list", err)
	equal(t, "tokens", 2, len(list.Items))
	found := ids(list.Items, func(ot *tfe.OAuthToken) string { return ot.ID })
	if !found[one.OAuthTokens[0].ID] || !found[two.OAuthTokens[0].ID] {
		t.Errorf("the tokens are %v", found)
	}
	for _, item := range list.Items {
		if item.OAuthClient == nil || item.OAuthClient.ID == "" {
			t.Errorf("%s has no client", item.ID)
		}
	}
	page, err := c.OAuthTokens.List(ctx, org, &tfe.OAuthTokenListOptions{ListOptions: tfe.ListOptions{PageNumber: 2, PageSize: 1}})
	must(t, "second page", err)
	equal(t, "tokens on the second page", 1, len(page.Items))
	equal(t, "total count", 2, page.TotalCount)
	_, err = c.OAuthTokens.List(ctx, "no-such-organization", nil)
	missing(t, "list of an unknown organization", err)
}

func TestOAuthTokenErrors(t *testing.T) {
	c := client(t)
	_, err := c.OAuthTokens.Read(ctx, "nonexisting")
	missing(t, "read", err)
	_, err = c.OAuthTokens.Update(ctx, "nonexisting", tfe.OAuthTokenUpdateOptions{PrivateSSHKey: tfe.String("x")})
	missing(t, "update", err)
	missing(t, "delete", c.OAuthTokens.Delete(ctx, "nonexisting"))
}
