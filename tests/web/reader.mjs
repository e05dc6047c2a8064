// The reader: finds a worker, reads it, compares it; and every route of theirs held against axe, 360 px and the budget of bytes.
import { mkdir } from "node:fs/promises";
import { axe, base, check, finish, fits, launch, open } from "./browser.mjs";

const routes = ["/", "/search", "/search?q=speech", "/search?q=nothing-like-this", "/search?q=speeech", "/search?sort=rating", "/tags", "/w/tts-worker", "/w/tts-worker/variants",
  "/w/tts-worker/versions", "/w/tts-worker/diff?from=0.1.0-1&to=0.1.0-2", "/w/tts-worker/recipe", "/w/tts-worker/recipe?file=worker.toml", "/w/llm-worker-rbee-cuda/recipe",
  "/w/tts-worker/trust", "/w/tts-worker/reviews", "/w/asr-worker/reviews", "/w/tts-worker/stats", "/w/tts-workr", "/owners/nobody", "/compare", "/compare?ids=tts-worker,ocr-worker,llm-worker-rbee-cuda",
  "/machine", "/docs", "/docs/checks", "/docs/submit", "/docs/checks/NET-001", "/no-such-page"];
// What docs/screenshots shows; on a telephone the first three.
const shots = { home: "/", search: "/search?q=speech", worker: "/w/tts-worker", recipe: "/w/tts-worker/recipe", diff: "/w/tts-worker/diff?from=0.1.0-1&to=0.1.0-2",
  trust: "/w/tts-worker/trust", stats: "/w/tts-worker/stats", compare: "/compare?ids=tts-worker,ocr-worker,llm-worker-rbee-cuda" };

const browser = await launch();

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";
  const page = await open(browser, { javaScriptEnabled });
  await page.goto(base + "/");
  await page.fill(".hero input[name=q]", "text to speech");
  await page.press(".hero input[name=q]", "Enter");
  await page.waitForURL(/\/search\?q=/);
  await page.click(".card a[href='/w/tts-worker']");
  check((await page.textContent("h1")).includes("TTS Worker"), `${how}: the worker's page`);
  check((await page.textContent("#install")) === "rbee worker install tts-worker", `${how}: the command`);
  await page.click("text=Describe my machine");
  await page.selectOption("select[name=os]", "linux");
  await page.fill("input[name=ram]", "16");
  await page.click("text=Remember");
  check((await page.textContent(".verdict")).includes("Runs on your machine"), `${how}: the verdict`);
  for (const tab of ["Variants", "Versions", "Recipe", "Trust", "Reviews", "Statistics"]) {
    await page.click(`.tabs >> text=${tab}`);
    check((await page.getAttribute(".tabs [aria-current]", "href")) !== null, `${how}: ${tab}`);
  }
  await page.goto(base + "/w/tts-worker/recipe#L3");
  check(await page.isVisible("#L3"), `${how}: a line of the recipe`);
  await page.goto(base + "/compare?ids=tts-worker,ocr-worker");
  check((await page.locator("thead th[scope=col]").count()) === 2, `${how}: compare`);
  await page.click(".theme button:visible");
  check((await page.getAttribute("html", "data-theme")) === "dark", `${how}: the switch goes dark`);
  await page.click(".theme button:visible");
  check((await page.getAttribute("html", "data-theme")) === "light", `${how}: and back`);
  await page.context().close();
}

{ // What the script adds.
  const page = await open(browser, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto(base + "/w/tts-worker");
  await page.click(".copy");
  await page.waitForSelector(".copy >> text=Copied");
  check((await page.evaluate(() => navigator.clipboard.readText())) === "rbee worker install tts-worker", "copied");
  await page.keyboard.press("/");
  await page.keyboard.type("oc");
  await page.waitForSelector(".suggest li");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/w\/ocr-worker$/);
  await page.goto(base + "/search");
  await page.keyboard.press("/");
  await page.keyboard.type("speech");
  await page.waitForURL(/q=speech/);
  check((await page.locator(".card").count()) === 2, "results while typing");
  await page.context().close();
}

{ // Every route: axe in both themes, the policy, no sideways scrolling on a telephone.
  const page = await open(browser);
  for (const route of routes) {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme: "light" });
    const answer = await page.goto(base + route, { waitUntil: "domcontentloaded" });
    check((answer.headers()["content-security-policy"] ?? "").includes("script-src 'self'"), `${route}: the policy`);
    await axe(page, `light ${route}`);
    await fits(page, `1280 px ${route}`);
    await page.emulateMedia({ colorScheme: "dark" });
    await axe(page, `dark ${route}`, ["color-contrast"]);  // Nothing else follows the theme.
    await page.setViewportSize({ width: 360, height: 740 });
    await fits(page, `360 px ${route}`);
  }
  await page.context().close();
}

if (process.argv.includes("--screenshots")) {
  const folder = new URL("../../docs/screenshots/", import.meta.url).pathname;
  await mkdir(folder, { recursive: true });
  for (const [kind, options] of Object.entries({ light: { colorScheme: "light" }, dark: { colorScheme: "dark" }, mobile: { colorScheme: "light", viewport: { width: 360, height: 740 }, isMobile: true } })) {
    const page = await open(browser, options);
    for (const [name, route] of Object.entries(shots).slice(0, kind === "mobile" ? 3 : undefined)) {
      await page.goto(base + route);
      await page.screenshot({ path: `${folder}${kind}-${name}.png`, fullPage: kind === "mobile" });
    }
    await page.context().close();
  }
}

await browser.close();
finish();
console.log(`reader: ${routes.length} routes`);
