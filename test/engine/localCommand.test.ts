import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandStack, commandStack } from "./support/commandStack.ts";

/** Contract of `command:local:Command`, checked on the provider that HAPAIR_COMMAND_PROVIDER names. */
describe("a local command", () => {
  let stack: CommandStack;
  beforeAll(async () => {
    stack = await commandStack();
  });
  afterAll(() => stack.remove());

  const one = (args: local.CommandArgs, opts?: pulumi.CustomResourceOptions) => async () => {
    const command = new local.Command("one", args, opts);
    return { stdout: command.stdout, stderr: command.stderr };
  };
  const journal = () => readFile(join(stack.folder, "journal"), "utf8");

  test("is not run by a preview, which shows that it will be created", async () => {
    const changes = await stack.preview(one({ create: "touch previewed", dir: stack.folder }));
    expect(changes).toEqual({ create: 2 });
    await expect(readFile(join(stack.folder, "previewed"))).rejects.toThrow("ENOENT");
  });

  test("gives both streams without one final newline", async () => {
    const { changes } = await stack.up(one({ create: "printf 'a\\nb\\n\\n'; echo wrong >&2" }));
    const outputs = await stack.outputs();
    expect(changes).toMatchObject({ create: 2 });
    expect(outputs.stdout?.value).toBe("a\nb\n");
    expect(outputs.stderr?.value).toBe("wrong");
  });

  test("is left alone while nothing changes", async () => {
    const { changes } = await stack.up(one({ create: "printf 'a\\nb\\n\\n'; echo wrong >&2" }));
    expect(changes).toEqual({ same: 2 });
  });

  test("is left alone by a refresh", async () => {
    expect(await stack.refresh()).toEqual({ same: 2 });
  });

  test("runs a changed create in place and passes it the previous run's output", async () => {
    const create = 'echo "again: $PULUMI_COMMAND_STDERR"';
    expect(await stack.preview(one({ create }))).toEqual({ update: 1, same: 1 });
    const { changes } = await stack.up(one({ create }));
    const outputs = await stack.outputs();
    expect(changes).toEqual({ update: 1, same: 1 });
    expect(outputs.stdout?.value).toBe("again: wrong");
    expect(outputs.stderr?.value).toBe("");
  });

  test("runs update instead of create, and without the previous output where that is wanted", async () => {
    const update = 'echo "update:$PULUMI_COMMAND_STDOUT"';
    await stack.up(one({ create: "false", update, addPreviousOutputInEnv: false }));
    const outputs = await stack.outputs();
    expect(outputs.stdout?.value).toBe("update:");
  });

  test("is replaced when a trigger changes: the new one is created, then the old one is deleted", async () => {
    const program = (trigger: number) =>
      one({
        create: "echo create >> journal; echo made",
        update: "echo update >> journal",
        delete: 'echo "delete $PULUMI_COMMAND_STDOUT" >> journal',
        triggers: [trigger],
        dir: stack.folder,
      });
    await stack.up(program(1));
    await stack.up(program(2));
    await writeFile(join(stack.folder, "journal"), "");
    expect(await stack.preview(program(3))).toEqual({ replace: 1, same: 1 });
    const { changes } = await stack.up(program(3));
    expect(changes).toEqual({ replace: 1, same: 1 });
    expect(await journal()).toBe("create\ndelete made\n");
  });

  test("gets stdin, environment and directory, and runs in its interpreter", async () => {
    await stack.up(
      one({
        create: "import os, sys; print(sys.stdin.read(), os.environ['GREETING'], os.getcwd())",
        interpreter: ["python3", "-c"],
        stdin: "from stdin",
        environment: { GREETING: "hello" },
        dir: stack.folder,
      }),
    );
    const outputs = await stack.outputs();
    expect(outputs.stdout?.value).toBe(`from stdin hello ${stack.folder}`);
  });

  test("shows its output as `logging` says", async () => {
    const create = "echo on-stdout; echo on-stderr >&2";
    const shown = async (logging?: local.Logging) =>
      (await stack.up(one({ create, ...(logging && { logging }), triggers: [logging ?? "default"] }))).shown;
    // The resource's status shows the last line; secret outputs keep the program's own outputs out of the text.
    const secret = async (logging: local.Logging) =>
      (
        await stack.up(
          one(
            { create, logging, triggers: [`secret ${logging}`] },
            { additionalSecretOutputs: ["stdout", "stderr"] },
          ),
        )
      ).shown;
    expect(await shown()).toContain("on-stdout");
    expect(await secret("stdout")).toContain("on-stdout");
    expect(await secret("stderr")).not.toContain("on-stdout");
    expect(await secret("none")).not.toMatch(/on-stdout|on-stderr/);
  });

  test("that fails reports command, exit status and output, and keeps the old state", async () => {
    await stack.up(one({ create: "echo good" }));
    const failing = one({ create: "echo bad; echo worse >&2; exit 3" });
    const message = await stack.failedUp(failing);
    expect(message).toContain("exit status 3");
    expect(message).toContain('running "echo bad; echo worse >&2; exit 3"');
    // The order in which the two streams are read is not defined.
    const lines = message.split("\n").map((line) => line.trim());
    expect(lines).toEqual(expect.arrayContaining(["bad", "worse"]));
    expect(await stack.stored()).toContain("echo good");
    expect(await stack.stored()).not.toContain("echo bad");
    expect((await stack.up(one({ create: "echo good" }))).changes).toEqual({ same: 2 });
  });

  test("keeps secret inputs and outputs out of the state's plain text", async () => {
    await stack.up(
      one(
        {
          create: "cat; echo $TOKEN",
          stdin: pulumi.secret("hidden-stdin"),
          environment: { TOKEN: pulumi.secret("hidden-token") },
          logging: "none",
        },
        { additionalSecretOutputs: ["stdout"] },
      ),
    );
    const outputs = await stack.outputs();
    expect(outputs.stdout).toEqual({ value: "hidden-stdinhidden-token", secret: true });
    expect(await stack.stored()).not.toContain("hidden-");
  });

  test("accepts outputs of another command that a preview does not know yet", async () => {
    const chain = async () => {
      const first = new local.Command("first", { create: "echo from-first" });
      const second = new local.Command("second", {
        create: "echo $FIRST",
        environment: { FIRST: first.stdout },
      });
      return { stdout: second.stdout };
    };
    expect(await stack.preview(chain)).toEqual({ create: 2, delete: 1, same: 1 });
    await stack.up(chain);
    expect((await stack.outputs()).stdout?.value).toBe("from-first");
  });

  // Only for the project's provider: the official one keeps waiting for the processes of the command's shell.
  test.skipIf(process.env.HAPAIR_COMMAND_PROVIDER)(
    "ends with its child processes when the deployment is cancelled",
    async () => {
      const cancel = new AbortController();
      const message = await stack.failedUp(
        one({ create: "sh -c 'echo $$ > inner; echo started; sleep 600'; true", dir: stack.folder }),
        {
          signal: cancel.signal,
          onOutput: (text) => text.includes("started") && cancel.abort(),
        },
      );
      expect(message).toBeTruthy();
      const inner = Number(await readFile(join(stack.folder, "inner"), "utf8"));
      await expect.poll(() => isRunning(inner), { timeout: 10_000 }).toBe(false);
    },
  );

  test("runs its delete when it leaves the program", async () => {
    const args = {
      create: "echo made",
      delete: 'echo "delete $PULUMI_COMMAND_STDOUT" > journal',
      dir: stack.folder,
    };
    await stack.up(one(args));
    await stack.up(async () => {});
    expect(await journal()).toBe("delete made\n");
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
