import { z } from "zod";
import { Failure } from "../../failure.ts";
import { defineRoute, type Route } from "../define-route.ts";

/** What Prefactor's API has and Latchkey has not: it signs users in to applications; here, pools are applications. */
const unsupported: readonly (readonly [Route["method"], Route["url"], string])[] = [
  ["POST", "/api/v1/pool", "A pool is an application: make one with `latchkey applications add`."],
  ["PUT", "/api/v1/pool/:id", "A pool is an application: change it with `latchkey applications update`."],
  ["DELETE", "/api/v1/pool/:id", "A pool is an application: delete it by DELETE /v1/applications/:id."],
  ["GET", "/api/v1/session", "Sessions of browsers are at GET /v1/sessions."],
  ["GET", "/api/v1/session/:id", "Sessions of browsers are at GET /v1/sessions/:id."],
  ["GET", "/api/v1/authflow", "How logins went is told by an identity's runs: GET /v1/runs."],
  ["GET", "/api/v1/authflow/:id", "How logins went is told by an identity's runs: GET /v1/runs."],
  ["GET", "/api/v1/device", "Devices are not told apart."],
  ["GET", "/api/v1/device/:id", "Devices are not told apart."],
];

export const unsupportedRoutes: readonly Route[] = unsupported.map(([method, url, instead]) =>
  defineRoute({
    method,
    url,
    access: "read",
    tag: "prefactor: not served",
    summary: "Not served",
    responses: { 200: z.object({}) },
    failures: ["not_implemented"],
    handler: async () => {
      throw new Failure("not_implemented", `This is not served. ${instead}`);
    },
  }),
);
