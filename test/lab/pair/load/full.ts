import { connect, type Socket } from "node:net";
import { expect, it } from "vitest";
import { hostStatuses } from "../../../../cli/hosts/ask.ts";
import { verdictOf } from "../../../../cli/hosts/drift.ts";
import { formatStatus } from "../../../../cli/hosts/formatStatus.ts";
import { exec } from "../../../../lab/machine/exec.ts";
import { runtimeSocket, sqlRoles } from "../../../../render/paths.ts";
import { apply, liveBundle, must } from "../../hosts/onHost.ts";
import { type LabPair, roles } from "../labPair.ts";
import { clientsOf } from "./clients.ts";

/** Limits of connections that are reached, in the status. */
export function fullTests(lab: () => LabPair): void {
  const statusOfHost = async (machine: string) =>
    (await must(lab().lab, machine, ["hapair", "status"])).stdout;
  const runtime = (machine: string, command: string) => {
    const ask = `require("net").connect("${runtimeSocket}").end("${command}\\n").pipe(process.stdout)`;
    return must(lab().lab, machine, ["node", "-e", ask]);
  };

  it("a pair with as many clients as maxConnections is full: status says so with figure and remedy until they leave", async () => {
    const most = 10;
    await lab().configure({ haproxy: { maxConnections: most } });
    const outputs = await lab().stack.outputs();
    const { holder } = await roles(lab());
    const clients = clientsOf(lab().forwardedUrl);
    try {
      for (let client = 1; client < most; client++) await clients.add();
      expect(verdictOf(outputs, await hostStatuses(outputs.ssh))).toBe("good");
      await clients.add();
      const statuses = await hostStatuses(outputs.ssh);
      expect(verdictOf(outputs, statuses)).toBe("wrong");
      const told = `clients of PostgreSQL have ${most} of ${most} connections, and further ones are refused: close idle ones, or raise haproxy.maxConnections\n`;
      expect(formatStatus(outputs, statuses)).toContain(`  full: ${told}`);
      expect(await statusOfHost(holder)).toContain(`  full      ${told}`);
      await expect(clientsOf(lab().forwardedUrl).add()).rejects.toThrow();
    } finally {
      await clients.leave();
    }
    const verdict = async () => verdictOf(outputs, await hostStatuses(outputs.ssh));
    await expect.poll(verdict, { timeout: 20_000, interval: 500 }).toBe("good");
    await lab().configure({});
  });

  it("an egress group with as many tunnels as it takes is full", async () => {
    const most = 3;
    const { holder } = await roles(lab());
    const group = lab().pair.egress?.groups[0]?.name;
    const port = lab().access.reach?.socks?.[String(group)]?.split(":")[1];
    await runtime(holder, `set maxconn frontend egress-${group} ${most}`);
    const tunnels: Socket[] = [];
    try {
      for (let tunnel = 0; tunnel < most; tunnel++) tunnels.push(await greeted(Number(port)));
      expect(await statusOfHost(holder)).toContain(
        `  full      haproxy's frontend egress-${group} has ${most} of ${most} connections, and further clients wait`,
      );
    } finally {
      for (const tunnel of tunnels) tunnel.destroy();
      await runtime(holder, `set maxconn frontend egress-${group} 2000`);
    }
  });

  it("a pooler and a PostgreSQL with all the clients that they take are full", async () => {
    const { holder } = await roles(lab());
    const { name } = lab().db;
    const live = await liveBundle(lab().lab, name);
    const files = live.bundle.files.map((file) => ({
      ...file,
      text: file.text
        .replace(/^max_client_conn = .*$/m, "max_client_conn = 10")
        .replace(/^max_connections = .*$/m, "max_connections = 20"),
    }));
    const clients = clientsOf(lab().forwardedUrl);
    try {
      const { exitCode, stderr } = await apply(
        lab().lab,
        name,
        `${JSON.stringify({ ...live.bundle, files })}\n`,
      );
      expect(exitCode, stderr).toBe(0);
      for (const port of lab().pool.ports.slice(1))
        await runtime(holder, `set server poolers/${name}-${port} state maint`);
      for (let client = 0; client < 10; client++) await clients.add();
      const fill = `for n in $(seq 30); do psql -X -U ${sqlRoles.lookup} -d postgres -c 'select pg_sleep(60)' & done; wait`;
      await must(lab().lab, name, ["systemd-run", "--unit=fill", "--uid=postgres", "sh", "-c", fill]);
      const told = () => statusOfHost(name);
      await expect.poll(told, { timeout: 20_000, interval: 500 }).toContain(
        // Three of the twenty are kept for superusers.
        "  full      PostgreSQL has 17 of 17 connections, and further clients are refused",
      );
      expect(await told()).toContain(
        `  full      the pooler on port ${lab().pool.ports[0]} has 10 of 10 clients, and further ones are refused`,
      );
      expect(await told()).toContain("postgres  answers");
    } finally {
      await clients.leave();
      await exec(lab().lab, name, ["systemctl", "stop", "fill"]);
      for (const port of lab().pool.ports.slice(1))
        await runtime(holder, `set server poolers/${name}-${port} state ready`);
      await must(lab().lab, name, ["hapair", "apply", live.sha]);
    }
    await expect.poll(() => statusOfHost(name), { timeout: 20_000, interval: 500 }).not.toContain("  full ");
  });
}

/** A SOCKS client that has got its first answer. */
function greeted(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const client = connect({ host: "127.0.0.1", port }, () => client.write(Buffer.from([5, 1, 0])));
    client.setTimeout(10_000, () => client.destroy(new Error("no answer within 10 s")));
    client.once("data", () => resolve(client));
    client.on("error", reject);
  });
}
