import { once } from "node:events";
import { createServer } from "node:net";
import { sql } from "kysely";
import { pino } from "pino";
import { describe, expect, inject, test } from "vitest";
import { openDatabase } from "../../src/database/open.ts";
import { Failure } from "../../src/failure.ts";
import { Secret } from "../../src/secret.ts";
import { failureOf } from "../support/failure-of.ts";
import { createEmptyDatabase, createTestDatabase } from "../support/postgres.ts";
import { startProgram } from "../support/program.ts";

const log = pino({ level: "silent" });
const password = () => new URL(inject("postgresUrl")).password;

/** Everything an error would show in a log. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.message, error.stack, JSON.stringify(error), everythingIn(error.cause)].join("\n");
}

function open(change: (url: URL) => void) {
  const url = new URL(inject("postgresUrl"));
  change(url);
  return openDatabase({ url: new Secret(url.href), dataDir: "/nonexistent", log });
}

describe("a database that cannot be opened", () => {
  test("names a server that does not answer", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    server.close();
    const failure = await failureOf(open((url) => (url.port = port)));
    expect(failure).toMatchObject({ code: "database_unavailable", retryable: true });
    expect(failure.message).toBe(`Postgres at 127.0.0.1:${port} does not answer (ECONNREFUSED).`);
    expect(everythingIn(failure)).not.toContain(password());
  });

  test("tells a wrong password from a missing database, and shows neither password", async () => {
    const refused = await failureOf(open((url) => (url.password = "not-the-password")));
    expect(refused.code).toBe("database_unavailable");
    expect(refused.message).toMatch(/refused the user or the password/);
    expect(everythingIn(refused)).not.toContain("not-the-password");

    const missing = await failureOf(open((url) => (url.pathname = "/nowhere")));
    expect(missing.message).toMatch(/has no database "nowhere": create it first/);
    expect(everythingIn(missing)).not.toContain(password());
  });

  test("does not repeat a connection string it cannot read", async () => {
    const failure = await failureOf(
      openDatabase({
        url: new Secret("postgres://ada:hunter2/secret@host:99999999/db"),
        dataDir: "/nonexistent",
        log,
      }),
    );
    expect(failure.code).toBe("invalid_config");
    expect(everythingIn(failure)).not.toContain("hunter2");
  });

  test("refuses the schema of a newer Latchkey", async () => {
    const db = await createTestDatabase();
    await sql`insert into kysely_migration (name, timestamp) values ('9999_future', '2099-01-01T00:00:00Z')`.execute(
      db.database.kysely,
    );
    const failure = await failureOf(openDatabase({ url: db.url, dataDir: "/nonexistent", log }));
    expect(failure).toMatchObject({ code: "database_unavailable", retryable: false });
    expect(failure.message).toContain("9999_future");
    await db.drop();
  });
});

describe("an open database", () => {
  test("gives bigint as text, so that no digit is lost", async () => {
    await using db = await createTestDatabase();
    const { rows } = await sql<{ n: unknown }>`select 9007199254740993::bigint as n`.execute(
      db.database.kysely,
    );
    expect(rows[0]?.n).toBe("9007199254740993");
  });

  test("outlives connections that are broken while idle", async () => {
    await using db = await createTestDatabase();
    const { kysely } = db.database;
    await Promise.all(Array.from({ length: 5 }, () => sql`select pg_sleep(0.01)`.execute(kysely)));
    await using other = await openDatabase({ url: db.url, dataDir: "/nonexistent", log });
    await endConnections(other.kysely);
    await expect
      .poll(() =>
        sql`select 1`.execute(kysely).then(
          () => "answers",
          (error: Failure) => error.code,
        ),
      )
      .toBe("answers");
  });

  test("fails a transaction whose connection breaks, and goes on", async () => {
    await using db = await createTestDatabase();
    const { kysely } = db.database;
    await using other = await openDatabase({ url: db.url, dataDir: "/nonexistent", log });
    const failure = await failureOf(
      kysely.transaction().execute(async (trx) => {
        await sql`select 1`.execute(trx);
        await endConnections(other.kysely);
        await sql`select 2`.execute(trx);
      }),
    );
    expect(failure.code).toBe("database_unavailable");
    expect((await sql`select 3`.execute(kysely)).rows).toHaveLength(1);
  });

  test("leaves a wrong query's own error alone", async () => {
    await using db = await createTestDatabase();
    await expect(sql`select nothing from nowhere`.execute(db.database.kysely)).rejects.toMatchObject({
      code: "42P01",
    });
  });

  test("may be closed twice", async () => {
    await using db = await createTestDatabase();
    const database = await openDatabase({ url: db.url, dataDir: "/nonexistent", log });
    await Promise.all([database.close(), database.close()]);
    await database.close();
    await expect(sql`select 1`.execute(database.kysely)).rejects.toThrow(Failure);
  });
});

describe("migrations", () => {
  test("run once when several processes open an empty database at the same time", async () => {
    const empty = await createEmptyDatabase();
    {
      await using stack = new AsyncDisposableStack();
      const programs = Array.from({ length: 5 }, () =>
        stack.use(
          startProgram(new URL("./fixtures/open-database.ts", import.meta.url), {
            env: { DATABASE_URL: empty.url.reveal() },
          }),
        ),
      );
      expect(await Promise.all(programs.map((program) => program.line()))).toEqual(
        programs.map(() => "open"),
      );
      for (const program of programs) program.say("ask");
      expect(await Promise.all(programs.map((program) => program.line()))).toEqual(
        programs.map(() => "default"),
      );
      for (const program of programs) program.say("close");
      expect(await Promise.all(programs.map((program) => program.ended))).toEqual(
        programs.map(() => ({ code: 0, signal: null })),
      );
      expect(
        programs
          .map((program) => program.stderr())
          .join("")
          .match(/"status":"Success"/g),
      ).toHaveLength((await migrationNames(empty.url)).length);
    }
    await empty.drop();
  });
});

async function migrationNames(url: Secret): Promise<string[]> {
  await using database = await openDatabase({ url, dataDir: "/nonexistent", log });
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(database.kysely);
  return rows.map(({ name }) => name);
}

/** Ends every connection to the same database but the one that asks. */
async function endConnections(kysely: Parameters<ReturnType<typeof sql>["execute"]>[0]): Promise<void> {
  await sql`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
  `.execute(kysely);
}
