export type { Locator, Page } from "playwright-core";
export { z } from "zod";
export type { Session } from "./browser/session.ts";
export { Failure, type FailureCode } from "./failure.ts";
export { defineFlow, type Flow, type FlowContext, type FlowFiles, type StoredFile } from "./flow.ts";
export { defineSite, type Site, type SiteLoginContext } from "./login/site.ts";
export type { Outcome } from "./outcome.ts";
