import { expect, test } from "vitest";
import { messagesOf } from "../../../src/http/connect/locale.ts";
import { type CodeView, codePage } from "../../../src/http/connect/pages/code.ts";
import { textOf } from "../../support/connect.ts";

const waiting: CodeView["waiting"] = { channel: "email", expects: "code", until: "2026-11-21T09:15:00.000Z" };
const page = (view: CodeView["waiting"]) =>
  textOf(
    codePage(
      {
        t: messagesOf("en"),
        locale: "en",
        app: { name: "Larch", host: "larch.example", icon: null },
        path: "/connect/1",
        csrf: "x",
      },
      { waiting: view, isAskedAgain: false, canTakeKey: false, faults: {} },
    ),
  );

test("the page that asks for an e-mailed code names the inbox, where it is known", () => {
  expect(page({ ...waiting, sentTo: "a***@post.test" })).toContain("Look in the inbox of a***@post.test.");
  expect(page(waiting)).not.toContain("inbox of");
});
