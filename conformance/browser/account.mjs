// Signing in and out, password, sessions, tokens.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { fill, follow, heading, press, says } from "./watched.mjs";

const run = promisify(execFile);

export async function signIn({ watched, page, password }) {
    await page.goto("/account");
    await says(page, "Sign in to see this page.");
    await watched.look(page, "sign-in");
    await fill(page, { "User name": "demo", Password: "not the password" });
    await watched.refused(page, 422, () => press(page, "Sign in"));
    await says(page, "The user name or the password is wrong.");
    await watched.look(page, "sign-in-wrong");

    const link = process.env.SIGN_IN_LINK;
    await page.goto(link);
    await watched.look(page, "set-password");
    await fill(page, { "New password": "short" });
    await watched.refused(page, 422, () => press(page, "Set password and sign in"));
    await watched.look(page, "set-password-wrong");

    // By keyboard alone: the first stop skips the header, the last one is the button.
    await page.goto(link);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type(password);
    await page.keyboard.press("Tab");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid", "the focused button is not outlined");
    await page.keyboard.press("Enter");
    await heading(page, "Welcome to Bowline");

    const other = await watched.person(new URL(link).origin);
    await watched.refused(other, 403, () => other.goto(link));
    await watched.look(other, "set-password-used");
    await other.context().close();
}

export async function account({ watched, page, password }) {
    await page.goto("/account");
    await watched.look(page, "account");
    await page.getByText("Create an API token").click();
    await watched.look(page, "account-new-token");
    await fill(page, { Description: "from the walk" });
    await page.getByLabel("Expires").selectOption("never");
    await press(page, "Create token");
    await heading(page, "API token created");
    await watched.look(page, "token-created");

    // The lines are pasted into a shell as they are shown.
    const lines = await page.getByLabel("For a shell").inputValue();
    const curl = `${lines}\ncurl --silent --show-error --header "Authorization: Bearer $TFE_TOKEN" \\
        --write-out '\\n%{http_code}' "$TFE_ADDRESS/api/v2/account/details"`;
    const call = async () => (await run("sh", ["-c", curl])).stdout.trim().split("\n");
    let [details, status] = await call();
    assert.equal(status, "200");
    assert.equal(JSON.parse(details).data.attributes.username, "demo");

    await follow(page, "Done");
    const row = page.locator("li", { hasText: "from the walk" });
    await row.getByRole("button").click();
    await says(page, "The API token was revoked.");
    [, status] = await call();
    assert.equal(status, "401");

    await fill(page, { "Current password": "not the password", "New password": "a new password of the walk" });
    await watched.refused(page, 422, () => press(page, "Change password"));
    await watched.look(page, "account-wrong-password");
    await fill(page, { "Current password": password, "New password": "a new password of the walk" });
    await press(page, "Change password");
    await says(page, "The password was changed");
}

export async function anotherBrowser({ watched, page, address }) {
    const other = await watched.person(address);
    await other.goto("/sign-in");
    await fill(other, { "User name": "demo", Password: "a new password of the walk" });
    await press(other, "Sign in");
    await other.getByRole("navigation", { name: "Organization and account" }).waitFor();

    await page.goto("/account");
    const ended = page.locator("li", { has: page.getByText("last used") }).filter({ hasNotText: "This session" });
    assert.equal(await ended.count(), 1);
    await watched.look(page, "account-two-sessions");
    await ended.getByRole("button").click();
    await says(page, "session");
    await other.goto("/organizations");
    await says(other, "Sign in to see this page.");
    assert.equal(new URL(other.url()).pathname, "/sign-in");
    await other.context().close();
    await page.goto("/organizations");
    await heading(page, "Organizations");
}

export async function signOut({ watched, page }) {
    await page.locator(".menu.end summary").click();
    await watched.look(page, "menu-open");
    await press(page, "Sign out");
    await heading(page, "Sign in");
    await page.goto("/organizations");
    await heading(page, "Sign in");
    assert.deepEqual(await page.context().cookies(), []);
}
