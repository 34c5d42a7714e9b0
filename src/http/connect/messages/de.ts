import type { Messages } from "./en.ts";

export const de: Messages = {
  language: "Sprache",

  chooseTitle: (app) => `Wie melden Sie sich bei ${app} an?`,
  recommended: "Empfohlen",
  standardFlow: "Benutzername und Passwort",
  byPassword: "Benutzername und Passwort",
  byKey: "mit einer Authenticator-App",
  byFields: (fields) => `Gefragt wird nach: ${fields}`,
  yourself: "Selbst anmelden",
  yourselfHint: (app) =>
    `Auf der Seite von ${app} selbst, in einem Browser, den Sie von hier aus bedienen. Für Passkeys, Freigaben am Telefon und Bilderrätsel.`,

  formTitle: (app) => `Bei ${app} anmelden`,
  formIntro: (host) => `Mit Ihrem Konto bei ${host}.`,
  username: "E-Mail-Adresse oder Benutzername",
  password: "Passwort",
  showPassword: "Zeigen",
  hidePassword: "Verbergen",
  showPasswordLong: "Passwort zeigen",
  optional: "freiwillig",
  keyTitle: "Einrichtungsschlüssel des Authenticators",
  keyHint: (app) =>
    `Damit brauchen spätere Anmeldungen bei ${app} niemanden. Sie finden ihn dort, wo die Bestätigung in zwei Schritten eingerichtet wird, als Text oder als QR-Code. Ohne ihn geben Sie einen Code ein, wenn danach gefragt wird.`,
  keyText: "Einrichtungsschlüssel",
  keyPicture: "Oder ein Bild des QR-Codes",
  signIn: "Anmelden",
  cancel: "Abbrechen",
  otherWay: "Anders anmelden",
  trust: (app) => `Verschlüsselt, und nur für die Anmeldung bei ${app} verwendet.`,

  progressTitle: (app) => `Anmeldung bei ${app}`,
  progressHint: "Das dauert ein paar Sekunden. Bitte lassen Sie diese Seite offen.",
  stepTurn: "Warten, bis das Konto frei ist",
  stepBrowser: "Einen privaten Browser starten",
  stepSite: (app) => `${app} öffnen`,
  stepCredentials: "Ihre Angaben eingeben",
  stepCode: "Ihren Code bestätigen",
  stepProof: "Prüfen, ob die Anmeldung hält",
  stepDone: "erledigt",
  stepUnderWay: "läuft",
  stepToCome: "kommt noch",

  recoveryTitle: "Wiederherstellungscode eingeben",
  recoveryHint: (app) =>
    `Zu diesem Link gehört ein Code aus sechs Ziffern, den Sie erhalten haben. Geben Sie ihn ein, um sich wieder bei ${app} anzumelden.`,

  codeTitle: "Code eingeben",
  lookInInbox: (address) => `Sehen Sie im Postfach von ${address} nach.`,
  codeByEmail: (app) => `${app} hat Ihnen einen Code per E-Mail geschickt.`,
  codeBySms: (app) => `${app} hat Ihnen einen Code per SMS geschickt.`,
  codeFromSomewhere: (app) =>
    `${app} fragt nach einem Bestätigungscode. Sehen Sie in Ihrer Authenticator-App, Ihren Nachrichten oder Ihrer E-Mail nach.`,
  linkByEmail: (app) =>
    `${app} hat Ihnen einen Link geschickt. Kopieren Sie seine Adresse hierher, ohne ihn zu öffnen.`,
  codeLabel: "Code",
  linkLabel: "Adresse des Links",
  codeOrLinkLabel: "Code oder Adresse des Links",
  codeAgain: "Dieser Code wurde nicht angenommen. Warten Sie auf den nächsten und geben Sie ihn ein.",
  continue: "Weiter",
  approveTitle: "Anmeldung freigeben",
  approveHint: (app) =>
    `${app} hat eine Anfrage an Ihr Telefon geschickt. Geben Sie sie dort frei: Diese Seite geht von selbst weiter.`,
  siteSays: (app) => `${app} schreibt:`,
  offerTitle: "Nie wieder gefragt werden",
  offerHint: (app) =>
    `Wenn Ihre Codes aus einer Authenticator-App kommen, geben Sie einmal deren Einrichtungsschlüssel an. Sie finden ihn in den Sicherheitseinstellungen von ${app}.`,
  useKey: "Einrichtungsschlüssel verwenden",

  refusedTitle: (app) => `${app} hat die Anmeldung abgelehnt`,
  refusedPassword:
    "Benutzername oder Passwort wurden nicht angenommen. Prüfen Sie beide und versuchen Sie es noch einmal.",
  refusedCode:
    "Der Code wurde nicht angenommen. Prüfen Sie den Einrichtungsschlüssel oder nehmen Sie einen neuen Code.",
  refusedLocked: "Das Konto ist dort gesperrt. Entsperren Sie es und kommen Sie dann wieder.",
  refusedAccount:
    "Dort ist an Ihrem Konto erst etwas zu erledigen. Melden Sie sich dort selbst an und kommen Sie dann wieder.",
  refusedHuman:
    "Die Seite verlangt den Beweis, dass ein Mensch sich anmeldet. Den können wir nicht für Sie erbringen.",
  refusedRate:
    "Im Moment werden keine Anmeldungen angenommen. Warten Sie ein paar Minuten und versuchen Sie es dann.",
  codeLate: "Es kam rechtzeitig kein Code. Halten Sie ihn bereit und versuchen Sie es noch einmal.",
  siteDown: "Die Seite antwortet im Moment nicht. Versuchen Sie es in ein paar Minuten noch einmal.",
  notCompleted: "Die Anmeldung ist nicht gelungen. Prüfen Sie Ihre Angaben und versuchen Sie es noch einmal.",
  triesLeft: (count) => `Verbleibende Versuche: ${count}`,
  noTriesLeft: (app) =>
    `Das waren zu viele Versuche. Damit ${app} Ihr Konto nicht sperrt, machen wir mit diesem Link keinen weiteren.`,
  faults: "Bitte prüfen Sie Ihre Eingaben.",
  missing: "Bitte ausfüllen.",
  badKey:
    "Das ist kein Einrichtungsschlüssel. Er besteht aus den Buchstaben A–Z und den Ziffern 2–7: Kopieren Sie ihn noch einmal.",
  noQrCode:
    "In diesem Bild ist kein QR-Code zu finden. Nehmen Sie ein schärferes oder fügen Sie den Schlüssel als Text ein.",
  badPicture: "Nehmen Sie ein PNG- oder JPEG-Bild von höchstens 8 MB.",
  badCode: "Das ist kein Code. Geben Sie ihn ein, wie er geschickt wurde.",
  recoveryWrong: "Dieser Code gehört nicht zu diesem Link. Prüfen Sie ihn, und versuchen Sie es noch einmal.",
  badRecoveryCode: "Der Code hat sechs Ziffern.",

  doneTitle: "Verbunden",
  doneHint: (app) => `Ihr ${app}-Konto ist verbunden.`,
  doneReturn: (host) => `Es geht zurück zu ${host} …`,
  doneClose: "Sie können dieses Fenster schließen.",
  cancelledTitle: "Nicht verbunden",
  cancelledHint: "Sie haben abgebrochen. Es wurde nichts verbunden und nichts behalten.",
  returnTo: (host) => `Zurück zu ${host}`,

  usedTitle: "Dieser Link wurde schon verwendet",
  usedHint:
    "Jeder Link verbindet ein Konto. Gehen Sie dorthin zurück, wo Sie ihn gefunden haben, und beginnen Sie neu.",
  expiredTitle: "Dieser Link ist abgelaufen",
  expiredHint:
    "Links gelten nur für begrenzte Zeit. Gehen Sie dorthin zurück, wo Sie ihn gefunden haben, und bitten Sie um einen neuen.",
  voidTitle: "Dieser Link gilt nicht mehr",
  voidHint: "Es wurde zu oft ein falscher Code eingegeben. Bitten Sie um einen neuen Link.",
  goneTitle: "Dieses Konto gibt es hier nicht mehr",
  goneHint: "Es wurde entfernt, seit der Link gemacht wurde. Nichts von Ihren Eingaben wird aufbewahrt.",
  inactiveTitle: "Dieses Konto ist abgeschaltet",
  inactiveHint:
    "Zurzeit kann sich niemand damit anmelden. Bitten Sie die Stelle, die Ihnen den Link gegeben hat, es einzuschalten, und öffnen Sie den Link dann noch einmal.",
  movedTitle: "Dieser Link führt nicht mehr zu diesem Konto",
  movedHint:
    "Das Konto gehört inzwischen zu einer anderen Anwendung. Es wurde nichts geändert. Bitten Sie um einen neuen Link.",
  outdatedTitle: "Dieses Konto wurde inzwischen geändert",
  outdatedHint:
    "Jemand anders hat es gerade geändert. Dabei bleibt es, und nichts von Ihren Eingaben wird aufbewahrt. Öffnen Sie den Link noch einmal, wenn Sie neu beginnen möchten.",
  invalidTitle: "Dieser Link ist ungültig",
  invalidHint:
    "Vielleicht fehlt ein Teil. Gehen Sie dorthin zurück, wo Sie ihn gefunden haben, und beginnen Sie neu.",
  lostTitle: "Wir kennen diesen Browser nicht",
  lostHint:
    "Diese Seite gehört dem Browser, der den Link geöffnet hat, und braucht ein Cookie. Erlauben Sie Cookies und öffnen Sie den Link noch einmal.",
  staleTitle: "Diese Seite war veraltet",
  staleHint: "Es ist nichts geschehen. Öffnen Sie sie noch einmal und wiederholen Sie Ihre Eingabe.",
  openAgain: "Noch einmal öffnen",
  tooManyTitle: "Zu viele Anfragen",
  tooManyHint: "Warten Sie eine Minute und versuchen Sie es dann noch einmal.",
  errorTitle: "Etwas ist schiefgegangen",
  errorHint: "Das liegt an uns, nicht an Ihnen. Versuchen Sie es gleich noch einmal.",

  yourselfTitle: (app) => `Melden Sie sich hier bei ${app} an`,
  yourselfIntro: (app) =>
    `Das ist die Seite von ${app} selbst, in einem Browser von uns. Melden Sie sich an wie immer und drücken Sie dann den Knopf. Ihr Passwort wird nicht behalten.`,
  yourselfFrame: (app) => `${app} in einem Browser, den Sie von hier aus bedienen`,
  yourselfDone: "Ich bin angemeldet",
  yourselfNotYet:
    "Sie scheinen noch nicht angemeldet zu sein. Melden Sie sich fertig an und drücken Sie den Knopf noch einmal.",
  yourselfOver: "Der Browser wurde geschlossen. Öffnen Sie einen neuen und versuchen Sie es noch einmal.",
};
