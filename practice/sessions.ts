import { randomBytes } from "node:crypto";

/** How far a visitor has come. */
type Stage =
  | { name: "visitor" }
  | { name: "identified"; username: string }
  | { name: "password_passed"; username: string }
  | { name: "signed_in"; username: string };

export interface PracticeSession {
  readonly id: string;
  /** In every form, so that no other site can post one. */
  readonly csrfToken: string;
  readonly expiresAt: number;
  stage: Stage;
  /** Where the visitor wanted to go when the login came in between. */
  wanted?: string | undefined;
  /** Shown once on the next page. */
  notice?: string | undefined;
}

export interface Sessions {
  find(id: string | undefined): PracticeSession | undefined;
  open(stage: Stage): PracticeSession;
  close(session: PracticeSession): void;
  /** Ends every signed-in session, or one user's. */
  closeAll(username?: string): void;
  signedIn(): number;
}

const visitorTtlMs = 3_600_000;

/** The sessions of one site, in memory. A signed-in one ends `ttlMs` milliseconds after the login, in use or not. */
export function createSessions(ttlMs: number): Sessions {
  const sessions = new Map<string, PracticeSession>();
  const token = () => randomBytes(24).toString("base64url");
  const dropExpired = () => {
    for (const session of sessions.values()) {
      if (session.expiresAt <= Date.now()) sessions.delete(session.id);
    }
  };

  return {
    find(id) {
      dropExpired();
      return id === undefined ? undefined : sessions.get(id);
    },
    open(stage) {
      dropExpired();
      const expiresAt = Date.now() + (stage.name === "signed_in" ? ttlMs : visitorTtlMs);
      const session = { id: token(), csrfToken: token(), expiresAt, stage };
      sessions.set(session.id, session);
      return session;
    },
    close: (session) => void sessions.delete(session.id),
    closeAll(username) {
      for (const session of sessions.values()) {
        const { stage } = session;
        if (stage.name !== "signed_in") continue;
        if (username === undefined || stage.username === username) sessions.delete(session.id);
      }
    },
    signedIn() {
      dropExpired();
      return [...sessions.values()].filter(({ stage }) => stage.name === "signed_in").length;
    },
  };
}
