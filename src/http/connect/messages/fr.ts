import type { Messages } from "./en.ts";

export const fr: Messages = {
  language: "Langue",

  chooseTitle: (app) => `Comment vous connectez-vous à ${app} ?`,
  recommended: "Recommandé",
  standardFlow: "Identifiant et mot de passe",
  byPassword: "Identifiant et mot de passe",
  byKey: "avec une application d’authentification",
  byFields: (fields) => `Demande : ${fields}`,
  yourself: "Se connecter soi-même",
  yourselfHint: (app) =>
    `Sur la page de ${app}, dans un navigateur que vous pilotez d’ici. Pour les clés d’accès, l’approbation par téléphone et les puzzles.`,

  formTitle: (app) => `Se connecter à ${app}`,
  formIntro: (host) => `Avec votre compte sur ${host}.`,
  username: "E-mail ou identifiant",
  password: "Mot de passe",
  showPassword: "Afficher",
  hidePassword: "Masquer",
  showPasswordLong: "Afficher le mot de passe",
  optional: "facultatif",
  keyTitle: "Clé de configuration de l’authentificateur",
  keyHint: (app) =>
    `Grâce à elle, les prochaines connexions à ${app} se feront sans vous. Elle se trouve là où se règle la validation en deux étapes, en texte ou en code QR. Sans elle, un code vous sera demandé.`,
  keyText: "Clé de configuration",
  keyPicture: "Ou une image de son code QR",
  signIn: "Se connecter",
  cancel: "Annuler",
  otherWay: "Se connecter autrement",
  trust: (app) => `Chiffré, et utilisé uniquement pour vous connecter à ${app}.`,

  progressTitle: (app) => `Connexion à ${app}`,
  progressHint: "Cela prend quelques secondes. Gardez cette page ouverte.",
  stepTurn: "Attendre que le compte soit libre",
  stepBrowser: "Démarrer un navigateur privé",
  stepSite: (app) => `Ouvrir ${app}`,
  stepCredentials: "Saisir vos informations",
  stepCode: "Confirmer votre code",
  stepProof: "Vérifier que la connexion tient",
  stepDone: "terminé",
  stepUnderWay: "en cours",
  stepToCome: "à venir",

  recoveryTitle: "Saisissez votre code de récupération",
  recoveryHint: (app) =>
    `Un code à six chiffres vous a été remis avec ce lien. Saisissez-le pour vous reconnecter à ${app}.`,

  codeTitle: "Saisissez votre code",
  lookInInbox: (address) => `Regardez dans la boîte de réception de ${address}.`,
  codeByEmail: (app) => `${app} vous a envoyé un code par e-mail.`,
  codeBySms: (app) => `${app} vous a envoyé un code par SMS.`,
  codeFromSomewhere: (app) =>
    `${app} demande un code de vérification. Regardez dans votre application d’authentification, vos messages ou vos e-mails.`,
  linkByEmail: (app) => `${app} vous a envoyé un lien. Copiez son adresse et collez-la ici, sans l’ouvrir.`,
  codeLabel: "Code",
  linkLabel: "Adresse du lien",
  codeOrLinkLabel: "Code, ou adresse du lien",
  codeAgain: "Ce code n’a pas été accepté. Attendez le suivant, puis saisissez-le.",
  continue: "Continuer",
  approveTitle: "Approuvez la connexion",
  approveHint: (app) =>
    `${app} a envoyé une demande à votre téléphone. Approuvez-la : cette page continuera d’elle-même.`,
  siteSays: (app) => `Message de ${app} :`,
  offerTitle: "Ne plus être sollicité",
  offerHint: (app) =>
    `Si vos codes viennent d’une application d’authentification, donnez une seule fois sa clé de configuration. Elle se trouve dans les réglages de sécurité de ${app}.`,
  useKey: "Utiliser la clé",

  refusedTitle: (app) => `${app} a refusé la connexion`,
  refusedPassword: "L’identifiant ou le mot de passe n’a pas été accepté. Vérifiez-les, puis réessayez.",
  refusedCode:
    "Le code n’a pas été accepté. Vérifiez la clé de configuration, ou réessayez avec un nouveau code.",
  refusedLocked: "Ce compte y est verrouillé. Déverrouillez-le, puis revenez.",
  refusedAccount:
    "Quelque chose est d’abord à régler dans votre compte. Connectez-vous-y vous-même, puis revenez.",
  refusedHuman:
    "Le site veut la preuve qu’une personne se connecte ; nous ne pouvons pas la donner à votre place.",
  refusedRate:
    "Le site n’accepte plus de connexions pour l’instant. Attendez quelques minutes, puis réessayez.",
  codeLate: "Aucun code n’est arrivé à temps. Préparez-le, puis réessayez.",
  siteDown: "Le site ne répond pas pour l’instant. Réessayez dans quelques minutes.",
  notCompleted: "La connexion n’a pas abouti. Vérifiez vos informations, puis réessayez.",
  triesLeft: (count) => `Essais restants : ${count}`,
  noTriesLeft: (app) =>
    `Il y a eu trop d’essais. Pour que ${app} ne verrouille pas votre compte, nous n’en faisons plus avec ce lien.`,
  faults: "Vérifiez ce que vous avez saisi.",
  missing: "À remplir.",
  badKey:
    "Ce n’est pas une clé de configuration. Elle se compose des lettres A–Z et des chiffres 2–7 : copiez-la de nouveau.",
  noQrCode:
    "Aucun code QR n’a été trouvé dans cette image. Prenez-en une plus nette, ou collez la clé en texte.",
  badPicture: "Utilisez une image PNG ou JPEG de 8 Mo au plus.",
  badCode: "Ce n’est pas un code. Saisissez-le tel qu’il a été envoyé.",
  recoveryWrong: "Ce code n’est pas celui de ce lien. Vérifiez-le, puis réessayez.",
  badRecoveryCode: "Le code comporte six chiffres.",

  doneTitle: "Connecté",
  doneHint: (app) => `Votre compte ${app} est connecté.`,
  doneReturn: (host) => `Retour vers ${host} …`,
  doneClose: "Vous pouvez fermer cette fenêtre.",
  cancelledTitle: "Non connecté",
  cancelledHint: "Vous avez annulé. Rien n’a été connecté, et rien n’est conservé.",
  returnTo: (host) => `Retour vers ${host}`,

  usedTitle: "Ce lien a déjà servi",
  usedHint: "Chaque lien connecte un compte. Retournez là où vous l’avez trouvé, et recommencez.",
  expiredTitle: "Ce lien a expiré",
  expiredHint:
    "Les liens sont valables pour une durée limitée. Retournez là où vous l’avez trouvé, et demandez-en un nouveau.",
  voidTitle: "Ce lien n’est plus valable",
  voidHint: "Un mauvais code a été saisi trop souvent. Demandez un nouveau lien.",
  goneTitle: "Ce compte n’est plus ici",
  goneHint: "Il a été supprimé depuis la création du lien. Rien de ce que vous avez saisi n’est conservé.",
  inactiveTitle: "Ce compte est désactivé",
  inactiveHint:
    "Personne ne peut s’y connecter pour le moment. Demandez à la personne qui vous a donné le lien de l’activer, puis ouvrez de nouveau le lien.",
  movedTitle: "Ce lien ne mène plus à ce compte",
  movedHint:
    "Le compte a été déplacé vers une autre application depuis la création du lien. Rien n’a été modifié. Demandez un nouveau lien.",
  outdatedTitle: "Ce compte a changé entre-temps",
  outdatedHint:
    "Quelqu’un d’autre vient de le modifier. Il reste tel quel, et rien de ce que vous avez saisi n’est conservé. Ouvrez de nouveau le lien si vous voulez recommencer.",
  invalidTitle: "Ce lien n’est pas valable",
  invalidHint: "Il en manque peut-être une partie. Retournez là où vous l’avez trouvé, et recommencez.",
  lostTitle: "Nous ne connaissons pas ce navigateur",
  lostHint:
    "Cette page appartient au navigateur qui a ouvert le lien, et a besoin d’un cookie. Autorisez les cookies, puis rouvrez le lien.",
  staleTitle: "Cette page n’était plus à jour",
  staleHint: "Rien n’a été fait. Rouvrez-la, et recommencez.",
  openAgain: "Rouvrir la page",
  tooManyTitle: "Trop de demandes",
  tooManyHint: "Attendez une minute, puis réessayez.",
  errorTitle: "Un problème est survenu",
  errorHint: "C’est notre faute, pas la vôtre. Réessayez dans un instant.",

  yourselfTitle: (app) => `Connectez-vous à ${app} ci-dessous`,
  yourselfIntro: (app) =>
    `Voici la page de ${app}, dans un navigateur à nous. Connectez-vous comme d’habitude, puis appuyez sur le bouton. Votre mot de passe n’est pas conservé.`,
  yourselfFrame: (app) => `${app}, dans un navigateur que vous pilotez d’ici`,
  yourselfDone: "Je suis connecté",
  yourselfNotYet: "Vous ne semblez pas encore connecté. Terminez, puis appuyez de nouveau sur le bouton.",
  yourselfOver: "Le navigateur a été fermé. Ouvrez-en un nouveau, et réessayez.",
};
