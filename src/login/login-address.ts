const words =
  /(^|[/_.-])(log-?in|sign-?in|logon|auth|authenticate|authorize|sso|saml2?|oauth2?|session\/new|mfa|2fa|twofa|two-?factor|second-?factor|otp|totp|challenge|verify|webauthn|passkey|consent)([/_.-]|$)/i;

/** Whether a path, or a route in the fragment, speaks of signing in. */
export function isLoginAddress(url: string): boolean {
  const at = URL.parse(url);
  return at !== null && words.test(at.pathname + at.hash);
}
