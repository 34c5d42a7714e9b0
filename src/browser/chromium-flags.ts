/**
 * Chromium's command line. It holds no secret: anyone on the machine can read it.
 *
 * The flags are ours rather than Playwright's defaults, because Playwright offers no way to name the profile folder
 * together with its own flags and no start-up window. A test compares the two and fails when an upgrade of
 * Playwright brings a flag that this list neither has nor leaves out on purpose.
 */

/** Silence on the network: nothing is fetched that no page asked for. */
const closedNetwork = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
  "--no-pings",
  "--disable-domain-reliability",
  "--disable-client-side-phishing-detection",
  "--disable-field-trial-config",
  "--metrics-recording-only",
  "--disable-breakpad",
];

/** No dialog, bubble or start page that would wait for a person. */
const unattended = [
  "--no-default-browser-check",
  "--no-service-autorun",
  "--no-startup-window",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-component-extensions-with-background-pages",
  "--disable-search-engine-choice-screen",
  "--disable-infobars",
  "--disable-popup-blocking",
  "--disable-prompt-on-repost",
  "--disable-hang-monitor",
  "--password-store=basic",
  "--use-mock-keychain",
];

/** Pages run the same whether or not anybody looks at them, and as Playwright expects. */
const steady = [
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--disable-back-forward-cache",
  "--disable-ipc-flooding-protection",
  "--allow-pre-commit-input",
  "--unsafely-disable-devtools-self-xss-warnings",
  "--force-color-profile=srgb",
  // Without it pages find no WebGL on a machine without a GPU, which is rarer than a slow WebGL.
  "--enable-unsafe-swiftshader",
];

/** Nothing is kept on disk that no later session could use: the profile is thrown away. */
const lean = ["--disable-gpu-shader-disk-cache", "--disable-stack-profiler"];

/** A headless browser still has a mouse, as far as a page can tell. */
const headless = [
  "--headless",
  "--hide-scrollbars",
  "--mute-audio",
  "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
];

const disabledFeatures = [
  // Playwright's, each with its issue in chromiumSwitches.ts there.
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "LensOverlay",
  "MediaRouter",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "AimEnabled",
  "PreconnectToSearch",
  // Ours: bubbles and background requests that a worker has no use for.
  "Translate",
  "AutofillServerCommunication",
  "CertificateTransparencyComponentUpdater",
  // The address bar's suggestions as web pages: a hidden renderer for every context, at half of a session's work.
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  "WebUIOmniboxFullPopup",
];

const enabledFeatures = ["CDPScreenshotNewSurface", "SkipListAccountsWithoutGaiaCookies"];

/** Playwright's flags we leave out, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  "--disable-dev-shm-usage": "only where /dev/shm is small: files on disk are slower",
  "--edge-skip-compat-layer-relaunch": "Edge on Windows",
  "--disable-edgeupdater": "Edge on macOS",
  "--disable-updater-scheduler": "Edge on macOS",
  "--do-not-de-elevate": "Windows",
  TcpPortRandomizationWin: "Windows",
  msForceBrowserSignIn: "Edge",
  msEdgeUpdateLaunchServicesPreferredVersion: "Edge on macOS",
};

export interface ChromiumFlagOptions {
  profileDir: string;
  sandbox: boolean;
  headed: boolean;
  /** Whether /dev/shm is large enough for Chromium's shared memory. */
  sharedMemory: boolean;
}

/** The arguments of one Chromium that is driven over its pipe. */
export function chromiumFlags({ profileDir, sandbox, headed, sharedMemory }: ChromiumFlagOptions): string[] {
  return [
    ...closedNetwork,
    ...unattended,
    ...steady,
    ...lean,
    ...(headed ? [] : headless),
    ...(sandbox ? [] : ["--no-sandbox"]),
    ...(sharedMemory ? [] : ["--disable-dev-shm-usage"]),
    `--disable-features=${disabledFeatures.join(",")}`,
    `--enable-features=${enabledFeatures.join(",")}`,
    `--user-data-dir=${profileDir}`,
    "--remote-debugging-pipe",
  ];
}
