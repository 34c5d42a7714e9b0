/** The page that shows a session or a run: the same for all; its script fills it. */
export const livePageHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Live view</title>
<link rel="stylesheet" href="/live/assets/live.css">
<script src="/live/assets/live.js" defer></script>
</head>
<body data-state="connecting">
<header>
  <h1 class="unseen">Live view</h1>
  <div id="tabs" role="tablist" aria-label="Tabs of the browser"></div>
  <form id="bar">
    <span class="buttons" id="history">
      <button type="button" id="back" aria-label="Back" title="Back">←</button>
      <button type="button" id="forward" aria-label="Forward" title="Forward">→</button>
      <button type="button" id="reload" aria-label="Reload" title="Reload">↻</button>
    </span>
    <input id="address" type="text" inputmode="url" enterkeyhint="go" autocomplete="off" autocapitalize="off" spellcheck="false" aria-label="Address of the page" readonly>
    <span class="buttons">
      <button type="button" id="type" aria-label="Keyboard" title="Keyboard" hidden>⌨</button>
      <button type="button" id="fit" aria-pressed="true" aria-label="Fit the page to the window" title="Fit the page to the window">⤢</button>
    </span>
    <strong id="scope" hidden>Read-only</strong>
  </form>
</header>
<main id="stage">
  <div id="screen">
    <canvas id="picture" width="1" height="1" role="img" aria-label="Picture of the page"></canvas>
    <textarea id="keys" aria-label="Keyboard and mouse go to the page" aria-describedby="leave" autocomplete="off" autocapitalize="off" autocorrect="off" spellcheck="false" rows="1" hidden></textarea>
  </div>
  <div id="picker" popover="auto"></div>
  <p id="cover" role="status"><span id="coverText">Connecting…</span></p>
</main>
<footer>
  <p id="status" role="status">Connecting…</p>
  <p id="leave" hidden>Alt+Shift+Q leaves the page.</p>
</footer>
<dialog id="question" aria-labelledby="questionFrom">
  <form method="dialog">
    <p id="questionFrom">The page says</p>
    <p id="questionText"></p>
    <input id="questionAnswer" type="text" aria-label="Answer" autocomplete="off">
    <div class="buttons">
      <button type="submit" value="no" id="questionNo" formnovalidate>Cancel</button>
      <button type="submit" value="yes" id="questionYes">OK</button>
    </div>
  </form>
</dialog>
</body>
</html>
`;

/** What a person sees whose link is not good. */
export const noLiveViewHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Nothing to see</title>
<link rel="stylesheet" href="/live/assets/live.css">
</head>
<body>
<main><h1 class="unseen">Nothing to see</h1><p id="cover">There is nothing to see by this link: it is not good, or no longer.</p></main>
</body>
</html>
`;
