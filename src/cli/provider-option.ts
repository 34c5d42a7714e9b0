import { Option } from "commander";
import { providerNames } from "../config.ts";

/** `--provider`: where browser sessions come from. */
export function providerOption(
  description = "where its session comes from, whatever the identity says",
): Option {
  return new Option("--provider <name>", description).choices(providerNames);
}
