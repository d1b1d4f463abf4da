// A page with every fault that the watch looks for: it has to find them all.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";

import { Watched } from "./watched.mjs";

const PAGE = `<!doctype html><html lang="en"><title>Bad</title><main><h1 style="color: #999">Bad</h1>
<img src="https://example.com/image.png"><p style="width: 2000px">wide</p>
<script>console.log("a word"); setTimeout(() => { throw new Error("a slip") });</script></main></html>`;

export async function badPage() {
    const server = createServer((request, response) => {
        response.writeHead(request.url === "/" ? 200 : 404, { "Content-Type": "text/html" }).end(PAGE);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const origin = `http://127.0.0.1:${server.address().port}`;
    const watched = await Watched.launch([origin]);
    const page = await watched.person(origin);
    await page.goto("/");
    await watched.look(page, "bad");
    await page.goto("/nowhere");
    const faults = (await watched.close()).join("\n");
    server.close();
    for (const expected of [
        /a request to https:\/\/example\.com/,
        /says log: a word/,
        /a page error: Error: a slip/,
        /says error: .* a status of 404/,
        /has a script, or style within the page/,
        /360 pixels, light: scrolls sideways by/,
        /1280 pixels, dark: axe image-alt/,
        /360 pixels, light: axe color-contrast/,
    ]) {
        assert.match(faults, expected);
    }
}
