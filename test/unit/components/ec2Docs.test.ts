import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../cli/session/home.ts";
import { operatorPolicy } from "../../../components/machines/ec2/account/permissions.ts";
import { moverPolicy, type PolicyDocument } from "../../../components/machines/ec2/policy.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { ec2Config } from "../../harness/testConfig.ts";
import { withPart } from "../docs/pages.ts";

const path = join(root, "docs/ec2.md");

/** A statement a line, as far as it has room. */
function json(document: PolicyDocument): string {
  const statements = document.Statement.map((statement) => {
    const short = JSON.stringify(statement).replaceAll('":', '": ').replaceAll(",", ", ");
    const text = short.length <= 116 ? short : JSON.stringify(statement, null, 2).replaceAll("\n", "\n    ");
    return `    ${text}`;
  });
  return `{\n  "Version": "${document.Version}",\n  "Statement": [\n${statements.join(",\n")}\n  ]\n}`;
}

const arn = (resource: string) => `arn:aws:ec2:eu-central-1:123456789012:${resource}`;
const interfaces = [arn("network-interface/eni-1"), arn("network-interface/eni-2")];
const elasticIp = arn("elastic-ip/eipalloc-1");
const routeTables = [arn("route-table/rtb-1")];
const ofNodes: readonly (readonly [string, PolicyDocument])[] = [
  ["`secondary-ip`", moverPolicy("secondary-ip", { interfaces, routeTables: [] })],
  [
    "`secondary-ip` with an Elastic IP that follows",
    moverPolicy("secondary-ip", { interfaces, elasticIp, routeTables: [] }),
  ],
  ["`elastic-ip`", moverPolicy("elastic-ip", { interfaces, elasticIp, routeTables: [] })],
  ["`route`", moverPolicy("route", { interfaces, routeTables })],
];

const block = (document: PolicyDocument) => `\`\`\`json\n${json(document)}\n\`\`\``;

test("the permissions in the page about EC2 are those that are rendered (vitest -u writes them)", async () => {
  const topology = parseTopology(ec2Config());
  if (topology.target.kind !== "ec2") throw new Error("the example's target is ec2");
  const nodes = ofNodes.map(([mode, document]) => `${mode}:\n\n${block(document)}`).join("\n\n");
  const page = readFileSync(path, "utf8");
  const operator = block(operatorPolicy(topology.target, topology.pairs));
  const current = withPart(
    withPart(page, "node-permissions", `\n${nodes}\n`),
    "operator-permissions",
    `\n${operator}\n`,
  );
  await expect(current).toMatchFileSnapshot(path);
});

test("every policy is one that IAM accepts: JSON with actions of a service, each once", () => {
  const topology = parseTopology(ec2Config());
  if (topology.target.kind !== "ec2") throw new Error("the example's target is ec2");
  const operator = operatorPolicy(topology.target, topology.pairs);
  for (const document of [operator, ...ofNodes.map(([, one]) => one)]) {
    expect(JSON.parse(json(document))).toEqual(document);
    // IAM's limit for a policy that is managed by the customer, without white space.
    expect(JSON.stringify(document).length).toBeLessThan(6144);
    const actions = document.Statement.flatMap(({ Action }) => Action);
    expect(new Set(actions).size).toBe(actions.length);
    for (const action of actions) expect(action).toMatch(/^[a-z0-9]+:[A-Z][A-Za-z]+\*?$/);
  }
});
