import { expect } from "vitest";
import { Failure } from "../../src/failure.ts";

/** The failure that work ends with; the test fails where it ends otherwise. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}
