import { z } from "zod";
import { Secret } from "../../secret.ts";

export const secretSchema = z
  .custom<Secret>((value) => value instanceof Secret, "is not a Secret")
  .refine((secret) => secret.reveal() !== "", "is empty")
  .refine((secret) => secret.reveal().length <= 10_000, "is longer than 10,000 characters");
