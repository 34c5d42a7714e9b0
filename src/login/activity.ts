import type { Frame, Page, Request, Response } from "playwright-core";
import { pause } from "./pause.ts";
import { createSiteClock } from "./site-clock.ts";
import type { ActivitySnapshot, AnswerSnapshot } from "./snapshot.ts";

/** Watches a page's network while a login goes on; it changes nothing. Whoever watches disposes of it. */
export interface Activity extends Disposable {
  /** What goes on now; `stillMs` is for the one who compares snapshots to fill in. */
  snapshot(): ActivitySnapshot;
  /** From now on answers count as answers to what is done next. */
  mark(): void;
  /** Something was sent since the mark that a submit would send: a write, or another document. */
  submittedSinceMark(): boolean;
  /** Resolves at the next request, answer, navigation or change of the page's content, or after `atMostMs`. */
  change(atMostMs: number): Promise<void>;
  /**
   * Resolves when, since the last snapshot, the main frame came to another document, or its document was read or has
   * loaded all it needs; or after `atMostMs`. To look at a page any sooner would only keep it from getting there.
   */
  progress(atMostMs: number): Promise<void>;
  /** Resolves when no other document is on its way to the main frame, at the latest when `signal` aborts. */
  arrival(signal: AbortSignal): Promise<void>;
  /** How far the site's clock is ahead of ours, in milliseconds; 0 until it is known. */
  clockOffsetMs(): number;
}

/** A GET for data without an answer for so long is a long poll. */
const longPollMs = 4_000;
/** Nor is one waited for longer, where nothing but its answer can come. */
const slowReadMs = 30_000;
/** No submit takes longer; what hangs beyond is given up on. */
const longestWriteMs = 60_000;

const isData = (request: Request) => /^(xhr|fetch)$/.test(request.resourceType());
const isDocument = (request: Request) => request.isNavigationRequest();
const isWrite = (request: Request) => !/^(GET|HEAD|OPTIONS)$/.test(request.method());

const isRead = (request: Request) => !isDocument(request) && !isWrite(request);

export function watchActivity({ page, now }: { page: Page; now: () => number }): Activity {
  // How long something takes must not depend on a clock that somebody may set.
  const elapsed = () => performance.now();
  const pending = new Map<Request, number>();
  let answers: AnswerSnapshot[] = [];
  let lastEventAt = elapsed();
  let lastActAt = elapsed();
  let submitted = false;
  let failedLoads = 0;
  let documentStatus: number | null = null;
  let documentStatusText = "";
  let httpChallenge: string | null = null;
  let refusedDocument: string | null = null;
  let documentUnlocked = false;
  const clock = createSiteClock();
  let wake: () => void = () => {};
  let wakeAtProgress: () => void = () => {};
  let progressed = false;

  const noteEvent = () => {
    lastEventAt = elapsed();
    wake();
  };
  const noteProgress = () => {
    progressed = true;
    wakeAtProgress();
    noteEvent();
  };
  const onRequest = (request: Request) => {
    // Code that is still being fetched may yet change the page.
    if (request.resourceType() === "script") return noteEvent();
    if (!isData(request) && !isDocument(request)) return;
    pending.set(request, elapsed());
    if (isWrite(request) || isDocument(request)) submitted = true;
    noteEvent();
  };
  const onResponse = (response: Response) => {
    const request = response.request();
    if (!isData(request) && !isDocument(request)) return;
    const headers = response.headers();
    const retryAfterMs = readRetryAfter(headers["retry-after"], now());
    const isMain = isDocument(request) && isOf(page.mainFrame(), request);
    if (isMain) {
      documentStatus = response.status();
      documentStatusText = response.statusText();
      httpChallenge = documentStatus === 401 ? schemeOf(headers["www-authenticate"]) : null;
      documentUnlocked = response.ok() && request.url() === refusedDocument;
      if (documentStatus === 401) refusedDocument = request.url();
    }
    if (isMain || isWrite(request)) {
      const receivedAt = now();
      const since = pending.get(request);
      const sentAt = since === undefined ? receivedAt : receivedAt - (elapsed() - since);
      clock.note({ date: headers["date"], age: headers["age"], sentAt, receivedAt });
    }
    answers.push({
      status: response.status(),
      kind: isDocument(request) ? "document" : "data",
      write: isWrite(request),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    if (answers.length > 50) answers = answers.slice(-50);
    // The body of a data answer still comes, but the page's code has been told already or soon will be.
    if (isDocument(request) && response.status() < 400) return noteEvent();
    pending.delete(request);
    noteEvent();
  };
  const onEnd = (request: Request) => {
    if (pending.delete(request)) noteEvent();
  };
  const onFailed = (request: Request) => {
    // A request the page itself gave up is no failure of the site's.
    const aborted = request.failure()?.errorText.includes("ERR_ABORTED") === true;
    if (!aborted && /^(script|xhr|fetch)$/.test(request.resourceType())) failedLoads += 1;
    onEnd(request);
  };
  const onNavigated = (frame: Frame) => {
    if (frame === page.mainFrame()) noteProgress();
  };

  page.on("request", onRequest);
  page.on("response", onResponse);
  page.on("requestfinished", onEnd);
  page.on("requestfailed", onFailed);
  page.on("framenavigated", onNavigated);
  page.on("domcontentloaded", noteProgress);
  page.on("load", noteProgress);

  const count = (fits: (request: Request, age: number) => boolean) => {
    const time = elapsed();
    return [...pending].filter(([request, since]) => fits(request, time - since)).length;
  };

  const navigating = () =>
    count((request, age) => isDocument(request) && isOf(page.mainFrame(), request) && age < longestWriteMs) >
    0;
  const woken = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  const takeSnapshot = (): ActivitySnapshot => {
    progressed = false;
    return {
      navigating: navigating(),
      pendingWrites: count(
        (request, age) => !isDocument(request) && isWrite(request) && age < longestWriteMs,
      ),
      pendingReads: count((request, age) => isRead(request) && age < longPollMs),
      slowReads: count((request, age) => isRead(request) && age >= longPollMs && age < slowReadMs),
      quietMs: elapsed() - lastEventAt,
      stillMs: 0,
      sinceActMs: elapsed() - lastActAt,
      documentStatus,
      documentStatusText,
      httpChallenge,
      answers: [...answers],
      failedLoads,
      documentUnlocked,
    };
  };

  return {
    snapshot: takeSnapshot,
    mark() {
      answers = [];
      submitted = false;
      failedLoads = 0;
      lastActAt = elapsed();
      lastEventAt = elapsed();
    },
    submittedSinceMark: () => submitted,
    async change(atMostMs) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, atMostMs);
      });
      await Promise.race([woken(), late, contentChange(page, atMostMs)]);
      clearTimeout(timer);
      wake = () => {};
    },
    async progress(atMostMs) {
      if (progressed) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        wakeAtProgress = resolve;
        timer = setTimeout(resolve, atMostMs);
      });
      clearTimeout(timer);
      wakeAtProgress = () => {};
    },
    async arrival(signal) {
      while (navigating() && !signal.aborted && !page.isClosed()) {
        await Promise.race([woken(), pause(1_000, signal).catch(() => {})]);
      }
    },
    clockOffsetMs: clock.offsetMs,
    [Symbol.dispose]() {
      page.off("request", onRequest);
      page.off("response", onResponse);
      page.off("requestfinished", onEnd);
      page.off("requestfailed", onFailed);
      page.off("framenavigated", onNavigated);
      page.off("domcontentloaded", noteProgress);
      page.off("load", noteProgress);
    },
  };
}

/** A navigation request of a frame that is gone, or has none yet, is nobody's. */
function isOf(frame: Frame, request: Request): boolean {
  try {
    return request.frame() === frame;
  } catch {
    return false;
  }
}

/** Resolves shortly after the main document's content changes; never rejects. */
async function contentChange(page: Page, atMostMs: number): Promise<void> {
  const changed = page.evaluate(
    (ms) =>
      new Promise<void>((resolve) => {
        const done = () => {
          observer.disconnect();
          clearTimeout(timer);
          resolve();
        };
        // Changes come in bursts.
        const observer = new MutationObserver(() => setTimeout(done, 15));
        const timer = setTimeout(done, ms);
        observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      }),
    atMostMs,
  );
  await changed.catch(
    // The document went away: the navigation's own events wake the waiter.
    () => new Promise<void>(() => {}),
  );
}

/** RFC 9110 §11.6.1: several may be offered; Basic and Digest are those we can answer. */
function schemeOf(value: string | undefined): string | null {
  if (value === undefined) return null;
  const known = /(?:^|[\s,])(basic|digest)(?=\s)/i.exec(value)?.[1] ?? /^\s*([\w-]+)/.exec(value)?.[1];
  return known?.toLowerCase() ?? null;
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
