// Drives Chromium for a test: a command in JSON a line at standard input, its result in JSON a line at standard output.
"use strict";
const { chromium } = require("playwright-core");
const axe = require("fs").readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--host-resolver-rules=MAP *.example.org 127.0.0.1"];

(async () => {
  const browser = await chromium.launch({ executablePath: process.argv.at(-1), args: flags });
  let context, page, complaints = [];

  const commands = {
    // Opens an address in a context of its own, with or without scripts, in a light or dark scheme.
    async open({ url, script = true, scheme = "light", width = 1440, height = 900 }) {
      if (context) await context.close();
      context = await browser.newContext({ javaScriptEnabled: script, colorScheme: scheme, viewport: { width, height },
        reducedMotion: "reduce", timezoneId: "UTC" });
      page = await context.newPage();
      complaints = [];
      page.on("console", (said) => { if (["error", "warning"].includes(said.type())) complaints.push(`${said.type()}: ${said.text()}`); });
      page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
      page.on("dialog", async (dialog) => { complaints.push(`dialog: ${dialog.message()}`); await dialog.dismiss(); });
      page.on("request", (request) => { if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith("data:")) complaints.push(`asked elsewhere: ${request.url()}`); });
      const answer = await page.goto(url, { waitUntil: "load" });
      return { status: answer.status(), headers: answer.headers() };
    },
    async evaluate({ code }) { return page.evaluate(code); },
    async text({ selector }) { return page.locator(selector).allInnerTexts(); },
    // Asked from outside, by the debugger: the page's own policy may forbid that it waits for a text of code itself.
    async until({ code, within = 30000 }) {
      const end = Date.now() + within;
      while (!(await page.evaluate(code))) {
        if (Date.now() > end) throw new Error("it never came true");
        await new Promise((done) => setTimeout(done, 50));
      }
      return true;
    },
    async press({ key }) { await page.keyboard.press(key); return true; },
    async picture({ file }) { await page.screenshot({ path: file, fullPage: true }); return true; },
    // Every rule of axe, with the best practices; what it found, in short.
    async axe() {
      // Evaluated by the debugger, so the page's own policy stays as it is.
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations", "incomplete"] }));
      const brief = (list) => list.map((one) => `${one.id}: ${one.help} (${one.nodes.map((node) => node.target.join(" ")).slice(0, 5).join(", ")})`);
      return { violations: brief(found.violations), incomplete: brief(found.incomplete), passes: found.passes.length };
    },
    async complaints() { return complaints; },
  };

  const lines = require("readline").createInterface({ input: process.stdin });
  for await (const line of lines) {
    const { command, ...rest } = JSON.parse(line);
    let result;
    try { result = { ok: await commands[command](rest) ?? null }; } catch (error) { result = { error: String(error) }; }
    process.stdout.write(JSON.stringify(result) + "\n");
  }
  await browser.close();
})();
