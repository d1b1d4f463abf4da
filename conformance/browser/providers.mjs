// Adding each of the eleven VCS providers and connecting it through the demo's own ones.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";

import { fill, follow, heading, press, says } from "./watched.mjs";

/** What each is called here, and what the provider gave after registration, by the labels of the form. */
const PROVIDERS = {
    github: ["Acme GitHub", { "Client ID": "acme", "Client secret": "secret" }],
    github_enterprise: ["Acme GitHub Enterprise", { "Client ID": "acme", "Client secret": "secret" }],
    gitlab_hosted: ["Acme GitLab.com", { "Application ID": "acme", Secret: "secret" }],
    gitlab_community_edition: ["Acme GitLab CE", { "Application ID": "acme", Secret: "secret" }],
    gitlab_enterprise_edition: ["Acme GitLab EE", { "Application ID": "acme", Secret: "secret" }],
    bitbucket_hosted: ["Acme Bitbucket Cloud", { Key: "acme", Secret: "secret" }],
    bitbucket_data_center: ["Acme Bitbucket Data Center", {}],
    bitbucket_server: ["Acme Bitbucket Server", {}],
    bitbucket_server_legacy: ["Acme Bitbucket of old", { "Consumer key": "acme", ...rsaPair() }],
    ado_services: [
        "Acme Azure DevOps",
        {
            "Application (client) ID": "35b1c4a7-8c0a-4b1c-9e53-0a9a3ac5a9ab",
            "Directory (tenant) ID": "9f6c1c6e-2c1f-4a3e-8a9c-5e8f7d6c5b4a",
            "Client secret value": "secret",
        },
    ],
    ado_server: [
        "Acme Azure DevOps Server",
        { "Personal access token": "a-token", "SSH private key": rsaPair()["RSA private key"] },
    ],
};
const KINDS = Object.keys(PROVIDERS);
export const nameOf = (kind) => PROVIDERS[kind][0];

function rsaPair() {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", {
        modulusLength: 2048,
        privateKeyEncoding: { type: "pkcs1", format: "pem" },
        publicKeyEncoding: { type: "spki", format: "pem" },
    });
    return { "RSA private key": privateKey, "RSA public key": publicKey };
}

const isSelfManaged = (kind) => !["github", "gitlab_hosted", "bitbucket_hosted", "ado_services"].includes(kind);

/** The card of a VCS provider on the page with all of them. */
export function card(page, kind) {
    return page.locator("article").filter({ has: page.getByRole("heading", { name: nameOf(kind), exact: true }) });
}

/** From the list to the form, filled in. */
async function form({ watched, page, home, demoProviders }, kind) {
    await page.goto(`${home}/vcs-providers`);
    await follow(page, "Add a VCS provider");
    if (!watched.looked.has("provider-choose")) await watched.look(page, "provider-choose");
    await page.locator(`a[href$="/new/${kind}"]`).click();
    if (isSelfManaged(kind)) {
        const url = page.getByLabel("HTTP URL");
        if (kind === "github_enterprise") await watched.look(page, "provider-server");
        await url.fill(`${demoProviders}/${kind}`);
        await press(page, "Continue");
        assert.equal(await page.getByLabel("HTTP URL").inputValue(), `${demoProviders}/${kind}`);
        assert.match(await page.getByLabel("API URL").inputValue(), new RegExp(`^${demoProviders}/${kind}`));
    }
    await watched.look(page, `provider-add-${kind}`);
    await fill(page, { Name: nameOf(kind), ...PROVIDERS[kind][1] });
}

/** From the page that asks, over the provider's page, to the page that says how it went. */
export async function authorize(walk, { as = "Ada Lovelace", decide = "Allow", look } = {}) {
    const { watched, page, demoProviders } = walk;
    await page.getByRole("button", { name: /^Continue to / }).waitFor();
    if (look) await watched.look(page, `connect-confirm-${look}`);
    if (look === "github") await leaving(walk);
    else await page.getByRole("button", { name: /^Continue to / }).click();
    await page.waitForURL(`${demoProviders}/**`);
    if (look) await watched.look(page, `demo-provider-${look}`);
    await page.getByLabel(as).check();
    if (decide === "Deny") await watched.refused(page, 422, () => press(page, "Deny"));
    else await press(page, decide);
}

/** The page between the button and the provider goes on by itself. Here the provider has no answer, so that it stays. */
async function leaving({ watched, page, demoProviders }) {
    await page.route(`${demoProviders}/**`, (route) => route.fulfill({ status: 204 }));
    await page.getByRole("button", { name: /^Continue to / }).click();
    await heading(page, /^Going to /);
    await watched.look(page, "connect-leaving");
    await page.unroute(`${demoProviders}/**`);
    await page.getByRole("link", { name: /^Continue to / }).click();
}

export async function providers(walk) {
    const { watched, page, home } = walk;
    for (const kind of KINDS) {
        await form(walk, kind);
        if (kind === "ado_server") {
            await press(page, "Add with this token");
            await says(page, "was added");
            continue;
        }
        await page.locator("form[method=post] button").last().click();
        if (["bitbucket_data_center", "bitbucket_server"].includes(kind)) {
            // Their keys are made here, and have to be registered there first.
            await says(page, "was added");
            assert.match(await card(page, kind).getByLabel("Consumer key").inputValue(), /^bowline-/);
            await card(page, kind).getByRole("link", { name: "Connect", exact: true }).click();
        }
        if (kind === "github") {
            await authorize(walk, { decide: "Deny", look: kind });
            await heading(page, "The connection was not made");
            await watched.look(page, "connect-denied");
            await follow(page, "Try again");
        }
        await authorize(walk, { look: kind === "bitbucket_server" ? kind : undefined });
        await heading(page, "Connected");
        if (kind === "github") await watched.look(page, "connect-done");
    }
    await page.goto(`${home}/vcs-providers`);
    for (const kind of KINDS.filter((kind) => kind !== "ado_server")) {
        await card(page, kind).getByText("Connected as ada").waitFor();
    }
    await card(page, "ado_server").getByText("A token was given").waitFor();
    await watched.look(page, "vcs-providers");

    // A refused form keeps what was typed, secrets aside.
    await page.goto(`${home}/vcs-providers/new/github`);
    await fill(page, { Name: "half", "Client ID": "only this" });
    await watched.refused(page, 422, () => page.locator("form[method=post] button").last().click());
    assert.equal(await page.getByLabel("Client ID").inputValue(), "only this");
    await watched.look(page, "provider-add-wrong");
    await page.goto(`${home}/vcs-providers/new/github_enterprise?http-url=ftp://git.example.com`);
    await watched.look(page, "provider-server-wrong");
}
