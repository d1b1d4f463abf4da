// A person's walk through the pages.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const { BOWLINE, TFE_ADDRESS, TFE_TOKEN, BOWLINE_DEMO_PROVIDERS, CHROMIUM, SHOTS } = process.env;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PASSWORD = 'correct horse battery staple';
const PROVIDERS = '/organizations/my-organization/vcs-providers';
const KEYS = ['bitbucket_server', 'bitbucket_data_center'];
const OWN = ['github_enterprise', 'gitlab_community_edition', 'gitlab_enterprise_edition', ...KEYS];
const KINDS = ['github', 'gitlab_hosted', 'bitbucket_hosted', 'ado_services', ...OWN];
mkdirSync(SHOTS, { recursive: true });

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
const problems = [];
// Chromium says this of each page with an error status; the walk says which pages have one.
const EXPECTED = 'Failed to load resource: the server responded with a status of 422';

async function person(name, settings) {
  const context = await browser.newContext(settings);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.on('console', (m) => {
    const isAdvice = m.type() === 'verbose' || m.type() === 'debug';
    if (!isAdvice && !m.text().startsWith(EXPECTED)) problems.push(`${page.url()}: console: ${m.text()}`);
  });
  context.on('request', (r) => {
    const { origin } = new URL(r.url());
    if (![TFE_ADDRESS, BOWLINE_DEMO_PROVIDERS].includes(origin)) problems.push(`leaves the machine: ${r.url()}`);
  });
  const at = (path) => new URL(path, TFE_ADDRESS).href;
  return {
    page,
    context,
    open: (path) => page.goto(at(path)),
    // The page is accessible, fits, and is kept as a picture.
    async look(what) {
      await page.screenshot({ path: `${SHOTS}/${name}-${what}.png`, fullPage: true });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) problems.push(`${name} ${what}: ${wide} pixels too wide`);
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      for (const v of violations) problems.push(`${name} ${what}: ${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
    },
    async says(text) {
      const body = await page.locator('main').innerText();
      assert(body.includes(text), `no ${JSON.stringify(text)} on ${page.url()}: ${body}`);
    },
    press: (label) => page.locator('main').getByText(label, { exact: true }).first().click(),
  };
}

async function adds(who, kind) {
  const query = OWN.includes(kind) ? '?http-url=https%3A%2F%2Fgit.example.com' : '';
  await who.open(`${PROVIDERS}/new/${kind}${query}`);
  await who.page.fill('#name', kind);
  if (!KEYS.includes(kind)) {
    await who.page.fill('#key', 'the-key');
    await who.page.fill('#secret', 'the-secret');
  }
  if (kind === 'ado_services') {
    await who.page.fill('#ado-org-name', 'acme');
    await who.page.fill('#ado-entra-tenant-id', '3f2b8a52-0000-4000-8000-000000000000');
  }
  await who.look(`add-${kind}`);
  await who.press('Add VCS provider');
  await who.says(`The VCS provider ${kind} was added.`);
  await who.look(`added-${kind}`);
}

const card = (who, kind) => who.page.locator('article', { has: who.page.locator('h2', { hasText: new RegExp(`^${kind}$`) }) });

async function decides(who, decision) {
  await who.page.locator('main form button').first().click();
  await who.page.waitForURL(`${BOWLINE_DEMO_PROVIDERS}/**`);
  await who.page.click(`button[value="${decision}"]`);
}

async function walk(name, settings, kinds) {
  const who = await person(name, settings);
  const link = execFileSync(BOWLINE, ['user', 'sign-in-link', 'demo', '--public-url', TFE_ADDRESS], { stdio: ['ignore', 'pipe', 'ignore'] });
  await who.page.goto(String(link).trim());
  await who.look('set-password');
  await who.page.fill('#new-password', PASSWORD);
  await who.page.locator('main button').first().click();
  for (const kind of kinds) {
    await adds(who, kind);
    await who.open(PROVIDERS);
    await card(who, kind).getByText('Connect', { exact: true }).click();
    if (kind === 'github') {
      await who.look('confirm');
      await decides(who, 'deny');
      await who.says('Access was denied at the provider.');
      await who.look('denied');
      await who.press('Try again');
    }
    await decides(who, 'allow');
    await who.says(`${kind} is connected to`);
    await who.look(`connected-${kind}`);
  }
  await who.open(PROVIDERS);
  await who.look('providers');
  await card(who, 'github').getByText('Reauthorize', { exact: true }).click();
  await who.look('reauthorize');
  await decides(who, 'allow');
  await who.says('github is connected to GitHub as ada');
  await who.open(PROVIDERS);
  await card(who, 'gitlab_hosted').getByText('Check connection', { exact: true }).click();
  await who.says('gitlab_hosted was checked: the connection works as ada.');
  await card(who, 'gitlab_hosted').getByText('Revoke', { exact: true }).click();
  await who.look('revoke');
  await who.press('Revoke connection');
  await who.says('GitLab.com has forgotten it too.');

  await api('POST', '/organizations/my-organization/workspaces', { type: 'workspaces', attributes: { name } });
  await who.open('/organizations/my-organization/workspaces');
  await who.page.locator('li', { hasText: name }).locator('a[href$="/link"]').click();
  await who.page.selectOption('#from', { label: 'github (GitHub)' });
  await who.page.fill('#search', 'infra');
  await who.press('Search');
  await who.look('picker');
  await who.page.locator('.rows a').first().click();
  await who.press('Save link');
  await who.says(`The workspace ${name} was linked.`);
  await who.look('workspaces');
  await who.open('/organizations/my-organization/vcs-events');
  await who.says('demo connected GitHub as ada.');
  await who.look('events');
  for (const kind of kinds) {
    await who.open(PROVIDERS);
    await card(who, kind).getByText('Delete', { exact: true }).click();
    if (kind === 'github') {
      await who.says(name);
      await who.look('delete');
    }
    await who.page.fill('#confirm', kind);
    await who.page.locator('main form button').first().click();
    await who.says(`The VCS provider ${kind} was deleted.`);
  }
  await who.open('/organizations/my-organization/workspaces');
  await who.says('Not linked to a repository');
  return who;
}

async function api(method, path, data) {
  const answer = await fetch(`${TFE_ADDRESS}/api/v2${path}`, {
    method,
    headers: { Authorization: `Bearer ${TFE_TOKEN}`, 'Content-Type': 'application/vnd.api+json' },
    body: data && JSON.stringify({ data }),
  });
  assert(answer.ok, `${method} ${path}: ${answer.status}`);
}

const desk = { viewport: { width: 1280, height: 900 }, colorScheme: 'light' };
const phone = { viewport: { width: 360, height: 740 }, colorScheme: 'dark', isMobile: true, hasTouch: true };
const first = await walk('desk', desk, KINDS);
// The same user on a phone, with a new password, which ends the session of before.
await walk('phone', phone, ['github', 'gitlab_hosted', 'bitbucket_data_center']);
await first.open('/account');
await first.look('sign-in');
await first.page.fill('#username', 'demo');
await first.page.fill('#password', PASSWORD);
await first.page.locator('main button').first().click();
await first.look('account');
await browser.close();
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`${KINDS.length} kinds of providers were added, connected and deleted; pictures are in ${SHOTS}`);
