// A browser for the tests: Debian's Chromium, and pages that complain about what no page of ours may do.
import { chromium } from "playwright-core";
import { AxeBuilder } from "@axe-core/playwright";

export const base = process.env.url;
let failures = 0;

export function check(truth, what) {
  if (truth) return;
  failures += 1;
  console.error(`FAILED: ${what}`);
}

export function finish() {
  if (failures > 0) { console.error(`${failures} failed`); process.exit(1); }
}

export function launch() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/// A page with its own cookies. `status`: what the next navigation may answer without being an error.
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => {
    // A page that is not there says so in the console, too.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) check(false, `console of ${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => check(false, `${page.url()}: ${error}`));
  page.on("request", (request) => check(request.url().startsWith(base) || request.url().startsWith("data:"), `${page.url()} asks for ${request.url()}`));
  return page;
}

/// All rules, or those named.
export async function axe(page, what, rules) {
  const builder = new AxeBuilder({ page });
  const { violations } = await (rules ? builder.withRules(rules) : builder).analyze();
  for (const each of violations) check(false, `axe, ${what}: ${each.id}: ${each.nodes.map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")).slice(0, 3).join("; ")}`);
}

export async function fits(page, what) {
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  check(wide <= seen, `${what}: ${wide} px wide in ${seen}`);
}
