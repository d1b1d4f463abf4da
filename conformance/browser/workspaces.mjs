// Linking workspaces to repositories.
import assert from "node:assert/strict";

import { nameOf } from "./providers.mjs";
import { follow, heading, press, says } from "./watched.mjs";

export async function workspaces(walk) {
    const { watched, page, home, organization } = walk;
    for (const name of ["network-production", "network-staging", "dns", `w-${"x".repeat(88)}`]) {
        await walk.api("POST", `/organizations/${organization}/workspaces`, {
            data: { type: "workspaces", attributes: { name } },
        });
    }
    const row = (name) => page.locator("li").filter({ has: page.getByRole("heading", { name, exact: true }) });
    await page.goto(`${home}/workspaces`);
    await watched.look(page, "workspaces-unlinked");

    // The picker: searched, then used.
    await row("network-production").getByRole("link", { name: /^Link/ }).click();
    await heading(page, "Repository of network-production");
    await watched.look(page, "workspace-link");
    const picker = page.getByRole("search");
    await picker.getByLabel("VCS provider").selectOption({ label: new RegExp(nameOf("github")) .source ? await option(picker, nameOf("github")) : "" });
    await picker.getByRole("button", { name: "Search" }).click();
    await follow(page, "Next");
    await watched.look(page, "workspace-link-found");
    await picker.getByRole("searchbox").or(picker.getByRole("textbox")).first().fill("network");
    await picker.getByRole("button", { name: "Search" }).click();
    await page.getByRole("link", { name: /^Use acme\/network/ }).click();
    assert.equal(await page.getByLabel("Repository", { exact: true }).inputValue(), "acme/network");
    await watched.look(page, "workspace-link-chosen");
    await press(page, "Save link");
    await says(page, "The workspace network-production was linked.");
    await row("network-production").getByText("acme/network").waitFor();
    await watched.look(page, "workspaces");
}

/** The text of the option that begins with a name. */
async function option(form, name) {
    const options = await form.getByLabel("VCS provider").locator("option").allTextContents();
    return options.map((text) => text.trim()).find((text) => text.startsWith(name));
}
