import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sshKeyPair } from "../harness/sshKeyPair.ts";
import { type CommandStack, commandStack } from "./support/commandStack.ts";
import { connectionTo, makeSshd, type Sshd } from "./support/sshd.ts";

/** Contract of `command:remote:Command`, against a real OpenSSH server. */
describe("a remote command", () => {
  let stack: CommandStack;
  let sshd: Sshd;
  beforeAll(async () => {
    stack = await commandStack();
    sshd = await makeSshd();
    await sshd.start();
  });
  afterAll(async () => {
    await stack.remove();
    await sshd.remove();
  });

  type Args = Omit<remote.CommandArgs, "connection"> & { connection?: remote.CommandArgs["connection"] };
  const one = (args: Args, opts?: pulumi.CustomResourceOptions) => async () => {
    const command = new remote.Command("one", { connection: connectionTo(sshd), ...args }, opts);
    return { stdout: command.stdout, stderr: command.stderr };
  };

  test("runs on the host with its stdin and gives both streams without one final newline", async () => {
    const { shown } = await stack.up(one({ create: "cat; echo; echo wrong >&2", stdin: "from stdin\n" }));
    const outputs = await stack.outputs();
    expect(outputs.stdout?.value).toBe("from stdin\n");
    expect(outputs.stderr?.value).toBe("wrong");
    expect(shown).toContain("from stdin");
  });

  test("is left alone while nothing changes", async () => {
    const same = one({ create: "cat; echo; echo wrong >&2", stdin: "from stdin\n" });
    expect(await stack.preview(same)).toEqual({ same: 2 });
    expect((await stack.up(same)).changes).toEqual({ same: 2 });
  });

  test("keeps its private key out of the state's plain text", async () => {
    expect(await stack.stored()).not.toContain(sshd.privateKey.split("\n")[1]);
  });

  test("runs update in place and passes it the previous run's output", async () => {
    const program = one({ create: "false", update: 'echo "before: $PULUMI_COMMAND_STDERR"' });
    const { changes } = await stack.up(program);
    const outputs = await stack.outputs();
    expect(changes).toEqual({ update: 1, same: 1 });
    expect(outputs.stdout?.value).toBe("before: wrong");
  });

  test("is replaced when a trigger changes", async () => {
    const program = one({ create: "echo replaced", update: "false", triggers: ["next"] });
    expect((await stack.up(program)).changes).toEqual({ replace: 1, same: 1 });
  });

  test("runs again when its connection changes", async () => {
    const args = { create: `echo run >> ${stack.folder}/runs`, triggers: ["next"] };
    await stack.up(one(args));
    await stack.up(one({ ...args, connection: { ...connectionTo(sshd), dialErrorLimit: 3 } }));
    expect(await readFile(join(stack.folder, "runs"), "utf8")).toBe("run\nrun\n");
  });

  test("gets its environment where the server accepts it, and does not run where it does not", async () => {
    await stack.up(one({ create: "echo $HAPAIR_GREETING", environment: { HAPAIR_GREETING: "hello" } }));
    const outputs = await stack.outputs();
    expect(outputs.stdout?.value).toBe("hello");
    const refused = one({ create: `touch ${stack.folder}/ran`, environment: { REFUSED: "x" } });
    expect(await stack.failedUp(refused)).toContain('could not set environment variable "REFUSED"');
    await expect(readFile(join(stack.folder, "ran"))).rejects.toThrow("ENOENT");
  });

  test("that fails reports command, exit status and output", async () => {
    const message = await stack.failedUp(one({ create: "echo bad; echo worse >&2; exit 3" }));
    expect(message).toContain("Process exited with status 3");
    expect(message).toContain('running "echo bad; echo worse >&2; exit 3"');
    const lines = message.split("\n").map((line) => line.trim());
    expect(lines).toEqual(expect.arrayContaining(["bad", "worse"]));
  });

  test("that is killed on the host fails with the signal", async () => {
    expect(await stack.failedUp(one({ create: "kill -KILL $$" }))).toContain("signal KILL");
  });

  test("refuses a host whose key is not the expected one", async () => {
    const hostKey = sshKeyPair("ed25519").public;
    const stranger = { ...connectionTo(sshd), hostKey, dialErrorLimit: 1 };
    const refused = one({ create: `touch ${stack.folder}/ran`, connection: stranger });
    expect(await stack.failedUp(refused)).toMatch(/failed attempts/);
    await expect(readFile(join(stack.folder, "ran"))).rejects.toThrow("ENOENT");
  });

  test("gives up after the allowed number of failed dials", async () => {
    const nobody = { ...connectionTo(sshd), port: 1, dialErrorLimit: 2 };
    expect(await stack.failedUp(one({ create: "true", connection: nobody }))).toMatch(
      /after \d failed attempts/,
    );
  });

  test("goes through a bastion, whose key is pinned too", async () => {
    const bastion = await makeSshd();
    await bastion.start();
    try {
      const way = { ...connectionTo(bastion), dialErrorLimit: 1 };
      const through = (proxy: typeof way) => ({ ...connectionTo(sshd), dialErrorLimit: 1, proxy });
      const script = 'echo "$SSH_CONNECTION"';
      await stack.up(one({ create: script, connection: through(way) }));
      const outputs = await stack.outputs();
      expect(outputs.stdout?.value).toMatch(new RegExp(` ${sshd.port}$`));
      const { hostKey } = sshd;
      const refused = one({ create: `${script} again`, connection: through({ ...way, hostKey }) });
      expect(await stack.failedUp(refused)).toMatch(/failed|verification/);
      await bastion.stop();
      expect(await stack.failedUp(one({ create: `${script} more`, connection: through(way) }))).toMatch(
        /failed/,
      );
    } finally {
      await bastion.remove();
    }
  });

  test("waits for a host that is not up yet", async () => {
    await sshd.stop();
    let starting: Promise<void> | undefined;
    await stack.up(one({ create: "echo there" }), {
      onOutput: (text) => {
        if (text.includes("Dial 1/10 failed")) starting ??= sshd.start();
      },
    });
    await starting;
    const outputs = await stack.outputs();
    expect(outputs.stdout?.value).toBe("there");
    expect(starting).toBeDefined();
  });

  test("runs its delete when it leaves the program", async () => {
    const journal = join(stack.folder, "journal");
    await stack.up(one({ create: "echo made", delete: `echo "delete $PULUMI_COMMAND_STDOUT" > ${journal}` }));
    await stack.up(async () => {});
    expect(await readFile(journal, "utf8")).toBe("delete made\n");
  });
});
