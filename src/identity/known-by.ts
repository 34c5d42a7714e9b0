/** The kinds of login that an identifier is for. */
export type IdentifierKind = "password" | "webauthn" | "code" | "oidc" | "saml";

export interface Identifier {
  kind: IdentifierKind;
  value: string;
}

export const addressPurposes = ["verification", "recovery"] as const;
export type AddressPurpose = (typeof addressPurposes)[number];
export const addressStatuses = ["pending", "sent", "completed"] as const;

/** Where somebody can be reached, to verify that it is theirs or to recover the account. */
export interface Address {
  id: string;
  purpose: AddressPurpose;
  via: "email" | "sms";
  /** Normalised. */
  value: string;
  verified: boolean;
  status: (typeof addressStatuses)[number];
  verifiedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

/** A moment somebody was somewhere as an identity. */
export interface Sighting {
  /** ISO 8601. */
  at: string;
  /** An IP address. */
  address: string | null;
  userAgent: string | null;
}
