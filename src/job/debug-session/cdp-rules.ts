/**
 * What a client may ask of a browser that runs on the service's machine. CDP is made for whoever owns the machine: it
 * opens its files as pages, hands them to file inputs, writes downloads wherever it is told, and opens ports. A debug
 * session is a browser on the web and nothing else.
 */

/** What becomes of a client's message: it goes on to the browser as it now is, or is answered in the browser's place. */
export type Verdict = { pass: string } | { answer: string };

/** Everything of these domains that is not refused below is let through; of others nothing. */
const domains: ReadonlySet<string> = new Set(
  `Accessibility Animation Audits Browser CacheStorage Console CSS Database Debugger DOM DOMDebugger DOMSnapshot
   DOMStorage Emulation EventBreakpoints Fetch HeapProfiler IndexedDB Input Inspector IO LayerTree Log Media Network
   Overlay Page Performance PerformanceTimeline Preload Profiler Runtime Schema Security ServiceWorker Storage Target
   Tracing WebAudio WebAuthn`.split(/\s+/),
);

const refused: ReadonlySet<string> = new Set([
  // Files of the service's machine.
  "DOM.setFileInputFiles",
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
 * Judges a client's message. Downloads are sent to `downloadsDir`, wherever the client wanted them.
 * @returns undefined for what is no CDP message
 */
export function judge(text: string, { downloadsDir }: { downloadsDir: string }): Verdict | undefined {
  const message = parse(text);
  if (message === undefined) return undefined;
  const { id, method, sessionId, params } = message;
  if (!isAllowed(method, params)) {
    const error = { code: serverError, message: `${method}: not allowed in a debug session of Latchkey` };
    return { answer: JSON.stringify({ id, ...(sessionId === undefined ? {} : { sessionId }), error }) };
  }
  // Written anew, so that the browser reads just what was judged.
  const kept = method.endsWith(".setDownloadBehavior") ? downloadParams(params, downloadsDir) : params;
  return { pass: JSON.stringify({ ...message, params: kept }) };
}

interface Message {
  id: unknown;
  method: string;
  sessionId?: unknown;
  params: Record<string, unknown>;
}

function parse(text: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(text);
    if (!isRecord(message)) return undefined;
    const { id, method, sessionId, params = {} } = message;
    if (typeof method !== "string" || !isRecord(params)) return undefined;
    return { id, method, params, ...(sessionId === undefined ? {} : { sessionId }) };
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isAllowed(method: string, params: Record<string, unknown>): boolean {
  const [domain = ""] = method.split(".");
  if (!domains.has(domain) || refused.has(method)) return false;
  if (withUrl.has(method)) return isOfTheWeb(params["url"]);
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

function downloadParams(params: Record<string, unknown>, downloadPath: string): Record<string, unknown> {
  const keeps = params["behavior"] === "allow" || params["behavior"] === "allowAndName";
  // The default folder is the user's that the service runs as.
  return keeps ? { ...params, downloadPath } : { ...params, behavior: "deny" };
}
