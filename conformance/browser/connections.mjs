// What becomes of connections: reauthorized, checked, broken, revoked, edited, deleted.
import assert from "node:assert/strict";

import { authorize, card, nameOf } from "./providers.mjs";
import { fill, follow, heading, press, says } from "./watched.mjs";

const tokenId = (page, kind) => card(page, kind).getByLabel("OAuth Token ID").inputValue();
const open = (page, kind, action) => card(page, kind).getByRole("link", { name: action, exact: true }).click();

export async function connections(walk) {
    const { watched, page, home } = walk;
    const list = () => page.goto(`${home}/vcs-providers`);

    // Reauthorized by another user of the provider: the token id stays.
    await list();
    const before = await tokenId(page, "gitlab_hosted");
    await open(page, "gitlab_hosted", "Reauthorize");
    await heading(page, "Reauthorize");
    await watched.look(page, "connect-reauthorize");
    await authorize(walk, { as: "Grace Hopper" });
    await heading(page, "Connected");
    await list();
    await card(page, "gitlab_hosted").getByText("Connected as grace").waitFor();
    assert.equal(await tokenId(page, "gitlab_hosted"), before);

    // A denied reauthorization keeps the connection.
    await open(page, "gitlab_hosted", "Reauthorize");
    await authorize(walk, { decide: "Deny" });
    await watched.look(page, "connect-denied-kept");
    await list();
    await card(page, "gitlab_hosted").getByText("Connected as grace").waitFor();

    // A wrong secret shows once the provider is asked for the token.
    await open(page, "github_enterprise", "Edit");
    await fill(page, { "Client secret": "wrong secret" });
    await press(page, "Save changes");
    await open(page, "github_enterprise", "Reauthorize");
    await watched.refused(page, 422, () => authorize(walk));
    await says(page, "secret");
    await watched.look(page, "connect-wrong-secret");
    await list();
    await card(page, "github_enterprise").getByText("Connected as ada").waitFor();

    // Checked: good, then broken at the provider, then good again.
    const check = () => card(page, "github").getByRole("button", { name: "Check connection" }).click();
    await check();
    await says(page, "works");
    await walk.fault("github", "revoked");
    await check();
    await card(page, "github").getByText("Broken", { exact: true }).waitFor();
    await watched.look(page, "vcs-providers-broken");
    await walk.fault("github", "none");
    await open(page, "github", "Reauthorize");
    await authorize(walk);
    await heading(page, "Connected");

    // Revoked: the client stays, and connecting again gives another token id.
    await list();
    const revoked = await tokenId(page, "bitbucket_hosted");
    await open(page, "bitbucket_hosted", "Revoke");
    await watched.look(page, "provider-revoke");
    await press(page, "Revoke connection");
    await says(page, "was revoked");
    await card(page, "bitbucket_hosted").getByText("Not connected", { exact: true }).waitFor();
    await watched.look(page, "vcs-providers-revoked");
    await open(page, "bitbucket_hosted", "Connect");
    await authorize(walk);
    await heading(page, "Connected");
    await list();
    assert.notEqual(await tokenId(page, "bitbucket_hosted"), revoked);

    await open(page, "github", "SSH key");
    await watched.look(page, "provider-ssh-key");
    await page.locator("textarea").fill("not a key");
    await watched.refused(page, 422, () => press(page, "Save key"));
    await watched.look(page, "provider-ssh-key-wrong");

    await list();
    await open(page, "gitlab_community_edition", "Edit");
    await watched.look(page, "provider-edit");
    // As long as a name may be, without a place to break it, with a mark of direction, and like markup.
    await fill(page, { Name: `<b>\u200f${"x".repeat(200)}` });
    await press(page, "Save changes");
    await says(page, "The changes were saved.");
    await watched.look(page, "vcs-providers-long-name");
}

/** Deletes a client that workspaces are linked through. */
export async function deletion({ watched, page, home }) {
    await page.goto(`${home}/vcs-providers`);
    await card(page, "bitbucket_hosted").getByText("1 workspace uses it").click();
    await watched.look(page, "vcs-providers-used");
    await open(page, "github", "Delete");
    await page.getByText("One workspace loses its repository").waitFor();
    await watched.look(page, "provider-delete");
    await page.getByRole("textbox").fill("another name");
    await watched.refused(page, 422, () => press(page, "Delete"));
    await watched.look(page, "provider-delete-wrong");
    await page.getByRole("textbox").fill(nameOf("github"));
    await press(page, "Delete");
    await says(page, "was deleted");
    assert.equal(await card(page, "github").count(), 0);
    await follow(page, "Workspaces");
    const row = page.locator("li").filter({ has: page.getByRole("heading", { name: "network-production" }) });
    await row.getByText("Not linked to a repository").waitFor();
}
