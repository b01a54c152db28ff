import { engineEnvironment } from "../tools/engine/environment.ts";
import type { Home } from "./home.ts";

/** The environment in which the engine finds our own state; the passphrase goes by file, never by value. */
export function stateEnvironment(home: Home): Record<string, string> {
  const ownPassphrase =
    process.env.PULUMI_CONFIG_PASSPHRASE === undefined &&
    process.env.PULUMI_CONFIG_PASSPHRASE_FILE === undefined;
  return {
    ...engineEnvironment(),
    PULUMI_BACKEND_URL: `file://${home.state}`,
    ...(ownPassphrase && { PULUMI_CONFIG_PASSPHRASE_FILE: home.passphraseFile }),
  };
}
