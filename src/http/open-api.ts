import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import packageJson from "../../package.json" with { type: "json" };

/** Describes the routes that follow: `GET /openapi.json` for programs, `/docs` for people. Nothing is fetched from elsewhere. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Latchkey",
        version: packageJson.version,
        description:
          "Runs browser flows as somebody. Keys are made by `latchkey keys add`; docs/http.md begins at the beginning.",
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "An API key: `lk_…`." },
          "anchor-api-key": { type: "apiKey", in: "header", name: "anchor-api-key" },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    theme: { title: "Latchkey API" },
    uiConfig: { docExpansion: "list", deepLinking: true, tryItOutEnabled: true },
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  });
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}
