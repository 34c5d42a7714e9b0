/** What a test's mail says; in the encodings mail comes in. */
export interface MailParts {
  from?: string;
  to?: string;
  subject?: string;
  text?: string;
  html?: string;
  encoding?: "8bit" | "quoted-printable" | "base64";
  date?: string;
  /** Those that servers and others add, uppermost first. */
  headers?: readonly string[];
}

/** A message as a mail server keeps it (RFC 5322, RFC 2045 to 2047). */
export function mail({
  from = "Harbor <no-reply@harbor.example>",
  to = "ada@post.test",
  subject = "",
  text,
  html,
  encoding = "8bit",
  date = "Sat, 21 Nov 2026 09:15:00 +0000",
  headers = [],
}: MailParts): string {
  const head = [
    ...headers,
    `From: ${word(from)}`,
    `To: ${to}`,
    `Subject: ${word(subject)}`,
    `Date: ${date}`,
    `Message-ID: <${Math.random().toString(36).slice(2)}@harbor.example>`,
    "MIME-Version: 1.0",
  ];
  const parts = [
    ...(text === undefined ? [] : [part("plain", text, encoding)]),
    ...(html === undefined ? [] : [part("html", html, encoding)]),
  ];
  if (parts.length === 1) return [...head, parts[0]].join("\r\n");
  const boundary = "=_part_between_parts";
  return [
    ...head,
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    "",
    ...parts.map((one) => `--${boundary}\r\n${one}`),
    `--${boundary}--`,
    "",
  ].join("\r\n");
}

function part(type: "plain" | "html", body: string, encoding: NonNullable<MailParts["encoding"]>): string {
  return [
    `Content-Type: text/${type}; charset=utf-8`,
    `Content-Transfer-Encoding: ${encoding}`,
    "",
    encode(body, encoding),
  ].join("\r\n");
}

function encode(body: string, encoding: NonNullable<MailParts["encoding"]>): string {
  if (encoding === "8bit") return body.replaceAll(/\r?\n/g, "\r\n");
  if (encoding === "base64") return Buffer.from(body).toString("base64").replaceAll(/.{76}/g, "$&\r\n");
  return body
    .split(/\r?\n/)
    .map((line) =>
      Array.from(Buffer.from(line), (byte) =>
        byte === 61 || byte < 32 || byte > 126
          ? `=${byte.toString(16).toUpperCase().padStart(2, "0")}`
          : String.fromCharCode(byte),
      )
        .join("")
        .replaceAll(/(?:=..|[^=]){70}/g, "$&=\r\n"),
    )
    .join("\r\n");
}

/** A header's value: as it is, or what is not ASCII in it as an encoded word. */
function word(value: string): string {
  const [, name = "", address = ""] = /^(.*?)(\s*<[^>]*>)?$/.exec(value) ?? [];
  if (/^\p{ASCII}*$/u.test(name)) return value;
  return `=?utf-8?B?${Buffer.from(name).toString("base64")}?=${address}`;
}
