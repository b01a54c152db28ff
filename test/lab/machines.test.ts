import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { execa } from "execa";
import ssh2 from "ssh2";
import { afterAll, beforeAll, expect, it } from "vitest";
import { exec } from "../../lab/exec.ts";
import { freeze } from "../../lab/freeze.ts";
import { groupGone, groupsOf, killGroup } from "../../lab/group.ts";
import { kill } from "../../lab/kill.ts";
import { leaderPid } from "../../lab/leader.ts";
import { status } from "../../lab/status.ts";
import { up } from "../../lab/up.ts";
import { hostPackages } from "../../render/packages.ts";

const lab = "t-machines";
const client = ssh2.utils.generateKeyPairSync("ed25519");
const network = {
  cidr: "10.0.1.0/24",
  app: "10.0.1.10",
  packages: hostPackages,
  user: "admin",
  forwards: [{ port: 22432, to: "10.0.1.21:7777" }],
};
const specs = {
  one: { address: "10.0.1.21", sshPort: 2291, authorizedKey: client.public },
  two: { address: "10.0.1.22", sshPort: 2292, authorizedKey: client.public },
};

/** Runs the lab's command; `input` goes to its stdin. */
function run(verb: string, input?: object) {
  const argv = ["lab/main.ts", ...verb.split(" "), "--lab", lab];
  return execa(process.execPath, argv, {
    reject: false,
    input: input === undefined ? "" : JSON.stringify(input),
  });
}

async function ok(verb: string, input?: object): Promise<string> {
  const { exitCode, stdout, stderr } = await run(verb, input);
  expect(exitCode, `lab ${verb}: ${stderr}`).toBe(0);
  return stdout;
}

const stateOf = (name: string) => status(lab).machines.find((machine) => machine.name === name)?.state;

/** Sends three pings from machine two to machine one, over the bridge. */
async function pings(): Promise<boolean> {
  return (
    (await exec(lab, "two", ["ping", "-c", "3", "-i", "0.1", "-W", "1", specs.one.address])).exitCode === 0
  );
}

async function allIsUp(): Promise<void> {
  const { machines, forwards } = status(lab);
  expect(machines.map(({ state }) => state)).toEqual(["running", "running"]);
  expect(forwards.map(({ up }) => up)).toEqual([true]);
  expect(await pings()).toBe(true);
}

/** Whether the application server reaches machine one's sshd. */
async function appReachesOne(): Promise<boolean> {
  const probe = `exec 3<>/dev/tcp/${specs.one.address}/22 && head -c 4 <&3`;
  return (await exec(lab, "app", ["timeout", "1", "bash", "-c", probe])).stdout === "SSH-";
}

/** How many echo requests (ICMP type 8) machine one has received. */
async function echoRequestsSeen(): Promise<number> {
  const { stdout } = await exec(lab, "one", ["grep", "^Icmp:", "/proc/net/snmp"]);
  const [names, values] = stdout.split("\n").map((line) => line.split(" "));
  return Number(values?.[names?.indexOf("InEchos") ?? -1]);
}

/** What must not change on this host, whatever the lab does. */
async function hostNetwork(): Promise<string> {
  const commands = [
    "ip -brief address",
    "ip rule",
    "ip route",
    "cat /etc/resolv.conf",
    "iptables-save || true",
  ];
  return (await execa("sh", ["-c", commands.join("; ")], { reject: false })).stdout;
}

let before = "";

beforeAll(async () => {
  before = await hostNetwork();
  await ok("network down");
  await ok("network up", network);
  await Promise.all([ok("up one", specs.one), ok("up two", specs.two)]);
});

afterAll(() => ok("network down"));

it("a machine is reached by SSH with the host key that was printed, and the login has sudo", async () => {
  const { ssh } = JSON.parse(await ok("up one"));
  const connection = new ssh2.Client();
  const hostKeys: string[] = [];
  connection.connect({
    ...ssh,
    username: ssh.user,
    privateKey: client.private,
    hostVerifier: (key: Buffer) => hostKeys.push(`ssh-ed25519 ${key.toString("base64")}`) > 0,
  });
  await once(connection, "ready");
  const output = await new Promise<string>((resolve, reject) => {
    connection.exec("sudo -n hostname; sudo -n id -un", (error, stream) => {
      if (error) return reject(error);
      let text = "";
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      stream.on("close", () => resolve(text));
    });
  });
  connection.end();
  expect(output).toBe("one\nroot\n");
  expect(hostKeys).toEqual([ssh.hostKey]);
});

it("a machine starts with no failed unit, none of the packages' daemons, and knows the others by name", async () => {
  const failed = await exec(lab, "one", ["systemctl", "--failed", "--no-legend"]);
  expect(failed.stdout).toBe("");
  const running = await exec(lab, "one", [
    "systemctl",
    "list-units",
    "--type=service",
    "--state=running",
    "--no-legend",
    "--plain",
  ]);
  expect(running.stdout.split("\n").map((line) => line.split(" ")[0])).toEqual([
    ...[
      "dbus.service",
      "ssh.service",
      "systemd-journald.service",
      "systemd-logind.service",
      "systemd-networkd.service",
    ],
  ]);
  expect((await exec(lab, "one", ["ping", "-c", "1", "-W", "2", "two"])).exitCode).toBe(0);
});

it("a command in a machine gets stdin and passes its exit status on", async () => {
  const { exitCode, stdout } = await execa(
    process.execPath,
    ["lab/main.ts", "exec", "--lab", lab, "one", "sh", "-c", "cat; exit 7"],
    {
      input: "through",
      reject: false,
    },
  );
  expect([exitCode, stdout]).toEqual([7, "through"]);
});

it("a second `network up` and a second `up` change nothing", async () => {
  const leader = leaderPid(lab, "one");
  const [first, again] = [await ok("network up", network), await ok("network up")];
  expect(again).toBe(first);
  await ok("up one", specs.one);
  expect(leaderPid(lab, "one")).toBe(leader);
});

it("a forward carries a half-closed connection to its end", async () => {
  const answer =
    "import socket,sys\ns=socket.create_server(('10.0.1.21',7777));c,_=s.accept()\nd=b''\nwhile (p:=c.recv(65536)): d+=p\nc.sendall(str(len(d)).encode());c.close()";
  const server = exec(lab, "one", ["python3", "-c", answer]);
  await expect
    .poll(async () => (await exec(lab, "one", ["ss", "-ltn"])).stdout, { timeout: 5000 })
    .toContain(":7777");
  const ask =
    "import socket\nc=socket.create_connection(('127.0.0.1',22432));c.sendall(b'x'*5000000);c.shutdown(1)\nprint(c.recv(100).decode())";
  expect((await execa("python3", ["-c", ask])).stdout).toBe("5000000");
  await server;
});

it("a machine keeps its disk and host key over a power cut", async () => {
  const printed = await ok("up one");
  await exec(lab, "one", ["sh", "-c", "echo kept > /root/kept && sync"]);
  await ok("kill one");
  expect(stateOf("one")).toBe("stopped");
  expect(await ok("up one")).toBe(printed);
  expect((await exec(lab, "one", ["cat", "/root/kept"])).stdout).toBe("kept");
});

it("a power cut lets no goodbye of the machine's connections escape", async () => {
  const hold = `exec 3<>/dev/tcp/${specs.one.address}/22 && cat <&3`;
  const held = exec(lab, "app", ["timeout", "3", "bash", "-c", hold]);
  const connected = async () => (await exec(lab, "app", ["ss", "-tn", "state", "established"])).stdout;
  await expect.poll(connected, { timeout: 2000 }).toContain(`${specs.one.address}:22`);
  await ok("kill one");
  expect(await held).toMatchObject({ exitCode: 124, stdout: expect.stringContaining("SSH-2.0") });
  await ok("up one");
});

it("a machine started the moment its power was cut starts anew, frozen before or not", async () => {
  for (const before of [() => undefined, () => freeze(lab, "one")]) {
    const leader = leaderPid(lab, "one");
    before();
    kill(lab, "one");
    await up(lab, "one");
    expect(leaderPid(lab, "one")).not.toBe(leader);
    expect(await pings()).toBe(true);
  }
});

it("a machine that reboots itself comes back", async () => {
  const leader = leaderPid(lab, "one");
  await exec(lab, "one", ["systemctl", "--no-block", "reboot"]);
  const rebooted = () => ![leader, null].includes(status(lab).machines[0]?.leader ?? null);
  await expect.poll(rebooted, { timeout: 20_000 }).toBe(true);
  await ok("up one");
  expect(await pings()).toBe(true);
});

it("a stopped machine stays stopped, and `up` without a name brings it back", async () => {
  await ok("down one");
  expect(stateOf("one")).toBe("stopped");
  await ok("down one");
  await ok("up");
  expect(stateOf("one")).toBe("running");
});

it("a frozen machine answers nothing, its kernel included, until it is thawed", async () => {
  await ok("freeze one");
  expect([stateOf("one"), await pings(), await appReachesOne()]).toEqual(["frozen", false, false]);
  await ok("thaw one");
  expect([stateOf("one"), await pings(), await appReachesOne()]).toEqual(["running", true, true]);
});

it.each(["port", "carrier"])("a cut of the %s silences a machine until it is healed", async (how) => {
  await ok(`cut one --how ${how}`);
  expect([await pings(), await appReachesOne()]).toEqual([false, false]);
  const carrier = await exec(lab, "one", ["cat", "/sys/class/net/host0/carrier"]);
  expect(carrier.stdout).toBe(how === "port" ? "1" : "0");
  await ok("heal one");
  await expect.poll(pings, { timeout: 5000 }).toBe(true);
});

it.each(["out", "in"])("one protocol cut %s is dropped in that direction alone", async (direction) => {
  const before = await echoRequestsSeen();
  await ok(`cut one --how proto --proto 1 --direction ${direction}`);
  expect([await pings(), await appReachesOne()]).toEqual([false, true]);
  expect((await echoRequestsSeen()) - before).toBe(direction === "out" ? 3 : 0);
  await ok("heal one");
  expect(await pings()).toBe(true);
});

it("a partition made while the machine is frozen outlasts the thaw", async () => {
  await ok("freeze one");
  await ok("cut one");
  await ok("thaw one");
  expect(await pings()).toBe(false);
  await ok("heal one");
  expect(await pings()).toBe(true);
});

it("an `up` that is killed anywhere is finished by the next", async () => {
  for (const afterMs of [250, 400, 600, 900]) {
    await ok("down one --purge");
    const started = run("up one", specs.one);
    setTimeout(() => started.kill("SIGKILL"), afterMs);
    await started;
    await ok("up one", specs.one);
    expect(await pings()).toBe(true);
  }
});

it("two `up` at once wait for each other and agree", async () => {
  await ok("kill one");
  const [first, second] = await Promise.all([ok("up one"), ok("up one")]);
  expect(first).toBe(second);
});

it("after a reboot of this host, played by killing everything, `up` brings all of it back", async () => {
  const groups = groupsOf(lab);
  for (const group of groups) killGroup(lab, group);
  for (const group of groups) expect(await groupGone(lab, group, 10_000)).toBe(true);
  await execa("ip", ["netns", "delete", `hapair-${lab}`]);
  rmSync(`/run/hapair-lab/${lab}`, { recursive: true });
  await ok("up");
  await allIsUp();
});

it("`up` replaces forwards that lead into a network that is gone", async () => {
  await ok("kill one");
  await ok("kill two");
  await execa("ip", ["netns", "delete", `hapair-${lab}`]);
  await ok("up");
  await allIsUp();
});

it("a taken port is named before anything is touched", async () => {
  const taken = createServer().listen(2293, "127.0.0.1");
  await once(taken, "listening");
  const { exitCode, stderr } = await run("up three", { ...specs.one, address: "10.0.1.23", sshPort: 2293 });
  taken.close();
  expect(exitCode).toBe(1);
  expect(stderr).toContain("Port 127.0.0.1:2293 is taken");
  expect(stateOf("three")).toBeUndefined();
});

it("a machine cannot take another's address or one outside the network", async () => {
  expect((await run("up three", { ...specs.one, sshPort: 2293 })).stderr).toContain("10.0.1.21 is one's");
  expect((await run("up three", { ...specs.one, address: "10.9.9.9", sshPort: 2293 })).stderr).toContain(
    "10.9.9.9 is outside 10.0.1.0/24",
  );
});

it("an unknown machine is nothing to stop, an unknown lab nothing to bring back", async () => {
  expect(await run("down nobody")).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining("no machine nobody"),
  });
  const unknown = await execa(process.execPath, ["lab/main.ts", "up", "--lab", "t-nowhere"], {
    reject: false,
  });
  expect([unknown.exitCode, existsSync("/var/lib/hapair-lab/t-nowhere")]).toEqual([3, false]);
});

it("`network down` leaves nothing, and this host's own network as it was", async () => {
  await ok("network down");
  const traces = [
    ...["/var/lib/hapair-lab", "/run/hapair-lab", "/run/netns"].flatMap((folder) =>
      existsSync(folder) ? readdirSync(folder) : [],
    ),
    ...readFileSync("/proc/self/mounts", "utf8").split("\n"),
    ...(await execa("find", ["/sys/fs/cgroup", "-maxdepth", "3", "-name", "*hapair-lab*"])).stdout.split(
      "\n",
    ),
    ...(await execa("ps", ["-eo", "args"])).stdout.split("\n").filter((line) => !line.includes("vitest")),
  ].filter((trace) => trace.includes(lab));
  expect(traces).toEqual([]);
  for (const port of [22432, 2291, 2292]) {
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
  }
  expect(await hostNetwork()).toBe(before);
});
