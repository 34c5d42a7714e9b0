import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

export type SandboxSetting = "auto" | "on" | "off";

/**
 * Whether to start Chromium with its own sandbox. `auto` leaves it out only where it cannot work: as root, which
 * Chromium refuses, and without user namespaces, unless the setuid helper stands beside the executable.
 */
export function wantsSandbox({
  setting,
  executablePath,
}: {
  setting: SandboxSetting;
  executablePath: string;
}): boolean {
  if (setting !== "auto") return setting === "on";
  if (process.getuid?.() === 0) return false;
  if (process.platform !== "linux") return true;
  return userNamespaces() || hasSetuidHelper(executablePath);
}

function userNamespaces(): boolean {
  return (
    knob("user/max_user_namespaces") !== "0" &&
    knob("kernel/unprivileged_userns_clone") !== "0" &&
    knob("kernel/apparmor_restrict_unprivileged_userns") !== "1"
  );
}

function knob(name: string): string | undefined {
  try {
    return readFileSync(join("/proc/sys", name), "utf8").trim();
  } catch {
    // Kernels without the knob have the feature.
    return undefined;
  }
}

const setuid = 0o4000;

function hasSetuidHelper(executablePath: string): boolean {
  const folders = [dirname(executablePath), "/usr/lib/chromium", "/usr/lib/chromium-browser"];
  return folders.some((folder) =>
    ["chrome-sandbox", "chrome_sandbox"].some((name) => {
      try {
        return (statSync(join(folder, name)).mode & setuid) !== 0;
      } catch {
        return false;
      }
    }),
  );
}
