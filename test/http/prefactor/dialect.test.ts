import { expect, test } from "vitest";
import { Failure, type FailureCode, failures } from "../../../src/failure.ts";
import { prefactorDialect } from "../../../src/http/prefactor/dialect.ts";
import { prefactorCodes, RefusedValue } from "../../../src/http/prefactor/failure-words.ts";

const refusal = (failure: Failure) => {
  const { status, body } = prefactorDialect.refusal(failure, "request");
  const { code, message } = prefactorDialect.errorSchema.parse(body) as { code: string; message: string };
  return { status, code, message };
};

test.each(Object.keys(failures) as FailureCode[])("%s is refused in a code of the closed list", (code) => {
  const { status, code: word, message } = refusal(new Failure(code, "Our own text."));
  expect(prefactorCodes).toContain(word);
  expect(message).toBe(
    code === "internal_error" ? "The server could not do what was asked." : "Our own text.",
  );
  const classes: Record<string, number[]> = {
    bad_request: [400, 404, 405, 408, 413, 415],
    bad_authtoken: [401],
    not_permitted: [403, 429],
    not_found: [404],
    invalid_action: [409],
    invalid_value: [422],
    not_implemented: [501],
    unexpected: [500, 502, 503, 504, 507],
  };
  expect(classes[word]).toContain(status);
});

test("what is wrong with a request's parts says where, in the words of its fields", () => {
  const fault = (path: string, message: string) =>
    new Failure("invalid_argument", "The request is not valid.", { details: [{ path, message }] });
  expect(refusal(fault("body.factors.0.value", "is not text"))).toMatchObject({
    status: 422,
    code: "invalid_value",
    message: "factors.0.value: is not text",
  });
  expect(refusal(fault("query.pool_id", "is required"))).toMatchObject({
    status: 422,
    code: "required_value",
    message: "pool_id: is required",
  });
  expect(refusal(fault("body", "is not an object"))).toMatchObject({ status: 400, code: "bad_request" });
  expect(refusal(new RefusedValue("unexpected_ref_type", "pool_id: is an identity's."))).toMatchObject({
    status: 422,
    code: "unexpected_ref_type",
    message: "pool_id: is an identity's.",
  });
});

test("it owns its paths and no other", () => {
  for (const path of ["/api/v1", "/api/v1/identity", "/api/v1/nothing/at/all"])
    expect(prefactorDialect.owns(path), path).toBe(true);
  for (const path of ["/", "/v1/identities", "/api/v11", "/api/v2/identity", "/x/api/v1"])
    expect(prefactorDialect.owns(path), path).toBe(false);
});
