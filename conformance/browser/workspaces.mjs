// Linking workspaces to repositories: picked from what the provider lists, and by hand; moved to another client, unlinked.
import assert from "node:assert/strict";

import { nameOf } from "./providers.mjs";
import { choose, fill, follow, heading, press, says } from "./watched.mjs";

const LONG = `w-${"x".repeat(88)}`;

const row = (page, name) => page.locator("li").filter({ has: page.getByRole("heading", { name, exact: true }) });

/** Opens the form of a workspace. */
async function open(page, name, action) {
    await row(page, name).getByRole("link", { name: `${action} ${name}` }).click();
    await heading(page, `Repository of ${name}`);
}

export async function workspaces(walk) {
    const { watched, page, home, organization } = walk;
    await page.goto(`${home}/workspaces`);
    await follow(page, "New workspace");
    await watched.look(page, "workspace-new");
    await fill(page, { Name: "not a name" });
    await watched.refused(page, 422, () => press(page, "Create workspace"));
    await fill(page, { Name: "network-production" });
    await press(page, "Create workspace");
    await heading(page, "Repository of network-production");
    for (const name of ["network-staging", "dns", LONG]) {
        const data = { type: "workspaces", attributes: { name } };
        await walk.api("POST", `/organizations/${organization}/workspaces`, { data });
    }
    await page.goto(`${home}/workspaces`);
    await watched.look(page, "workspaces-unlinked");
    await fill(page, { "Name contains": "network" });
    await press(page, "Search");
    assert.equal(await row(page, "dns").count(), 0);
    assert.equal(await row(page, "network-staging").count(), 1);
    await page.goto(`${home}/workspaces`);

    await pick(walk);
    await byHand(walk);
    await move(walk);

    await row(page, "dns").getByRole("link", { name: "Unlink dns" }).click();
    await watched.look(page, "workspace-unlink");
    await press(page, "Unlink");
    await says(page, "was unlinked");
    await row(page, "dns").getByText("Not linked to a repository").waitFor();
}

/** The picker: by page, searched, used. */
async function pick({ watched, page }) {
    await open(page, "network-production", "Link");
    await watched.look(page, "workspace-link");
    const picker = page.getByRole("search");
    await choose(picker, "VCS provider", nameOf("github"));
    await picker.getByRole("button", { name: "Search" }).click();
    await page.getByRole("link", { name: "Use acme/infra" }).waitFor();
    await watched.look(page, "workspace-link-found");
    await follow(page, "Next");
    await page.getByRole("link", { name: "Previous" }).waitFor();
    await fill(picker, { "Name contains": "network" });
    await picker.getByRole("button", { name: "Search" }).click();
    await page.getByRole("link", { name: "Use acme/network" }).click();
    assert.equal(await page.getByLabel("Repository", { exact: true }).inputValue(), "acme/network");
    await watched.look(page, "workspace-link-chosen");
    await press(page, "Save link");
    await says(page, "The workspace network-production was linked.");
    await row(page, "network-production").getByText("acme/network").waitFor();
}

/** Where the provider cannot be asked. */
async function byHand(walk) {
    const { watched, page } = walk;
    await walk.fault("gitlab_hosted", "server-error");
    await open(page, "dns", "Link");
    const picker = page.getByRole("search");
    await choose(picker, "VCS provider", nameOf("gitlab_hosted"));
    await picker.getByRole("button", { name: "Search" }).click();
    await says(page, "Enter the repository by hand.");
    await watched.look(page, "workspace-link-failed");
    await walk.fault("gitlab_hosted", "none");

    const form = page.locator("main form[method=post]");
    await choose(form, "VCS provider", nameOf("gitlab_hosted"));
    await fill(form, { Repository: "dns" });
    await watched.refused(page, 422, () => press(page, "Save link"));
    await watched.look(page, "workspace-link-wrong");
    await fill(form, { Repository: "acme/dns", Branch: "develop" });
    await form.getByLabel("Fetch submodules").check();
    await press(page, "Save link");
    await says(page, "The workspace dns was linked.");

    await open(page, LONG, "Link");
    await choose(form, "VCS provider", nameOf("gitlab_hosted"));
    await fill(form, { Repository: `${"acme-".repeat(20)}/${"infrastructure-".repeat(6)}` });
    await press(page, "Save link");
    await says(page, "was linked");
    await watched.look(page, "workspaces");
}

/** Two workspaces go from one client to another. */
async function move({ watched, page }) {
    await follow(page, "Move links");
    await choose(page, "From", nameOf("gitlab_hosted"));
    await choose(page, "To", nameOf("gitlab_hosted"));
    await watched.refused(page, 422, () => press(page, "Move links"));
    await watched.look(page, "workspaces-move");
    await choose(page, "From", nameOf("gitlab_hosted"));
    await choose(page, "To", nameOf("bitbucket_hosted"));
    await press(page, "Move links");
    await says(page, "2 workspaces were moved.");
    await row(page, "dns").getByText(nameOf("bitbucket_hosted")).waitFor();
}
