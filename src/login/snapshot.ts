/**
 * A page as the login engine sees it: plain JSON, small, without a secret — no field value, no query string, no
 * long token. What `decide` works on, what `--save-snapshot` stores and what a test keeps as a fixture.
 */
export interface PageSnapshot {
  /** Without query and fragment; a route in the fragment (`#/login`) is kept. */
  url: string;
  title: string;
  /** The main frame first, then the visible frames in it. */
  frames: FrameSnapshot[];
  activity: ActivitySnapshot;
}

/** What the network was doing when the page was looked at. Times in milliseconds. */
export interface ActivitySnapshot {
  /** The main frame is on its way to another document. */
  navigating: boolean;
  /** Requests that change something (POST, PUT …) and have no answer yet. */
  pendingWrites: number;
  /** Young requests for data that have no answer yet; old ones are long polls and wait for nothing. */
  pendingReads: number;
  /** Older ones, of the last half minute: long polls, or a site that is slow to answer. */
  slowReads?: number;
  /** Since the last request, answer or navigation. */
  quietMs: number;
  /** Since what the engine sees of the page last changed. */
  stillMs: number;
  /** Since the engine last did something to the page. */
  sinceActMs: number;
  /** Status of the main frame's document, once it is known. */
  documentStatus: number | null;
  /** What the site calls that status; empty over HTTP/2. */
  documentStatusText: string;
  /** The scheme of the HTTP authentication that document asks for, in lower case. */
  httpChallenge: string | null;
  /** Answers to data and document requests since the engine last did something, oldest first. */
  answers: AnswerSnapshot[];
  /** Scripts and data requests that failed since the engine last did something: the page may be half of itself. */
  failedLoads: number;
  /**
   * The document is one the site refused with 401 before the engine last did something, and gave since. Absent from
   * snapshots stored before this was watched for.
   */
  documentUnlocked?: boolean;
}

export interface AnswerSnapshot {
  status: number;
  kind: "document" | "data";
  /** The request changed something: it was not a GET. */
  write: boolean;
  /** What `Retry-After` asked for. */
  retryAfterMs?: number;
}

export interface FrameSnapshot {
  index: number;
  url: string;
  title: string;
  /** The same as long as the document is; another after a reload or navigation. */
  documentId: number;
  readyState: "loading" | "interactive" | "complete";
  language: string;
  groups: GroupSnapshot[];
  fields: FieldSnapshot[];
  controls: ControlSnapshot[];
  messages: MessageSnapshot[];
  headings: string[];
  dialogs: DialogSnapshot[];
  challenges: ChallengeSnapshot[];
  /** Lines of visible text, of small pages only. */
  texts: string[];
  textLength: number;
  elementCount: number;
  /** The page runs code, so it may still change by itself. */
  scripted: boolean;
  /** A spinner or progress bar is shown, or something says it is busy. */
  busy: boolean;
}

/** Fields and controls that belong together: a form, or what stands around inputs that have none. */
export interface GroupSnapshot {
  id: number;
  kind: "form" | "cluster";
  search: boolean;
  heading: string;
  /** What the form's address speaks of. */
  hints: string[];
}

export interface FieldSnapshot {
  /** Addresses the element in this snapshot and no other. */
  ref: string;
  kind: string;
  autocomplete: string;
  name: string;
  id: string;
  label: string;
  placeholder: string;
  /** The text nearest before it, when it has no label. */
  near: string;
  maxLength: number | null;
  inputMode: string;
  required: boolean;
  disabled: boolean;
  readOnly: boolean;
  /** Whether it holds a value; never which. */
  filled: boolean;
  focused: boolean;
  invalid: boolean;
  /** A person can see and reach it: not hidden, not off the screen, not a trap for robots. */
  shown: boolean;
  /** Something lies over it. */
  covered: boolean;
  /** A small picture stands beside it, as one whose letters are to be typed does. */
  pictured?: boolean;
  box: Box;
  group: number;
  dialog: number | null;
}

export interface ControlSnapshot {
  ref: string;
  /** A radio button is a tab: it chooses, and sends nothing. */
  role: "button" | "link" | "tab";
  text: string;
  /** Submits the form it stands in. */
  submits: boolean;
  enabled: boolean;
  shown: boolean;
  covered: boolean;
  /** What its address and names speak of: `login`, `logout`, `signup`, `forgot`, `sso`. */
  hints: string[];
  box: Box;
  group: number;
  dialog: number | null;
}

export interface MessageSnapshot {
  text: string;
  tone: "error" | "neutral";
  dialog: number | null;
}

export interface DialogSnapshot {
  id: number;
  text: string;
  modal: boolean;
}

/** Something that asks for proof of a human. */
export interface ChallengeSnapshot {
  kind: string;
  /** A person would have to do something: an invisible one asks for nothing yet. */
  shown: boolean;
  /** It may yet go away by itself, or is still on its way: nothing is done before that is known. */
  pending?: boolean;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
