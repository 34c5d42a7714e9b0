import { basename, join } from "node:path";

/**
 * What a client may ask of a browser that runs on the service's machine. CDP is made for whoever owns the machine: it
 * opens its files as pages, hands them to file inputs, writes downloads wherever it is told, and opens ports. A session
 * is a browser on the web and nothing else.
 */

/**
 * What becomes of a client's message: it goes on to the browser as it now is, or is answered in the browser's place;
 * `leaves` is a client that closes the browser, and so its own connection.
 */
export type Verdict = { pass: string } | { answer: string; leaves?: true };

/** The session's own folders, the only ones that pages and clients have anything to do with. */
export interface SessionFolders {
  /** Downloads go here, wherever the client wanted them; undefined where there are none. */
  downloadsDir: string | undefined;
  /** Files that were uploaded to the session, and may be given to file inputs. */
  uploadsDir: string;
}

/** Everything of these domains that is not refused below is let through; of others nothing. */
const domains: ReadonlySet<string> = new Set(
  `Accessibility Animation Audits Browser CacheStorage Console CSS Database Debugger DOM DOMDebugger DOMSnapshot
   DOMStorage Emulation EventBreakpoints Fetch HeapProfiler IndexedDB Input Inspector IO LayerTree Log Media Network
   Overlay Page Performance PerformanceTimeline Preload Profiler Runtime Schema Security ServiceWorker Storage Target
   Tracing WebAudio WebAuthn`.split(/\s+/),
);

const refused: ReadonlySet<string> = new Set([
  // Files of the service's machine.
  "Page.handleFileChooser",
  // Commands inside commands, which no rule would see.
  "Target.exposeDevToolsProtocol",
  "Target.sendMessageToTarget",
  // Pages with more rights than the web's, and connections to elsewhere.
  "Target.openDevTools",
  "Target.setRemoteLocations",
  "Browser.executeBrowserCommand",
]);

const withUrl: ReadonlySet<string> = new Set([
  "Page.navigate",
  "Target.createTarget",
  "Network.loadNetworkResource",
  "Network.continueInterceptedRequest",
  "Fetch.continueRequest",
]);
const webProtocols: ReadonlySet<string> = new Set(["http:", "https:", "data:", "blob:", "javascript:"]);

const serverError = -32_000;

/**
 * Judges a client's message.
 * @returns undefined for what is no CDP message
 */
export function judge(text: string, folders: SessionFolders): Verdict | undefined {
  const message = parse(text);
  if (message === undefined) return undefined;
  const { id, method, sessionId, params } = message;
  const address = { id, ...(sessionId === undefined ? {} : { sessionId }) };
  // The session outlives its clients; to end it is the API's business.
  if (method === "Browser.close") return { answer: JSON.stringify({ ...address, result: {} }), leaves: true };
  if (!isAllowed(method, params)) {
    const error = { code: serverError, message: `${method}: not allowed in a session of Latchkey` };
    return { answer: JSON.stringify({ ...address, error }) };
  }
  // Written anew, so that the browser reads just what was judged.
  return { pass: JSON.stringify({ ...message, params: inFolders(method, params, folders) }) };
}

/** The parameters with every path in the session's own folders. */
function inFolders(
  method: string,
  params: Record<string, unknown>,
  { downloadsDir, uploadsDir }: SessionFolders,
): Record<string, unknown> {
  if (method === "Browser.setDownloadBehavior") return downloadParams(params, downloadsDir, "allowAndName");
  if (method === "Page.setDownloadBehavior") return downloadParams(params, downloadsDir, "allow");
  if (method === "DOM.setFileInputFiles")
    return { ...params, files: (params["files"] as string[]).map((file) => uploadedFile(file, uploadsDir)) };
  return params;
}

interface Message {
  id: number;
  method: string;
  sessionId?: string;
  params: Record<string, unknown>;
}

function parse(text: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(text);
    if (!isRecord(message)) return undefined;
    const { id, method, sessionId, params = {} } = message;
    if (typeof id !== "number" || typeof method !== "string" || !isRecord(params)) return undefined;
    if (sessionId !== undefined && typeof sessionId !== "string") return undefined;
    return { id, method, params, ...(sessionId === undefined ? {} : { sessionId }) };
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

function isAllowed(method: string, params: Record<string, unknown>): boolean {
  const [domain = ""] = method.split(".");
  if (!domains.has(domain) || refused.has(method)) return false;
  if (withUrl.has(method)) return isOfTheWeb(params["url"]);
  if (method === "DOM.setFileInputFiles") return isTexts(params["files"]);
  if (method === "Input.dispatchDragEvent") return !dragsFiles(params["data"]);
  return true;
}

function isOfTheWeb(url: unknown): boolean {
  if (url === undefined || url === "") return true;
  if (typeof url !== "string" || !URL.canParse(url)) return false;
  const { protocol, href } = new URL(url);
  return webProtocols.has(protocol) || href === "about:blank";
}

const dragsFiles = (data: unknown): boolean =>
  isRecord(data) && Array.isArray(data["files"]) && data["files"].length > 0;

/** What was uploaded under the path's last part: nothing else of the machine, and no folder. */
function uploadedFile(path: string, uploadsDir: string): string {
  const name = basename(path);
  return join(uploadsDir, /^\.{0,2}$/.test(name) ? "no-name" : name);
}

/** The default folder is the user's that the service runs as; by its own name a download could take another's place. */
function downloadParams(
  params: Record<string, unknown>,
  downloadPath: string | undefined,
  allowed: "allow" | "allowAndName",
): Record<string, unknown> {
  const isWanted = params["behavior"] === "allow" || params["behavior"] === "allowAndName";
  const keeps = isWanted && downloadPath !== undefined;
  return keeps ? { ...params, behavior: allowed, downloadPath } : { ...params, behavior: "deny" };
}
