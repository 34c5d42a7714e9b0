import { execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ImapFlow } from "imapflow";
import { freePort } from "../../src/database/embedded-server.ts";
import type { MailboxSecurity, RevealedMailbox } from "../../src/identity/types.ts";
import { Secret } from "../../src/secret.ts";

/** Why the tests of mail are left out here, if they are. */
export const noImap =
  spawnSync("dovecot", ["--version"], { env: withSbin() }).error === undefined
    ? undefined
    : "Dovecot is not installed: scripts/setup.sh --for-tests installs it where apt is there";

export const mailUser = { username: "ada@post.test", password: "marsh-Lapwing-2291" };

/** A real IMAP server of the test's own, on loopback, with an empty mailbox; ended with it. */
export interface TestImap extends AsyncDisposable {
  readonly pid: number;
  readonly ports: { plain: number; tls: number };
  /** Of the authority that signed the server's certificate: itself. */
  readonly certificateFile: string;
  /** The mailbox as an identity has it. `none` unless said otherwise: the certificate is nobody's. */
  mailbox(change?: Partial<RevealedMailbox>): RevealedMailbox;
  /** Puts a message into a folder, as a mail server would. */
  deliver(source: string, folder?: string): Promise<void>;
  /** Every message's flags, in order. */
  flags(folder?: string): Promise<string[][]>;
  createFolder(path: string): Promise<void>;
  deleteFolder(path: string): Promise<void>;
  /** Ends every connection, as a server that is restarted does; new ones are served. */
  dropConnections(): Promise<void>;
}

export async function startImap({ idle = true }: { idle?: boolean } = {}): Promise<TestImap> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-imap-"));
  // Dovecot's unprivileged users must get through to the mailbox and to its sockets.
  await chmod(folder, 0o755);
  const ports = { plain: await freePort(), tls: await freePort() };
  const certificateFile = join(folder, "certificate.pem");
  await promisify(execFile)("openssl", [
    ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(" "),
    "-addext",
    "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "-keyout",
    join(folder, "key.pem"),
    "-out",
    certificateFile,
  ]);
  await mkdir(join(folder, "mail"));
  const owner = ownerOfMail();
  await writeFile(join(folder, "users"), `${mailUser.username}:{PLAIN}${mailUser.password}\n`);
  await writeFile(join(folder, "dovecot.conf"), configuration({ folder, ports, idle, owner }));
  if (owner.isOther) await promisify(execFile)("chown", ["-R", owner.name, join(folder, "mail")]);

  const child = spawn("dovecot", ["-F", "-c", join(folder, "dovecot.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
    env: withSbin(),
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += String(chunk);
  });
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  child.once("error", reject);
  child.once("exit", () => {
    void readFile(join(folder, "log"), "utf8")
      .catch(() => "")
      .then((log) => reject(new Error(`Dovecot ended: ${said}${log}`)));
  });
  await Promise.race([failed, accepts(ports.plain)]);

  async function asUser<T>(work: (client: ImapFlow) => Promise<T>): Promise<T> {
    await using client = new ImapFlow({
      host: "127.0.0.1",
      port: ports.plain,
      secure: false,
      doSTARTTLS: false,
      auth: { user: mailUser.username, pass: mailUser.password },
      logger: false,
      disableAutoIdle: true,
    });
    await client.connect();
    return await work(client);
  }

  const portOf: Record<MailboxSecurity, number> = {
    tls: ports.tls,
    starttls: ports.plain,
    none: ports.plain,
  };
  return {
    pid: child.pid ?? 0,
    ports,
    certificateFile,
    mailbox: (change = {}) => ({
      host: "127.0.0.1",
      port: portOf[change.security ?? "none"],
      security: "none",
      username: new Secret(mailUser.username),
      password: new Secret(mailUser.password),
      folder: "INBOX",
      ...change,
    }),
    deliver: (source, path = "INBOX") =>
      asUser(async (client) => {
        await client.append(path, source.replaceAll(/\r?\n/g, "\r\n"));
      }),
    flags: (path = "INBOX") =>
      asUser(async (client) => {
        await client.mailboxOpen(path, { readOnly: true });
        const all: string[][] = [];
        for await (const { flags } of client.fetch("1:*", { flags: true })) all.push([...(flags ?? [])]);
        return all;
      }),
    createFolder: (path) =>
      asUser(async (client) => {
        await client.mailboxCreate(path);
      }),
    deleteFolder: (path) =>
      asUser(async (client) => {
        await client.mailboxDelete(path);
      }),
    async dropConnections() {
      await promisify(execFile)("doveadm", ["-c", join(folder, "dovecot.conf"), "kick", "*"], {
        env: withSbin(),
      });
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, "exit");
        // It ends its own processes on SIGTERM.
        child.kill("SIGTERM");
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Owner {
  name: string;
  group: string;
  isOther: boolean;
}

/** Root may not own mail in Dovecot: then an unprivileged user does. */
function ownerOfMail(): Owner {
  const { username, uid } = userInfo();
  const name = uid === 0 ? "nobody" : username;
  const group = execFileSync("id", ["-gn", name], { encoding: "utf8" }).trim();
  return { name, group, isOther: uid === 0 };
}

function configuration({
  folder,
  ports,
  idle,
  owner,
}: {
  folder: string;
  ports: { plain: number; tls: number };
  idle: boolean;
  owner: Owner;
}): string {
  // Without root there is nobody else to be, and nowhere to be locked in.
  const unprivileged = owner.isOther
    ? ""
    : `default_internal_user = ${owner.name}
default_login_user = ${owner.name}
default_internal_group = ${owner.group}
service anvil {
  chroot =
}
service imap-login {
  chroot =
}
`;
  return `base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <${folder}/certificate.pem
ssl_key = <${folder}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0 secs
auth_mechanisms = plain login
first_valid_uid = 1
first_valid_gid = 0
mail_location = maildir:${folder}/mail/%u
mailbox_list_index = no
${idle ? "" : "imap_capability = IMAP4rev1 UIDPLUS NAMESPACE\n"}passdb {
  driver = passwd-file
  args = username_format=%u ${folder}/users
}
userdb {
  driver = static
  args = uid=${owner.name} gid=${owner.group} home=${folder}/mail/%u
}
${unprivileged}service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  inet_listener imap {
    port = ${ports.plain}
  }
  inet_listener imaps {
    port = ${ports.tls}
    ssl = yes
  }
}
`;
}

async function accepts(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "data");
      return;
    } catch {
      await sleep(25);
    } finally {
      socket.destroy();
    }
  }
}

/** Debian has it where only root's PATH leads. */
function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
}
