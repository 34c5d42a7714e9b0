import { afterAll, beforeAll } from "vitest";
import { openTestApi, type TestApi } from "./api.ts";
import { openTestParts, type TestParts, type TestPartsOptions } from "./parts.ts";

/** One process's parts and the API on them, for all tests of a file: there from the first test to the last. */
export interface ApiOfFile {
  readonly ground: TestParts;
  readonly api: TestApi;
}

/** Opens them before the file's tests and closes them after. */
export function useTestApi(options?: TestPartsOptions): ApiOfFile {
  let opened: { ground: TestParts; api: TestApi } | undefined;
  const now = () => {
    if (opened === undefined) throw new Error("The API is there while tests run.");
    return opened;
  };
  beforeAll(async () => {
    const ground = await openTestParts(options);
    opened = { ground, api: await openTestApi(ground.parts) };
  });
  afterAll(async () => {
    await opened?.api[Symbol.asyncDispose]();
    await opened?.ground[Symbol.asyncDispose]();
  });
  return {
    get ground() {
      return now().ground;
    },
    get api() {
      return now().api;
    },
  };
}
