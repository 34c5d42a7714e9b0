/** A real application to run a flow's tests against as well, beside its saved pages. */
export interface RealSite {
  url: string;
  username: string;
  password: string;
}

/** Read from `LATCHKEY_TEST_<NAME>_URL`, `_USERNAME` and `_PASSWORD`; undefined when no URL is given. */
export function realSite(name: "REDMINE" | "WORDPRESS"): RealSite | undefined {
  const setting = (part: string) => process.env[`LATCHKEY_TEST_${name}_${part}`];
  const url = setting("URL")?.replace(/\/$/, "");
  if (url === undefined || url === "") return undefined;
  return { url, username: setting("USERNAME") ?? "", password: setting("PASSWORD") ?? "" };
}
