import { practiceUsers, startPracticeSite } from "./site.ts";

/** `node practice/main.ts [port]`: the practice site alone, until it is interrupted. */
const site = await startPracticeSite({ port: Number(process.argv[2] ?? 0) });

console.log(`Practice site: ${site.url}\n`);
console.table(
  practiceUsers.map(({ username, password, totpSecret, secondFactor = true }) => ({
    username,
    password,
    "TOTP secret": secondFactor ? totpSecret : "not asked for",
  })),
);
console.log("Ctrl-C stops it. It keeps nothing.");

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void site.close());
}
