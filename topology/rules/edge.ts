import { isWithin } from "../ip.ts";
import { formatPath, type Problem } from "../problem.ts";
import { type DraftPair, itemsOf, type Path } from "./draft.ts";
import { ofPairs, type Rule, twice } from "./rule.ts";

/** The edge of a pair; its ports are in `ports.ts`, its connections in `connections.ts`. */
export const edgeRules: readonly Rule[] = [certificateFolder, names, sources].map(ofPairs);

function* certificateFolder({ edge }: DraftPair, path: Path): Iterable<Problem> {
  if (edge?.tls === undefined) return;
  const { certificate, folder } = edge.tls;
  const at = [...path, "edge", "tls", "folder"];
  if (certificate === "folder" && !("folder" in edge.tls))
    yield {
      path: at,
      message:
        "is missing: edge.tls.certificate is folder: set the one with fullchain.pem and privkey.pem on each node, such as /etc/letsencrypt/live/example.com",
    };
  if (certificate !== undefined && certificate !== "folder" && folder !== undefined)
    yield {
      path: at,
      message: `is read with certificate: folder alone, and certificate is ${certificate}: remove it, or set certificate to folder`,
    };
}

function* names({ edge }: DraftPair, path: Path): Iterable<Problem> {
  const at = [...path, "edge"];
  for (const [list, place] of [
    [edge?.domains, [...at, "domains"]],
    [edge?.tls?.names, [...at, "tls", "names"]],
  ] as const)
    yield* twice(
      itemsOf(list, place).map(({ item, path }) => ({ value: item, path })),
      "is in the list already: remove one",
    );
}

function* sources({ edge }: DraftPair, path: Path): Iterable<Problem> {
  const allowed = itemsOf(edge?.allow, [...path, "edge", "allow"]);
  for (const { item, path: at } of allowed) {
    const denied = itemsOf(edge?.deny, [...path, "edge", "deny"]).find((one) => isWithin(item, one.item));
    if (denied !== undefined)
      yield {
        path: at,
        message: `${item} is closed by ${formatPath(denied.path)} (${denied.item}), which counts first: remove one of them`,
      };
  }
}
