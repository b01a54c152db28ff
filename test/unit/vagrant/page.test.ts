import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../cli/session/home.ts";
import { oldestVirtualbox, vagrantFor } from "../../../cli/targets/vagrant/tools/versions.ts";
import { boxes } from "../../../components/machines/vagrant/vagrantSpec.ts";
import { withPart } from "../docs/pages.ts";

const path = join(root, "docs/vagrant.md");
const page = readFileSync(path, "utf8");

test("the versions and boxes in the page about Vagrant are those that are checked and used (vitest -u writes them)", async () => {
  const versions = [
    "| VirtualBox | Vagrant |",
    "|---|---|",
    `| from ${oldestVirtualbox} on | any |`,
    ...vagrantFor.map(([virtualbox, vagrant]) => `| ${virtualbox} | ${vagrant} or newer |`),
  ];
  const pinned = [
    "| provider | box | version |",
    "|---|---|---|",
    ...Object.entries(boxes).map(
      ([provider, { name, version }]) => `| \`${provider}\` | ${name} | ${version} |`,
    ),
  ];
  const current = withPart(withPart(page, "versions", versions.join("\n")), "boxes", pinned.join("\n"));
  await expect(current).toMatchFileSnapshot(path);
});

/** Titles of a guide for such a pair by hand: its first part, then what it says about troubles. */
const steps = [
  "Prerequisites",
  "1. Start Docker Infrastructure",
  "2. Configure Network-Specific Settings",
  "3. Start HAProxy VMs",
  "4. Verify VIP is Active",
  "5. Test Application Connection",
  "Database Connection Configuration",
  "Monitoring and Stats",
  "1. Monitor VIP Location",
  "2. Test Failover",
  "3. Test Recovery",
];
const troubles = [
  "VMs Can't Access Host Services",
  "Interface Name Mismatch",
  "VIP Not Accessible from Host",
  "Bridge Interface Selection",
  "VRRP Elections Not Working",
  "Split Brain Scenarios",
  "Performance Issues",
  "Service status",
  "Logs",
  "Network connectivity",
  "Process monitoring",
  "Configuration validation",
];

test.each([
  ["The guide, step by step", steps],
  ["Something is wrong", troubles],
])("of the guide, '%s' has each point in its order, with a command that answers it", (heading, titles) => {
  const section = page.slice(page.indexOf(`## ${heading}`)).split("\n## ")[0] ?? "";
  const [table = ""] = section.split("\n\n").filter((part) => part.startsWith("|"));
  const rows = table.trimEnd().split("\n").slice(2);
  expect(rows.map((row) => row.split("|")[1]?.trim())).toEqual(titles);
  for (const row of rows) expect(row.split("|")[2]).toMatch(/`(npm run|vagrant|curl) [^`]+`/);
});
