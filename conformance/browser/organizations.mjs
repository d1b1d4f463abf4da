// Pages of organizations that are not about connections.
import { fill, follow, heading, press, says } from "./watched.mjs";

/** As a new installation shows them, before anything is there. */
export async function organizations({ watched, page, home }) {
    await page.goto("/");
    await watched.look(page, "welcome");
    await page.goto("/organizations");
    await watched.look(page, "organizations");
    await follow(page, "New organization");
    await watched.look(page, "organization-new");
    await fill(page, { Name: "not a name" });
    await watched.refused(page, 422, () => press(page, "Create organization"));
    await watched.look(page, "organization-new-wrong");
    await fill(page, { Name: `a-long-name-${"of-an-organization-".repeat(3)}` });
    await press(page, "Create organization");
    await watched.look(page, "organization-created");
    await page.goto("/organizations");
    await watched.look(page, "organizations-two");

    for (const section of ["vcs-providers", "workspaces", "vcs-events", "audit-trail", "members"]) {
        await page.goto(`${home}/${section}`);
        await page.getByRole("navigation", { name: "Sections" }).waitFor();
        await watched.look(page, `${section}-empty`);
    }
    await page.goto(`${home}/workspaces/move`);
    await watched.look(page, "workspaces-move-empty");

    await watched.refused(page, 404, () => page.goto("/organizations/nowhere"));
    await heading(page, "Not found");
    await watched.look(page, "not-found");
}

/** What the walk has left behind, to read. */
export async function reading({ watched, page, home, demoProviders }) {
    await page.goto(demoProviders);
    await heading(page, "Bowline's demo providers");
    await watched.look(page, "demo-providers");
    await page.goto("/");
    await watched.look(page, "welcome-later");

    await page.goto(home);
    await follow(page, "VCS events");
    await heading(page, "VCS events");
    await watched.look(page, "vcs-events");
    await page.getByLabel("Level").selectOption("error");
    await press(page, "Filter");
    await page.getByText("Error", { exact: true }).first().waitFor();
    await watched.look(page, "vcs-events-errors");

    await follow(page, "Audit trail");
    await heading(page, "Audit trail");
    await watched.look(page, "audit-trail");
    await follow(page, "Next");
    await page.getByRole("link", { name: "Previous", exact: true }).waitFor();
    await watched.look(page, "audit-trail-second");

    await page.getByLabel("About").selectOption({ index: 1 });
    await press(page, "Filter");
    await watched.look(page, "audit-trail-filtered");

    await follow(page, "Members and teams");
    await heading(page, "Members and teams");
    await watched.look(page, "members");
    await page.locator(".menu summary").first().click();
    await watched.look(page, "menu-organizations");
}
