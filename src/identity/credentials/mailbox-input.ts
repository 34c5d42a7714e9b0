import { z } from "zod";
import { isLoopback } from "../domains.ts";
import { secretSchema } from "./secret-input.ts";

const standardPorts = { tls: 993, starttls: 143, none: 143 } as const;

/** An IMAP mailbox. Its password never goes over a network in the clear. */
export const mailboxSchema = z
  .strictObject({
    type: z.literal("mailbox"),
    host: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[\w.:[\]-]+$/, "is not a host name or an address"),
    port: z.number().int().min(1).max(65_535).optional(),
    security: z.enum(["tls", "starttls", "none"]).default("tls"),
    username: secretSchema,
    password: secretSchema,
    folder: z.string().min(1).max(500).default("INBOX"),
    from: z.string().min(1).max(320).optional(),
  })
  .refine(({ security, host }) => security !== "none" || isLoopback(host), {
    path: ["security"],
    message: "is none: a password is never sent in the clear, but to loopback",
  })
  .transform(({ port, ...mailbox }) => ({ ...mailbox, port: port ?? standardPorts[mailbox.security] }));
