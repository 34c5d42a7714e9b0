import assert from "node:assert/strict";
import Anchorbrowser from "anchorbrowser";
import { type AnchorCheck, expectAnswer, expectData, expectRefusal } from "./ground.ts";
import { createSession, firstPage, until } from "./session-tools.ts";

export function sessionDrivingChecks(): AnchorCheck[] {
  let session = "";
  return [
    {
      name: "sessions.goto, keyboard, mouse, scroll and dragAndDrop drive the page; retrieveScreenshot shows it",
      async run(ground) {
        const client = ground.client();
        session = await createSession(ground);
        await client.sessions.goto(session, { url: `${ground.site.url}/account/password` });
        expectAnswer(ground, 200, ["status"]);
        const browser = await client.browser.connect(session);
        const page = firstPage(browser);
        const lines = "<p>a line</p>".repeat(200);
        await page.setContent(`<input id=first><input type=checkbox>${lines}`);
        await client.sessions.mouse.click(session, { selector: "#first" });
        await client.sessions.keyboard.type(session, { text: "typéd 🦊" });
        assert.equal(await page.locator("#first").inputValue(), "typéd 🦊");
        await client.sessions.keyboard.shortcut(session, { keys: ["Control", "a"] });
        await client.sessions.keyboard.shortcut(session, { keys: ["Shift", "x"] });
        assert.equal(await page.locator("#first").inputValue(), "X");
        const box = await page.getByRole("checkbox").boundingBox();
        assert(box !== null);
        const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
        await client.sessions.mouse.move(session, at);
        await client.sessions.mouse.click(session, at);
        assert(await page.getByRole("checkbox").isChecked());
        await client.sessions.mouse.doubleClick(session, at);
        assert(await page.getByRole("checkbox").isChecked());
        await client.sessions.dragAndDrop(session, { startX: 10, startY: 10, endX: 90, endY: 60 });
        await client.sessions.scroll(session, { x: 100, y: 100, deltaY: 400, steps: 2 });
        expectAnswer(ground, 200, ["status"]);
        await page.waitForFunction(() => window.scrollY > 100, undefined, { timeout: 5_000 });
        await browser.close();
        const picture = await client.sessions.retrieveScreenshot(session);
        const bytes = Buffer.from(await picture.arrayBuffer());
        assert.equal(bytes.subarray(1, 4).toString(), "PNG");
        assert.match(picture.headers.get("content-type") ?? "", /^image\/png/);
        for (const url of ["file:///etc/passwd", "nothing", "javascript:1"])
          await expectRefusal(ground, client.sessions.goto(session, { url }), {
            status: 400,
            is: Anchorbrowser.BadRequestError,
          });
      },
    },
    {
      name: "sessions.clipboard.set and get hold what a page copies and pastes, and leave its pages alone",
      async run(ground) {
        const client = ground.client();
        await client.sessions.clipboard.set(session, { text: "copied\nté🦊xt" });
        expectAnswer(ground, 200, ["status"]);
        const browser = await client.browser.connect(session);
        const page = firstPage(browser);
        await page.setContent("<textarea></textarea>");
        await page.locator("textarea").focus();
        await client.sessions.keyboard.shortcut(session, { keys: ["Control", "v"] });
        assert.equal(await page.locator("textarea").inputValue(), "copied\nté🦊xt");
        await page.locator("textarea").fill("of the page");
        await client.sessions.keyboard.shortcut(session, { keys: ["Control", "a"] });
        await client.sessions.keyboard.shortcut(session, { keys: ["Control", "c"] });
        const { data } = await client.sessions.clipboard.get(session);
        expectData(ground, ["text"]);
        assert.equal(data?.text, "of the page");
        await until(async () => (browser.contexts()[0]?.pages().length === 1 ? true : undefined));
        await browser.close();
      },
    },
    {
      name: "sessions.uploadFile and agent.files.upload hand a file over; retrieveDownloads lists what was downloaded",
      async run(ground) {
        const client = ground.client();
        const file = new File(["uploaded text"], "note.txt", { type: "text/plain" });
        await client.sessions.uploadFile(session, { file });
        expectData(ground, ["status", "message"]);
        await client.sessions.agent.files.upload(session, { file });
        const browser = await client.browser.connect(session);
        const page = firstPage(browser);
        await page.setContent(
          "<input type=file><a download='kept.txt' href='data:text/plain,downloaded'>get</a>",
        );
        const cdp = await page.context().newCDPSession(page);
        const { root } = await cdp.send("DOM.getDocument");
        const { nodeId } = await cdp.send("DOM.querySelector", { nodeId: root.nodeId, selector: "input" });
        await cdp.send("DOM.setFileInputFiles", { nodeId, files: ["note.txt"] });
        const text = await page.evaluate(() => document.querySelector("input")?.files?.[0]?.text());
        assert.equal(text, "uploaded text");
        const downloading = page.waitForEvent("download");
        await page.getByText("get").click();
        await downloading;
        await browser.close();
        const { items = [] } = await until(async () => {
          const { data } = await client.sessions.retrieveDownloads(session);
          return data?.count === 1 ? data : undefined;
        });
        expectData(ground, ["count", "items"]);
        assert.equal(items[0]?.suggested_file_name, "kept.txt");
        assert.equal(await (await fetch(items[0]?.file_link ?? "")).text(), "downloaded");
        await client.sessions.recordings.list(session);
        expectData(ground, ["count", "items"]);
        await client.sessions.delete(session);
      },
    },
  ];
}
