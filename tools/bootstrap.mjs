// Runs a command of this project, `node tools/bootstrap.mjs <entry> [argument…]`, after setting up whatever it needs.
// Plain JavaScript for the distribution's Node: neither node_modules nor the project's own Node need exist.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const self = fileURLToPath(import.meta.url);
const ownNode = join(root, "node_modules/.bin/node");
const stateFolder = join(root, ".hapair");
const packagesStamp = join(root, "node_modules/.hapair-stamp");
const setupStamp = join(stateFolder, "setup.json");

/** flock's exit status where another process holds the lock; no other status has this value. */
const lockHeld = 75;

const say = (text) => process.stderr.write(`${text}\n`);

const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

const sha256 = (...texts) => {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text);
  return hash.digest("hex");
};

const packagesKey = () => sha256(readFileSync(join(root, "package-lock.json")));

const setupKey = () => {
  const folder = join(root, "tools/setup");
  const sources = readdirSync(folder).sort();
  return sha256(packagesKey(), ...sources.map((name) => readFileSync(join(folder, name))));
};

const arePackagesReady = () => read(packagesStamp) === packagesKey() && existsSync(ownNode);

/** The stamp also names the files that the set-up made: where one is missing, the set-up runs again. */
const isMachineReady = () => {
  const stamp = read(setupStamp);
  if (!stamp) return false;
  const { key, files } = JSON.parse(stamp);
  return key === setupKey() && files.every((path) => existsSync(path));
};

function main() {
  if (Number(process.versions.node.split(".")[0]) < 18) {
    fail(
      `hapair needs Node 18 or newer and this is ${process.version}: on Debian 12 or 13, "apt-get install nodejs npm".`,
    );
  }
  const [entry, ...args] = process.argv.slice(2);
  if (!entry) fail("usage: node tools/bootstrap.mjs <entry> [argument…]");
  // Help, version and doctor need only the packages, no engine and no lab: the doctor says what this set-up would lack. What
  // Vagrant reads needs no more, but a set-up that fails has to fail before Vagrant makes machines to deliver to.
  const isQuestion = args[0] === "doctor" || args.some((arg) => ["--help", "-h", "--version"].includes(arg));
  const isReady = () => arePackagesReady() && (isQuestion || isMachineReady());

  if (entry === "--locked") return setUp(args.includes("--packages-only"));
  if (!isReady()) setUpAlone(isQuestion);
  run(entry, args);
}

/** Runs the set-up in a process that holds a kernel lock, so that two at once wait for each other. */
function setUpAlone(packagesOnly) {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const locked = (flags) =>
    spawnSync(
      "flock",
      [
        ...flags,
        join(stateFolder, "setup.lock"),
        process.execPath,
        self,
        "--locked",
        ...(packagesOnly ? ["--packages-only"] : []),
      ],
      { stdio: "inherit" },
    );
  let result = locked(["--nonblock", "--conflict-exit-code", String(lockHeld)]);
  if (result.status === lockHeld) {
    say("Another set-up is running here; waiting for it.");
    result = locked([]);
  }
  if (result.error) fail(`flock could not be run (${result.error.message}): install the package util-linux.`);
  if (result.signal) process.exit(128 + (constants.signals[result.signal] ?? 0));
  if (result.status) process.exit(result.status);
}

async function setUp(packagesOnly) {
  if (!arePackagesReady()) await installPackages();
  if (packagesOnly || isMachineReady()) return;
  const { status } = spawnSync(ownNode, [join(root, "tools/setup/main.ts"), setupStamp, setupKey()], {
    stdio: ["inherit", 2, "inherit"],
  });
  process.exit(status ?? 1);
}

/** npm 9 makes no link where packages for two processors both have a `node`: then it is made here. */
function linkOwnNode() {
  const binary = join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (!existsSync(binary)) {
    fail(
      `npm installed no Node for ${process.platform}-${process.arch}: hapair runs on Linux, x64 or arm64.`,
    );
  }
  if (!existsSync(ownNode)) symlinkSync(relative(dirname(ownNode), binary), ownNode);
}

/** Runs no scripts of packages: none is needed, and one of them would try to download the engine. */
function installPackages() {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  say("Installing npm packages …");
  rmSync(packagesStamp, { force: true });
  const heartbeat = setInterval(() => say(`  … ${seconds()} s`), 10_000);
  const npm = spawn("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  npm.stdout.on("data", (chunk) => (output += chunk));
  npm.stderr.on("data", (chunk) => (output += chunk));
  return new Promise((done) => {
    npm.on("error", (error) =>
      fail(`npm could not be run (${error.message}): on Debian, "apt-get install npm".`),
    );
    npm.on("close", (status) => {
      clearInterval(heartbeat);
      if (status !== 0) fail(`npm ci failed:\n${firstLines(output)}`);
      linkOwnNode();
      writeFileSync(`${packagesStamp}.new`, packagesKey());
      renameSync(`${packagesStamp}.new`, packagesStamp);
      say(`Installed npm packages in ${seconds()} s.`);
      done();
    });
  });
}

/** Runs the entry in this process's place: its output, its signals and its exit status are this process's own. */
function run(entry, args) {
  const child = spawn(ownNode, [resolve(root, entry), ...args], {
    stdio: "inherit",
    env: { NODE_COMPILE_CACHE: join(stateFolder, "compile-cache"), ...process.env },
  });
  // A terminal sends ^C to the child as well, and a second ^C makes the engine stop at once.
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  for (const signal of forwarded) {
    process.on(signal, () => (signal === "SIGINT" && hasTerminal) || child.kill(signal));
  }
  child.on("error", (error) => fail(`${ownNode} could not be run: ${error.message}`));
  child.on("close", (status, signal) => {
    if (signal === null) process.exit(status);
    for (const name of forwarded) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** npm states the cause first, and then lists all of its options. */
const firstLines = (text) => text.trim().split("\n").slice(0, 12).join("\n");

function fail(text) {
  say(text);
  process.exit(1);
}

await main();
