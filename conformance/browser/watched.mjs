// Chromium, watched: any console message, page error, request to elsewhere, axe violation and horizontal scrolling is a fault.
import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const modules = createRequire(`${process.env.MODULES}/package.json`);
const { chromium } = modules("playwright-core");
const axe = modules("axe-core").source;
const screenshots = process.env.SCREENSHOTS;

const WIDTHS = [1280, 360];
const SCHEMES = ["light", "dark"];
const ORDINARY = { width: 1280, height: 900 };
const PATIENCE_MS = 15_000;

export class Watched {
    faults = [];
    /** Names of the pages that were looked at. */
    looked = new Set();
    #browser;
    #origins;
    /** Answers with an error status that the walk has asked for: Chromium writes each into the console. */
    #refusals = [];
    #console = [];

    static async launch(origins) {
        rmSync(screenshots, { recursive: true, force: true });
        mkdirSync(screenshots, { recursive: true });
        const watched = new Watched();
        watched.#origins = origins;
        watched.#browser = await chromium.launch({
            executablePath: process.env.CHROMIUM,
            // Nothing but loopback can be reached, so that what is tried shows as a fault and goes nowhere.
            args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-dev-shm-usage"],
        });
        return watched;
    }

    get version() {
        return this.#browser.version();
    }

    /** A browser of its own, with its own cookies, at its start page. */
    async person(baseURL) {
        const context = await this.#browser.newContext({ baseURL, viewport: ORDINARY, colorScheme: "light" });
        context.setDefaultTimeout(PATIENCE_MS);
        context.on("request", (request) => {
            const url = new URL(request.url());
            if (!this.#origins.includes(url.origin)) this.faults.push(`a request to ${url.origin}, for ${url.pathname}`);
        });
        context.on("console", (message) => {
            this.#console.push({ text: `${message.type()}: ${message.text()}`, url: message.location().url });
        });
        context.on("weberror", (error) => this.faults.push(`a page error: ${error.error()}`));
        return context.newPage();
    }

    /** Does what is answered with an error page, and insists on its status. */
    async refused(page, status, action) {
        const answer = page.waitForResponse((response) => {
            return response.request().isNavigationRequest() && response.status() >= 400;
        });
        await action();
        const response = await answer;
        assert.equal(response.status(), status, response.url());
        this.#refusals.push({ status, url: response.url() });
        await page.waitForLoadState();
        // A form that is shown again says why.
        if (status === 422) await page.locator('.problem:visible, [role="alert"]:visible').first().waitFor();
    }

    /** The page as it stands, at both widths in both schemes. */
    async look(page, name) {
        assert(!this.looked.has(name), `${name} was looked at before`);
        this.looked.add(name);
        await this.#inspect(page, name);
        await page.evaluate(axe);
        for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: ORDINARY.height });
            for (const colorScheme of SCHEMES) {
                await page.emulateMedia({ colorScheme });
                const where = `${name}, ${width} pixels, ${colorScheme}`;
                await page.screenshot({ path: join(screenshots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
                await this.#judge(page, where);
            }
        }
        await page.setViewportSize(ORDINARY);
        await page.emulateMedia({ colorScheme: "light" });
    }

    async #inspect(page, name) {
        const seen = await page.evaluate(() => ({
            // Axe and screenshots leave their own behind, where the page was looked at before.
            scripts: window.axe ? 0 : document.querySelectorAll("script, style, [style], [onclick]").length,
            title: document.title,
        }));
        if (seen.scripts > 0) this.faults.push(`${name}: has a script, or style within the page`);
        if (!seen.title) this.faults.push(`${name}: has no title`);
    }

    async #judge(page, where) {
        const beyond = await page.evaluate(() => {
            return document.documentElement.scrollWidth - document.documentElement.clientWidth;
        });
        if (beyond > 0) this.faults.push(`${where}: scrolls sideways by ${beyond} pixels`);
        // Without loading style sheets again: the policy of the pages forbids that to scripts.
        const options = { preload: false, resultTypes: ["violations"] };
        const { violations, passes } = await page.evaluate((options) => window.axe.run(document, options), options);
        assert(passes.length > 5, `axe has judged nothing of ${where}`);
        for (const violation of violations) {
            for (const node of violation.nodes) {
                this.faults.push(`${where}: axe ${violation.id}: ${node.target.join(" ")}: ${node.failureSummary}`);
            }
        }
    }

    async shot(page, name) {
        await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
    }

    /** All that was wrong. Console messages come late, so they are judged at the end. */
    async close() {
        await this.#browser.close();
        for (const { text, url } of this.#console) {
            const isAsked = ({ status, url: refused }) => refused === url && text.includes(`a status of ${status} `);
            const isRefusal = this.#refusals.some(isAsked);
            if (!isRefusal) this.faults.push(`the console at ${url} says ${text}`);
        }
        return this.faults;
    }
}

/** What a redirect or an answer says happened. */
export async function says(page, words) {
    const message = page.locator('.flash, [role="alert"]').filter({ hasText: words });
    await message.first().waitFor();
}

/** Fills in fields of a page or form by their labels. */
export async function fill(within, values) {
    for (const [label, value] of Object.entries(values)) {
        await labelled(within, label).and(within.locator(":not([readonly])")).fill(value);
    }
}

/** Chooses an option, whatever is behind it in brackets. */
export async function choose(within, label, name) {
    const field = labelled(within, label);
    const options = (await field.locator("option").allTextContents()).map((option) => option.trim());
    const chosen = options.filter((option) => option.replace(/ \(.*\)$/, "") === name);
    assert.equal(chosen.length, 1, `${name} among ${options}`);
    await field.selectOption({ label: chosen[0] });
}

function labelled(within, label) {
    return within.getByLabel(new RegExp(`^${escape(label)}( optional)?$`));
}

function escape(text) {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

export async function press(page, name) {
    await page.getByRole("button", { name, exact: true }).click();
}

export async function follow(page, name) {
    await page.getByRole("link", { name, exact: true }).click();
}

export async function heading(page, name) {
    await page.getByRole("heading", { level: 1, name }).waitFor();
}
