import fc from "fast-check";
import { expect, test } from "vitest";
import { judge } from "../../src/session/cdp-rules.ts";

const own = { downloadsDir: "/session/downloads", uploadsDir: "/session/uploads" };
const ask = (method: string, params: object = {}) =>
  judge(JSON.stringify({ id: 7, sessionId: "s", method, params }), own);
const passes = (method: string, params?: object) => "pass" in (ask(method, params) ?? {});

test("what drives pages passes, and what reaches the machine is answered with an error of CDP's form", () => {
  expect(passes("Runtime.evaluate", { expression: "1" })).toBe(true);
  expect(passes("Page.navigate", { url: "https://example.com/" })).toBe(true);
  expect(passes("Target.createTarget", { url: "about:blank" })).toBe(true);
  expect(ask("Page.handleFileChooser", { files: ["/etc/passwd"] })).toEqual({
    answer: JSON.stringify({
      id: 7,
      sessionId: "s",
      error: { code: -32_000, message: "Page.handleFileChooser: not allowed in a session of Latchkey" },
    }),
  });
  for (const method of [
    "Tethering.bind",
    "Extensions.loadUnpacked",
    "Target.sendMessageToTarget",
    "toString",
  ])
    expect(passes(method), method).toBe(false);
  expect(passes("Input.dispatchDragEvent", { data: { items: [], files: ["/etc/passwd"] } })).toBe(false);
});

test("where there are no downloads, no client allows any", () => {
  const none = { ...own, downloadsDir: undefined };
  for (const method of ["Browser.setDownloadBehavior", "Page.setDownloadBehavior"])
    for (const behavior of ["allow", "allowAndName", "default", "deny"]) {
      const verdict = judge(
        JSON.stringify({ id: 7, method, params: { behavior, downloadPath: "/etc" } }),
        none,
      );
      const passed = verdict !== undefined && "pass" in verdict ? verdict.pass : "{}";
      expect(JSON.parse(passed)).toMatchObject({ params: { behavior: "deny" } });
    }
});

test("downloads go to the session's folder, wherever the client wanted them", () => {
  const judged = ask("Browser.setDownloadBehavior", { behavior: "allowAndName", downloadPath: "/etc" });
  expect(JSON.parse((judged as { pass: string }).pass)).toMatchObject({
    params: { behavior: "allowAndName", downloadPath: "/session/downloads" },
  });
  const byDefault = ask("Page.setDownloadBehavior", { behavior: "default" });
  expect(JSON.parse((byDefault as { pass: string }).pass)).toMatchObject({ params: { behavior: "deny" } });
});

test("a file input is given what was uploaded to the session, whatever path is named", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.oneof(fc.string(), fc.constantFrom("", ".", "..", "../..")),
      (before, name) => {
        const judged = ask("DOM.setFileInputFiles", { files: [`${before}/${name}`, "../../etc/passwd"] });
        const { params } = JSON.parse((judged as { pass: string }).pass) as { params: { files: string[] } };
        for (const file of params.files) expect(`${file}/`).toMatch(/^\/session\/uploads\/[^/]+\/$/);
      },
    ),
  );
  expect(
    JSON.parse((ask("DOM.setFileInputFiles", { files: ["cv.pdf"] }) as { pass: string }).pass),
  ).toMatchObject({
    params: { files: ["/session/uploads/cv.pdf"] },
  });
});

test("a client that closes the browser is let out, and the browser stays", () => {
  expect(ask("Browser.close")).toEqual({
    answer: JSON.stringify({ id: 7, sessionId: "s", result: {} }),
    leaves: true,
  });
});

test("no spelling of a file's address passes, and nothing that is no message", () => {
  const blanks = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r", "\u0000", "\u001f") });
  const scheme = fc.mixedCase(fc.constantFrom("file:", "view-source:file:", "chrome:", "devtools:", "ftp:"));
  fc.assert(
    fc.property(blanks, scheme, fc.string(), (before, name, rest) => {
      for (const method of ["Page.navigate", "Target.createTarget", "Fetch.continueRequest"])
        expect(passes(method, { url: `${before}${name}${rest}` })).toBe(false);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void judge(text, own)));
  expect(judge("[]", own)).toBeUndefined();
  expect(judge("{", own)).toBeUndefined();
  // Of two members of one name the browser might read the other: it is given the one that was judged.
  const twice = judge('{"id":1,"method":"Page.handleFileChooser","method":"DOM.enable"}', own);
  expect(twice).toEqual({ pass: '{"id":1,"method":"DOM.enable","params":{}}' });
});
