import { once } from "node:events";
import { execa } from "execa";
import ssh2 from "ssh2";
import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { client, lab, ok, ports } from "./machineLab.ts";

/** A machine as its users see it: SSH, units, commands, forwards. */
export function insideTests(): void {
  it("a machine accepts SSH with the printed host key, and the login has sudo", async () => {
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

  it("a machine starts without failed units or the packages' daemons, and resolves the other machines' names", async () => {
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

  it("a command in a machine gets stdin and returns its exit status", async () => {
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

  it("a forward carries a half-closed connection until both sides have closed it", async () => {
    const answer =
      "import socket,sys\ns=socket.create_server(('10.0.1.21',7777));c,_=s.accept()\nd=b''\nwhile (p:=c.recv(65536)): d+=p\nc.sendall(str(len(d)).encode());c.close()";
    const server = exec(lab, "one", ["python3", "-c", answer]);
    await expect
      .poll(async () => (await exec(lab, "one", ["ss", "-ltn"])).stdout, { timeout: 5000 })
      .toContain(":7777");
    const ask = `import socket\nc=socket.create_connection(('127.0.0.1',${ports.forward}));c.sendall(b'x'*5000000);c.shutdown(1)\nprint(c.recv(100).decode())`;
    expect((await execa("python3", ["-c", ask])).stdout).toBe("5000000");
    await server;
  });
}
