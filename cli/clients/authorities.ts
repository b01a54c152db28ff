import type { PairOutputs, StackOutputs } from "../../contract/stackOutputs.ts";
import type { Home } from "../session/home.ts";
import { clientFile } from "./clientFiles.ts";

/**
 * A stack's outputs as the commands of this machine use them: where the stack has made or been given an authority, its
 * certificate lies in a file here, and the database URLs name that file.
 */
export function withAuthorities(home: Home, stack: string, outputs: StackOutputs): StackOutputs {
  const pairs = Object.fromEntries(
    Object.entries(outputs.pairs).map(([name, pair]) => [name, withAuthority(home, stack, name, pair)]),
  );
  return { ...outputs, pairs };
}

function withAuthority(home: Home, stack: string, name: string, pair: PairOutputs): PairOutputs {
  const { databaseAuthority, databaseUrl, sessionUrl, jdbcUrl, reach } = pair;
  if (!databaseAuthority) return pair;
  const path = clientFile(home, stack, `${name}.pem`, databaseAuthority);
  const here = (url: string | undefined) => url && withParameter(url, "sslrootcert", path);
  return {
    ...pair,
    databaseUrl: here(databaseUrl),
    sessionUrl: here(sessionUrl),
    jdbcUrl: jdbcUrl && `jdbc:${here(jdbcUrl.replace(/^jdbc:/, ""))}`,
    reach: reach && {
      ...reach,
      databaseUrl: here(reach.databaseUrl),
      sessionUrl: here(reach.sessionUrl),
    },
  };
}

/** libpq decodes `%20`, and takes a `+` as it is. */
function withParameter(url: string, name: string, value: string): string {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  changed.search = changed.search.replaceAll("+", "%20");
  return changed.toString();
}
