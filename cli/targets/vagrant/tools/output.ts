import { execa } from "execa";
import { Failure } from "../../../../base/failure.ts";

const sourceOf: Readonly<Record<string, string>> = {
  VBoxManage: "VirtualBox (docs/vagrant.md says which version)",
  vagrant: "Vagrant (docs/vagrant.md says which version)",
  ip: "the package iproute2",
};

/** What a program prints on both its outputs. @throws Failure where it is missing or fails */
export async function output(file: string, args: readonly string[]): Promise<string> {
  const { all, stdout, failed, exitCode, shortMessage } = await execa(file, [...args], {
    reject: false,
    all: true,
    stdin: "ignore",
    timeout: 60_000,
    env: { LC_ALL: "C.UTF-8" },
  });
  if (failed && exitCode === undefined)
    throw new Failure(`${file} could not be run: install ${sourceOf[file] ?? file}, or add it to PATH`);
  if (failed) throw new Failure(`${file} ${args.join(" ")}: ${all.trim() || shortMessage}`);
  // Warnings of VirtualBox are on either.
  return all === "" ? stdout : all;
}
