import { parseAuthenticator } from "../../identity/credentials/authenticator.ts";
import type { NewCredential } from "../../identity/types.ts";
import { Secret } from "../../secret.ts";
import type { Messages } from "./messages/en.ts";
import type { OfferedFlow } from "./pages/choose.ts";
import { isSecretField } from "./pages/form.ts";
import type { QrCode } from "./read-qr-code.ts";

/** A form as it was sent: texts, and pictures as their bytes. */
export type SentForm = Readonly<Record<string, unknown>>;

/** What a form came to. */
export interface ReadCredentials {
  credentials: NewCredential[];
  /** What was entered, but for secrets. */
  values: Record<string, string>;
  /** By the field's name. */
  faults: Record<string, string>;
}

type ReadPicture = (picture: Buffer) => Promise<QrCode>;

const longest = 1_000;

/** Reads what a flow asked for, and says of each field what is wrong with it. */
export async function readCredentials(
  form: SentForm,
  {
    flow,
    t,
    readPicture,
  }: { flow: Pick<OfferedFlow, "methods" | "customFields">; t: Messages; readPicture: ReadPicture },
): Promise<ReadCredentials> {
  const read: ReadCredentials = { credentials: [], values: {}, faults: {} };
  const required = (name: string): string => {
    const text = textOf(form, name);
    if (text.trim() === "" || text.length > longest) read.faults[name] = t.missing;
    return text;
  };
  if (flow.methods.includes("username_password")) {
    const username = required("username").trim();
    read.values["username"] = username;
    const password = new Secret(required("password"));
    read.credentials.push({ type: "username_password", username: new Secret(username), password });
  }
  if (flow.methods.includes("custom")) {
    const fields = flow.customFields.map(({ name }, index) => {
      const id = `custom.${index}`;
      const text = required(id);
      if (!isSecretField(name)) read.values[id] = text;
      return [name, new Secret(text)] as const;
    });
    if (fields.length > 0) read.credentials.push({ type: "custom", fields: Object.fromEntries(fields) });
  }
  if (flow.methods.includes("authenticator")) {
    const isNeeded = flow.methods.length === 1;
    const key = await readKey(form, { t, readPicture, isNeeded });
    Object.assign(read.faults, key.faults);
    if (key.credential !== undefined) read.credentials.push(key.credential);
  }
  return read;
}

/** A TOTP set-up key, as text, as an otpauth URI or in a picture of its QR code. */
export async function readKey(
  form: SentForm,
  { t, readPicture, isNeeded }: { t: Messages; readPicture: ReadPicture; isNeeded: boolean },
): Promise<{ credential?: NewCredential; faults: Record<string, string> }> {
  const text = textOf(form, "key").trim();
  const picture = form["picture"];
  if (text !== "") return keyOf(new Secret(text), { key: t.badKey });
  if (!Buffer.isBuffer(picture) || picture.length === 0)
    return { faults: isNeeded ? { key: t.missing } : {} };
  const code = await readPicture(picture);
  if (code.ok) return keyOf(code.text, { picture: t.noQrCode });
  return { faults: { picture: code.fault === "no picture" ? t.badPicture : t.noQrCode } };
}

function keyOf(secret: Secret, faults: Record<string, string>) {
  if (secret.reveal().length > longest || !parseAuthenticator({ secret: secret.reveal() }).ok)
    return { faults };
  return { credential: { type: "authenticator" as const, secret }, faults: {} };
}

function textOf(form: SentForm, name: string): string {
  const value = form[name];
  return typeof value === "string" ? value : "";
}
