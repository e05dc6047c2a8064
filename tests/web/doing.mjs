// Who does something: a user, an author, a reviewer, an administrator, with JavaScript and without; a form of another site.
import { createServer } from "node:http";
import { mkdir } from "node:fs/promises";
import { axe, base, check, finish, fits, launch, open } from "./browser.mjs";

const password = "a long pass phrase";
const browser = await launch();

async function logIn(page, name) {
  await page.goto(base + "/login");
  await page.fill("input[name=name]", name);
  await page.fill("input[name=password]", password);
  await page.click("main button");
  await page.waitForURL((url) => !url.pathname.startsWith("/login"));
}
const flash = async (page) => ((await page.locator(".flash").count()) ? page.textContent(".flash") : "");

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";
  const name = javaScriptEnabled ? "una" : "uno";

  { // A user signs up, stars and rates.
    const page = await open(browser, { javaScriptEnabled });
    await page.goto(base + "/w/ocr-worker");
    await page.click("nav >> text=Log in");
    await page.click("text=Sign up");
    await page.fill("input[name=name]", name);
    await page.fill("input[name=email]", `${name}@example.org`);
    await page.fill("input[name=password]", password);
    await page.click("text=Make the account");
    await page.waitForURL(/\/w\/ocr-worker$/);
    check((await flash(page)).includes("Your account is made"), `${how}: signed up`);
    await page.click(".marks >> text=Star");
    check((await flash(page)).includes("Starred"), `${how}: starred`);
    check((await page.locator(".marks [aria-pressed=true]").count()) === 1, `${how}: the star is on`);
    await page.click(".marks >> text=Vote");
    await page.click(".tabs >> text=Reviews");
    await page.check(".ratings input[value='4']");
    await page.fill("#review-title", `Good <b>${name}</b>`);
    await page.fill("#review-text", "Reads\nreceipts <script>alert(1)</script>");
    await page.click(".rate >> text=Publish");
    check((await flash(page)).includes("review is published"), `${how}: rated`);
    const review = page.locator(".review", { hasText: name }).first();
    check((await review.textContent()).includes(`Good <b>${name}</b>`), `${how}: the review is text`);
    const other = page.locator(".review", { hasText: "Columns confuse it" });
    await other.locator("button:text-is('Helpful')").click();
    check((await flash(page)).includes("helped"), `${how}: helpful`);
    await other.locator("summary >> text=Report").click();
    await other.locator("input[name=reason]").fill("not about this worker");
    await other.locator("text=Report to the reviewers").click();
    check((await flash(page)).includes("reviewers will look"), `${how}: reported`);
    await page.goto(base + "/account");
    check((await page.textContent("main")).includes("ocr-worker"), `${how}: the star is on the account's page`);
    await page.click(".tabs >> text=API tokens");
    await page.fill("#token-name", "laptop");
    await page.click("text=Make it");
    const secret = await page.textContent("#secret");
    check(/^rbee_.{43}$/.test(secret), `${how}: a token`);
    await page.goto(base + "/account/tokens");
    check(!(await page.content()).includes(secret), `${how}: a token is shown once`);
    await page.click("button[aria-label='End the token laptop']");
    check((await flash(page)).includes("ended"), `${how}: the token is ended`);
    const cookie = (await page.context().cookies()).find((each) => each.name === "__Host-rbee");
    check(cookie && cookie.httpOnly && cookie.secure && cookie.sameSite === "Lax" && cookie.path === "/", `${how}: the cookie`);
    await page.goto(base + "/account");
    await page.click("text=Log out");
    check((await flash(page)).includes("logged out"), `${how}: logged out`);
    // The cookie that somebody kept is worth nothing.
    const again = await fetch(base + "/v1/users/me", { headers: { Authorization: `Bearer ${cookie.value}` } });
    check(again.status === 401, `${how}: the session's token is ended`);
    await page.context().close();
  }

  const number = javaScriptEnabled ? 1 : 2;
  { // An author looks at a submission and says something.
    const page = await open(browser, { javaScriptEnabled });
    await logIn(page, "author");
    await page.goto(base + "/submissions?account=author");
    await page.click(`a[href='/submissions/${number}']`);
    check((await page.textContent(".state")).includes("Held"), `${how}: the state`);
    check((await page.textContent(".state")).includes("In the queue"), `${how}: the queue`);
    check((await page.textContent("#file-1")).includes("pkgname="), `${how}: the recipe's diff`);
    await page.fill("#comment", "Ready for you <img src=x onerror=alert(1)>");
    await page.click("#discussion button");
    check((await page.textContent("#discussion")).includes("<img src=x"), `${how}: the comment is text`);
    // And submits another one without Git: blocked first, then checked, then on its way.
    const pasted = `pasted-${name}`;
    await page.goto(base + "/submit/form");
    await page.fill("#worker", pasted);
    await page.fill("#title", `${pasted}: says hello`);
    await page.fill("#manifest", `[worker]\nid = "${pasted}"\nname = "Pasted"\ndescription = "Says hello"\nlicense = "MIT"\ntags = ["tts"]\n`);
    await page.fill("#readme", "# Pasted\n");
    await page.fill("#recipe", `pkgname=${pasted}\npkgrel=1\n`);
    await page.click("text=Submit it");
    check((await page.textContent("#findings")).includes("Not submitted"), `${how}: a finding blocks`);
    await page.fill("#recipe", `pkgname=${pasted}\npkgver=1.0\npkgrel=1\npkgdesc='Says hello'\narch=(x86_64 aarch64)\nurl=https://example.org/${pasted}\nlicense=(MIT)\nsource=(hello.sh)\nsha256sums=(SKIP)\npackage() {\n  install -Dm755 hello.sh "$pkgdir/usr/bin/${pasted}"\n}\n`);
    await page.click("summary >> text=One more file");
    await page.fill("#other-name", "hello.sh");
    await page.fill("#other-text", "#!/bin/sh\necho hello\n");
    await page.click("text=Check it");
    check((await page.textContent("#findings")).includes("nothing blocks"), `${how}: checked: ${await page.textContent("#findings")}`);
    check((await page.inputValue("#recipe")).includes("package() {"), `${how}: what was typed stays`);
    await page.click("text=Submit it");
    await page.waitForURL(/\/submissions\/\d+$/);
    check((await flash(page)).includes("Submitted"), `${how}: submitted from the browser`);
    await page.click("text=Withdraw it");
    check((await page.textContent(".state")).includes("Withdrawn"), `${how}: withdrawn`);
    await page.goto(base + "/submit");
    check((await page.textContent("pre >> nth=1")).includes("author@"), `${how}: git's address is the account's`);
    await page.context().close();
  }

  for (const reviewer of ["rex"]) { // With the keyboard where there is a script.
    const page = await open(browser, { javaScriptEnabled });
    await logIn(page, reviewer);
    await page.click("nav >> text=Review");
    await page.waitForURL(/\/review$/);
    if (javaScriptEnabled) {
      await page.keyboard.press("?");
      check(await page.isVisible("#keys"), "? shows the keys");
      await page.keyboard.press("Escape");
      await page.keyboard.press("j");
      const first = await page.evaluate(() => document.activeElement.getAttribute("href"));
      check(/^\/review\/\d+$/.test(first ?? ""), "j goes to the first one");
    }
    await page.goto(`${base}/review/${number}`);
    {
      if (javaScriptEnabled) {
        const current = () => page.evaluate(() => document.activeElement.outerHTML);
        await page.keyboard.press("j");
        const first = await current();
        await page.keyboard.press("j");
        check((await current()) !== first, "j goes on");
        await page.keyboard.press("k");
        check((await current()) === first, "k goes back");
        await page.click("#file-1 .ln.new[data-n='2']");
      } else {
        await page.click("#file-1 summary");
        await page.fill("#line-1", "2");
      }
      await page.fill("#said-1", "one point zero <b>already</b>?");
      await page.click("#file-1 .line-comment button");
      check((await page.textContent("#file-1 .note.said")).includes("<b>already</b>?"), `${how}: the comment stands at its line`);
    }
    if (javaScriptEnabled) await page.keyboard.press("c");
    else await page.click("text=Claim it");
    await page.waitForSelector("text=You hold this submission");
    if (javaScriptEnabled) {
      await page.keyboard.press("a");
      await page.keyboard.press("Enter");
    } else {
      await page.click("text=Approve these bytes");
    }
    await page.waitForURL(/\/review$/);
    check((await flash(page)).includes("approval is on the record"), `${how}: ${reviewer} approved`);
    await page.context().close();
  }
  {
    const page = await open(browser, { javaScriptEnabled });
    await page.goto(`${base}/submissions/${number}`);
    check((await page.textContent(".state")).includes("Published"), `${how}: an approval publishes it: ${await page.textContent(".state")}`);
    check((await page.locator("#comment").count()) === 0, `${how}: nobody comments without an account`);
    await page.context().close();
  }

  { // An administrator takes a worker off the market and lets it back in.
    const page = await open(browser, { javaScriptEnabled });
    await logIn(page, "boss");
    await page.click("nav >> text=Admin");
    await page.fill("#worker", "asr-worker");
    await page.fill("#why", "it listens, too");
    await page.click("text=Take it off the market");
    check((await page.textContent("main")).includes("it listens, too"), `${how}: the quarantine is shown`);
    let status = 200;
    for (let i = 0; i < 50 && status === 200; ++i) {
      status = (await fetch(base + "/v1/workers/asr-worker")).status;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    check(status !== 200, `${how}: the worker is gone`);
    await page.click("main >> button:text-is('Release')");
    for (let i = 0; i < 50 && status !== 200; ++i) {
      status = (await fetch(base + "/v1/workers/asr-worker")).status;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    check(status === 200, `${how}: the worker is back`);
    await page.click(".tabs >> text=Audit log");
    check((await page.textContent("table")).includes("quarantine"), `${how}: the audit log`);
    await page.click("nav[aria-label=Administration] >> text=Reported reviews");
    await page.locator("article.panel").first().locator("input[name=reason]").fill("it is fair");
    await page.locator("article.panel").first().locator("text=Leave it").click();
    check((await flash(page)).includes("Done"), `${how}: a report is answered`);
    await page.context().close();
  }
}

{ // A page of another site sends our forms.
  const page = await browser.newPage();
  await logIn(page, "author");
  const evil = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(`<form method="post" action="${base}/w/tts-worker/star"><input name="on" value="1"><button>go</button></form>`);
  });
  await new Promise((resolve) => evil.listen(0, "127.0.0.1", resolve));
  await page.goto(`http://localhost:${evil.address().port}/`);
  const [answer] = await Promise.all([page.waitForNavigation(), page.click("button")]);
  check(answer.status() === 403, `a post of another site answers ${answer.status()}`);
  check((await page.textContent("main")).includes("another site"), "and says why");
  evil.close();
  await page.context().close();
}

{ // Every page of ours in both themes, and on a telephone.
  const shots = process.argv.includes("--screenshots");
  if (shots) await mkdir("docs/screenshots", { recursive: true });
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(browser, { colorScheme });
    const rules = colorScheme === "dark" ? ["color-contrast"] : undefined;  // Nothing else follows the theme.
    for (const path of ["/login", "/signup", "/device?code=BCDF-GHJK", "/submissions", "/submissions/1", "/submit"]) {
      await page.goto(base + path);
      await axe(page, `${path}, ${colorScheme}`, rules);
    }
    await logIn(page, "boss");
    for (const path of ["/account", "/account/tokens", "/submissions/1", "/submit", "/submit/form", "/review", "/review/1", "/review/reports", "/admin", "/admin/users", "/admin/audit", "/w/tts-worker/reviews", "/device?code=BCDF-GHJK"]) {
      await page.goto(base + path);
      await axe(page, `${path}, ${colorScheme}`, rules);
      await page.setViewportSize({ width: 360, height: 740 });
      await fits(page, path);
      if (shots) await page.screenshot({ path: `docs/screenshots/do${path.split("?")[0].replaceAll("/", "-")}-${colorScheme}-mobile.png` });
      await page.setViewportSize({ width: 1280, height: 900 });
      if (shots) await page.screenshot({ path: `docs/screenshots/do${path.split("?")[0].replaceAll("/", "-")}-${colorScheme}.png` });
    }
    await page.context().close();
  }
}

await browser.close();
finish();
console.log("doing: ok");
