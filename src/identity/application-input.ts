import { z } from "zod";
import { isLoopback } from "./domains.ts";
import { allowedDomainsSchema, maxSessionsSchema, nameSchema, urlSchema } from "./identity-input.ts";

const longestUrl = 2_000;
const mostUrls = 50;
const longestIcon = 96 * 1_024;

const callbackUrlSchema = z.string().superRefine((text, context) => {
  const fault = callbackUrlFault(text);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

const originSchema = z
  .string()
  .refine(
    (text) => callbackUrlFault(text) === undefined && URL.parse(text)?.origin === text,
    "is not an origin: write https://app.example.com, without a path",
  );

const iconSchema = z
  .string()
  .max(longestIcon, "is larger than 96 KiB")
  .regex(
    /^data:image\/(?:png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/,
    "is not a base64 data: URL of a PNG, JPEG, WebP, GIF or SVG picture",
  );

const optional = {
  description: z.string().max(2_000).nullable().optional(),
  allowedDomains: allowedDomainsSchema.optional(),
  maxSessions: maxSessionsSchema.optional(),
  /** Where the connect page may send its visitors back to, compared exactly; none allows any https address. */
  callbackUrls: z.array(callbackUrlSchema).max(mostUrls).optional(),
  /** Who may show the connect page in a frame: origins. */
  frameOrigins: z.array(originSchema).max(mostUrls).optional(),
  /** A base64 `data:` URL of a picture. */
  icon: iconSchema.nullable().optional(),
};

export const newApplicationSchema = z.strictObject({ name: nameSchema, url: urlSchema, ...optional });
export const applicationPatchSchema = newApplicationSchema.partial();

export type NewApplication = z.input<typeof newApplicationSchema>;
export type ApplicationPatch = z.input<typeof applicationPatchSchema>;

/**
 * What is wrong with an address that visitors are to be sent back to, or undefined: https, or http to this machine
 * itself, so that a page can be tried while it is written; without credentials and without a fragment.
 */
export function callbackUrlFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || text.length > longestUrl) return "is not a URL";
  if (url.username !== "" || url.password !== "") return "holds a user or password";
  if (url.hash !== "") return "has a fragment, which no server is told";
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))) return undefined;
  return "is not https";
}

/** The host of a URL as applications are found by: in lower case, with a port that is not the scheme's own. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
