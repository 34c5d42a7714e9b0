/** What the connect page says. Each language has each of these, or `tsc` fails. */
export const en = {
  language: "Language",

  chooseTitle: (app: string) => `How do you sign in to ${app}?`,
  recommended: "Recommended",
  standardFlow: "Username and password",
  byPassword: "Username and password",
  byKey: "with an authenticator app",
  byFields: (fields: string) => `Asks for: ${fields}`,
  yourself: "Sign in yourself",
  yourselfHint: (app: string) =>
    `On ${app}’s own page, in a browser that you drive from here. For passkeys, approval by phone and puzzles.`,

  formTitle: (app: string) => `Sign in to ${app}`,
  formIntro: (host: string) => `With the account you have at ${host}.`,
  username: "Email or username",
  password: "Password",
  showPassword: "Show",
  hidePassword: "Hide",
  showPasswordLong: "Show the password",
  optional: "optional",
  keyTitle: "Authenticator set-up key",
  keyHint: (app: string) =>
    `With it, later sign-ins to ${app} need nobody. You find it where two-step verification is set up, as text or as a QR code. You can leave it out and type a code when you are asked for one.`,
  keyText: "Set-up key",
  keyPicture: "Or a picture of its QR code",
  signIn: "Sign in",
  cancel: "Cancel",
  otherWay: "Sign in another way",
  trust: (app: string) => `Encrypted, and used for nothing but signing in to ${app}.`,

  progressTitle: (app: string) => `Signing in to ${app}`,
  progressHint: "This takes a few seconds. Please keep this page open.",
  stepTurn: "Wait until the account is free",
  stepBrowser: "Start a private browser",
  stepSite: (app: string) => `Open ${app}`,
  stepCredentials: "Give it your details",
  stepCode: "Confirm your code",
  stepProof: "Make sure that it holds",
  stepDone: "done",
  stepUnderWay: "under way",
  stepToCome: "to come",

  recoveryTitle: "Enter your recovery code",
  recoveryHint: (app: string) =>
    `You were given a code of six digits together with this link. Enter it to sign in to ${app} again.`,

  codeTitle: "Enter your code",
  lookInInbox: (address: string) => `Look in the inbox of ${address}.`,
  codeByEmail: (app: string) => `${app} has sent you a code by email.`,
  codeBySms: (app: string) => `${app} has sent you a code by text message.`,
  codeFromSomewhere: (app: string) =>
    `${app} asks for a verification code. Look in your authenticator app, your messages or your email.`,
  linkByEmail: (app: string) =>
    `${app} has sent you a link. Copy its address and paste it here, without opening it.`,
  codeLabel: "Code",
  linkLabel: "Address of the link",
  codeOrLinkLabel: "Code, or the address of the link",
  codeAgain: "That code was not accepted. Wait for the next one, and enter it.",
  continue: "Continue",
  approveTitle: "Approve the sign-in",
  approveHint: (app: string) =>
    `${app} has sent a request to your phone. Approve it there: this page goes on by itself.`,
  siteSays: (app: string) => `${app} says:`,
  offerTitle: "Never be asked again",
  offerHint: (app: string) =>
    `If your codes come from an authenticator app, give its set-up key once. You find it in ${app}’s security settings.`,
  useKey: "Use the set-up key",

  refusedTitle: (app: string) => `${app} did not let you in`,
  refusedPassword: "It did not accept this username and password. Check both, and try again.",
  refusedCode: "It did not accept the code. Check the set-up key, or try again with a new code.",
  refusedLocked: "It has locked this account. Unlock it there, then come back.",
  refusedAccount:
    "It wants you to put something right in your account first. Sign in there yourself, then come back.",
  refusedHuman: "It wants proof that a person is signing in, which we cannot give for you.",
  refusedRate: "It takes no more sign-ins just now. Wait a few minutes, then try again.",
  codeLate: "No code came in time. Have it at hand, and try again.",
  siteDown: "It does not answer at the moment. Try again in a few minutes.",
  notCompleted: "We could not complete the sign-in. Check your details, and try again.",
  triesLeft: (count: number) => `Tries left: ${count}`,
  noTriesLeft: (app: string) =>
    `There were too many tries. So that ${app} does not lock your account, we make no more with this link.`,
  faults: "Please check what you entered.",
  missing: "Fill this in.",
  badKey: "This is no set-up key. It is made of the letters A–Z and the digits 2–7: copy it again.",
  noQrCode: "No QR code was found in this picture. Take a sharper one, or paste the key as text.",
  badPicture: "Use a PNG or JPEG picture of at most 8 MB.",
  badCode: "This is no code. Enter it as it was sent.",
  recoveryWrong: "That is not the code that belongs to this link. Check it, and try again.",
  badRecoveryCode: "The code has six digits.",

  doneTitle: "Connected",
  doneHint: (app: string) => `Your ${app} account is connected.`,
  doneReturn: (host: string) => `Taking you back to ${host} …`,
  doneClose: "You can close this window.",
  cancelledTitle: "Not connected",
  cancelledHint: "You cancelled. Nothing was connected, and nothing of it is kept.",
  returnTo: (host: string) => `Back to ${host}`,

  usedTitle: "This link was used already",
  usedHint: "Each link connects one account. Go back to where you found it, and start again.",
  expiredTitle: "This link has expired",
  expiredHint: "Links are good for a limited time. Go back to where you found it, and ask for a new one.",
  voidTitle: "This link is no longer good",
  voidHint: "A wrong code was entered too often. Ask for a new link.",
  goneTitle: "This account is no longer here",
  goneHint: "It was removed since the link was made. Nothing of what you entered is kept.",
  inactiveTitle: "This account is switched off",
  inactiveHint:
    "Nobody can be signed in to it at present. Ask whoever gave you the link to switch it on, then open the link again.",
  movedTitle: "This link leads to this account no more",
  movedHint:
    "The account was moved to another application since the link was made. Nothing was changed. Ask for a new link.",
  outdatedTitle: "This account was changed meanwhile",
  outdatedHint:
    "Somebody else has just changed it. It stays as they left it, and nothing of what you entered is kept. Open the link again if you want to start anew.",
  invalidTitle: "This link is not valid",
  invalidHint: "Part of it may be missing. Go back to where you found it, and start again.",
  lostTitle: "We do not know this browser",
  lostHint:
    "This page belongs to the browser that opened the link, and needs a cookie. Allow cookies, then open the link again.",
  staleTitle: "This page was out of date",
  staleHint: "Nothing was done. Open it again, and repeat what you did.",
  openAgain: "Open it again",
  tooManyTitle: "Too many requests",
  tooManyHint: "Wait a minute, then try again.",
  errorTitle: "Something went wrong",
  errorHint: "This is our fault, not yours. Try again in a moment.",

  yourselfTitle: (app: string) => `Sign in to ${app} below`,
  yourselfIntro: (app: string) =>
    `This is ${app}’s own page, in a browser of ours. Sign in as you always do, then press the button. Your password is not kept.`,
  yourselfFrame: (app: string) => `${app}, in a browser you drive from here`,
  yourselfDone: "I am signed in",
  yourselfNotYet: "You do not seem to be signed in yet. Finish signing in, then press the button again.",
  yourselfOver: "The browser was closed. Open a new one, and try again.",
};

export type Messages = typeof en;
