import type { CliContext } from "../context.ts";

export interface SecretOptions {
  rotate?: boolean;
  json?: boolean;
}

/** The secret is what is asked for: it is printed, and nothing but it, for a script to pass on. */
export async function showSecret(
  context: CliContext,
  { rotate = false, json = false }: SecretOptions,
): Promise<void> {
  const { webhookSecrets } = await context.parts.store();
  const actor = { name: context.actor };
  const secret = rotate
    ? await webhookSecrets.rotate(context.project, actor)
    : await webhookSecrets.reveal(context.project, actor);
  context.redactor.add(secret);
  if (json) return context.json({ secret: secret.reveal() });
  context.print(secret.reveal());
}
