import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What a person would have set, or has by default, in the browser they sign in with. */
const preferences = {
  profile: {
    // To Chromium each context is a private window, where it keeps out the cookies of frames of other sites.
    // An ordinary window lets them in, and logins that happen in such a frame need them.
    cookie_controls_mode: 0,
    password_manager_enabled: false,
  },
  credentials_enable_service: false,
  // A PDF is something to download: a flow has no use for a viewer.
  plugins: { always_open_pdf_externally: true },
};

/**
 * Writes the preferences into a profile that Chromium has not started with yet.
 * @param downloadsDir where downloads go while nobody who drives the browser says otherwise
 */
export async function writePreferences(profileDir: string, downloadsDir?: string): Promise<void> {
  const folder = join(profileDir, "Default");
  await mkdir(folder, { recursive: true });
  const download = downloadsDir === undefined ? {} : { download: { default_directory: downloadsDir } };
  await writeFile(join(folder, "Preferences"), JSON.stringify({ ...preferences, ...download }));
}
