import { inDialect } from "../define-route.ts";
import { createApplication } from "./applications/create-application.ts";
import { createIdentityToken } from "./applications/create-token.ts";
import { deleteApplication } from "./applications/delete-application.ts";
import { listApplications } from "./applications/list-applications.ts";
import { listApplicationIdentities } from "./applications/list-identities.ts";
import { retrieveApplication } from "./applications/retrieve-application.ts";
import { updateApplication } from "./applications/update-application.ts";
import { createAuthFlow } from "./auth-flows/create-auth-flow.ts";
import { deleteAuthFlow } from "./auth-flows/delete-auth-flow.ts";
import { listAuthFlows } from "./auth-flows/list-auth-flows.ts";
import { updateAuthFlow } from "./auth-flows/update-auth-flow.ts";
import { anchorDialect } from "./dialect.ts";
import { signalEvent, waitForEvent } from "./events/events.ts";
import { createIdentity } from "./identities/create-identity.ts";
import { deleteIdentity } from "./identities/delete-identity.ts";
import { reauthenticate } from "./identities/reauthenticate.ts";
import { retrieveCredentials } from "./identities/retrieve-credentials.ts";
import { retrieveIdentity } from "./identities/retrieve-identity.ts";
import { updateIdentity } from "./identities/update-identity.ts";
import { createProfile, deleteProfile, listProfiles, retrieveProfile } from "./profiles/profiles.ts";
import { sessionAuthStatus } from "./sessions/auth-status.ts";
import { getClipboard, setClipboard } from "./sessions/clipboard.ts";
import {
  gotoUrl,
  pressShortcut,
  sessionPages,
  sessionScreenshot,
  typeKeys,
} from "./sessions/control-session.ts";
import { createSession } from "./sessions/create-session.ts";
import { endAllSessions, endSession } from "./sessions/end-session.ts";
import { listSessions, sessionsStatus } from "./sessions/list-sessions.ts";
import { dragAndDrop, mouseClick, mouseDoubleClick, mouseMove, scroll } from "./sessions/mouse.ts";
import { retrieveSession } from "./sessions/retrieve-session.ts";
import { primaryRecording, sessionDownloads, sessionRecordings } from "./sessions/session-files.ts";
import { uploadAgentFile, uploadFile } from "./sessions/upload-file.ts";
import { unsupportedRoutes } from "./unsupported.ts";

/** The API of Anchor Browser: docs/anchor.md. */
export const anchorRoutes = inDialect(anchorDialect, [
  createIdentity,
  retrieveIdentity,
  updateIdentity,
  deleteIdentity,
  retrieveCredentials,
  reauthenticate,
  createApplication,
  listApplications,
  retrieveApplication,
  updateApplication,
  deleteApplication,
  listApplicationIdentities,
  createIdentityToken,
  createAuthFlow,
  listAuthFlows,
  updateAuthFlow,
  deleteAuthFlow,
  createSession,
  listSessions,
  sessionsStatus,
  endAllSessions,
  retrieveSession,
  endSession,
  sessionAuthStatus,
  sessionPages,
  gotoUrl,
  sessionScreenshot,
  mouseClick,
  mouseDoubleClick,
  mouseMove,
  dragAndDrop,
  scroll,
  typeKeys,
  pressShortcut,
  getClipboard,
  setClipboard,
  sessionDownloads,
  sessionRecordings,
  primaryRecording,
  uploadFile,
  uploadAgentFile,
  createProfile,
  listProfiles,
  retrieveProfile,
  deleteProfile,
  signalEvent,
  waitForEvent,
  ...unsupportedRoutes,
]);
