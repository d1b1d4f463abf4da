// One person's walk through all pages, from the printed link to signing out.
import { performance } from "node:perf_hooks";

import { badPage } from "./bad_page.mjs";
import { account, anotherBrowser, signIn, signOut } from "./account.mjs";
import { organizations, reading } from "./organizations.mjs";
import { connections, deletion } from "./connections.mjs";
import { providers } from "./providers.mjs";
import { Watched } from "./watched.mjs";
import { workspaces } from "./workspaces.mjs";

const { TFE_ADDRESS: address, TFE_TOKEN: token, TFE_ORGANIZATION: organization } = process.env;
const demoProviders = process.env.BOWLINE_DEMO_PROVIDERS;

await badPage();
const watched = await Watched.launch([address, demoProviders]);
const page = await watched.person(address);
/** What the steps share. */
const walk = {
    watched,
    page,
    address,
    demoProviders,
    organization,
    home: `/organizations/${organization}`,
    password: "correct horse battery staple",
    /** Calls the API with the demo's token. */
    async api(method, path, document) {
        const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/vnd.api+json" };
        const answer = await fetch(`${address}/api/v2${path}`, { method, headers, body: JSON.stringify(document) });
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
        return answer.status === 204 ? undefined : answer.json();
    },
    /** Sets a fault of a demo provider; `none` clears it. */
    async fault(kind, fault) {
        const answer = await fetch(`${demoProviders}/_faults`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ kind, fault }),
        });
        if (!answer.ok) throw new Error(`the fault ${fault} could not be set: ${answer.status}`);
    },
};

const steps = [signIn, organizations, providers, connections, workspaces, deletion, reading, account, anotherBrowser, signOut];
let stopped;
for (const step of steps) {
    const began = performance.now();
    try {
        await step(walk);
        console.log(`${step.name.padEnd(16)} ${((performance.now() - began) / 1000).toFixed(1)} s`);
    } catch (error) {
        stopped = error;
        await watched.shot(page, `stopped-at-${step.name}`).catch(() => {});
        console.error(`${step.name} stopped at ${page.url()}\n${error.stack}`);
        break;
    }
}

const version = watched.version;
const faults = await watched.close();
for (const fault of faults) console.error(`- ${fault}`);
console.log(`${watched.looked.size} pages at 2 widths in 2 schemes, Chromium ${version}; ${faults.length} faults`);
process.exitCode = stopped || faults.length > 0 ? 1 : 0;
