import { join, relative } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { Failure } from "../../failure.ts";
import { loadCatalogue } from "../../job/catalogue/catalogue.ts";
import type { CliContext } from "../context.ts";
import { shellWord } from "../format.ts";
import { flowTemplate, siteTemplate, testTemplate } from "./templates.ts";
import { existing, type FlowPlace, findsLatchkey, placeFor, writeNew } from "./write-files.ts";

export function registerFlowsNew(flows: Command, context: CliContext): void {
  flows
    .command("new")
    .description("write a flow that runs, its test, and its site's file where there is none")
    .argument("<name>", "<site>/<flow>, as acme/invoice")
    .requiredOption("--url <url>", "the page it begins on", parseUrl)
    .addHelpText(
      "after",
      "\nExample:\n  $ npx latchkey flows new acme/invoice --url https://app.acme.example/invoices",
    )
    .action(async (name: string, { url }: { url: URL }) => {
      // Not said by the option's parser, for that repeats what was typed.
      if (url.username !== "" || url.password !== "")
        throw new Failure(
          "invalid_argument",
          "The URL has a username or password in it: give those to the identity.",
        );
      const place = await placeFor(name, context.config.flowsDir);
      await writeNew(join(place.folder, `${place.base}.ts`), flowTemplate({ name, url }));
      tellWritten(context, place, `${place.base}.ts`, `the flow ${name}`);
      await writeNew(join(place.folder, `${place.base}.test.ts`), testTemplate({ name, url }));
      tellWritten(context, place, `${place.base}.test.ts`, "its test");
      await writeSite(context, place, url);
      tellNext(context, place, url);
    });
}

/** Writes the site's file, unless the folder has one or another site speaks for the host. */
export async function writeSite(context: CliContext, place: FlowPlace, url: URL): Promise<void> {
  const file = await existing(place.folder, "site");
  if (file !== undefined) return;
  const others = await loadCatalogue(context.config.flowsDir).catch(() => undefined);
  if (others?.siteFor(url.href) !== undefined) return;
  await writeNew(join(place.folder, "site.ts"), siteTemplate({ name: place.name, url }));
  tellWritten(context, place, "site.ts", `how ${url.host} is signed in to`);
}

export function tellWritten(context: CliContext, { folder }: FlowPlace, file: string, what: string): void {
  const path = relative(process.cwd(), join(folder, file));
  context.print(`${context.style.green("✓")} ${path}  ${context.style.dim(what)}`);
}

function tellNext(context: CliContext, { name, folder }: FlowPlace, url: URL): void {
  const { style } = context;
  if (!findsLatchkey(folder)) {
    context.print(
      `${style.yellow("!")} Flows there cannot import latchkey yet: docs/flows.md, under Imports, says how they can.`,
    );
  }
  context.print(`\nNext:
  npx latchkey flows test ${name}
  npx latchkey identities add --url ${shellWord(url.origin)} --name me --username …
  npx latchkey run ${name} --identity me --headed --watch`);
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError("It is not an http(s) URL.");
  return url;
}
